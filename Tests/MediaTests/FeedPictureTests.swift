import Bytes
import Frames
import Media
import TestSupport
import Testing

/// What other programs are sent of a decoded picture.
@Suite("Frames for external tools", .enabled(if: Clip.isPossible, "no ffmpeg in PATH")) struct FeedPictureTests {
    /// The first frame of a clip in a form, with its size.
    private func first(_ clip: Clip, _ form: FeedForm) throws -> (width: Int, height: Int, bytes: [UInt8]) {
        let reader = try VideoReader(
            descriptor: Files.openInput(clip.path), fileExtension: clip.path.lowercasedExtension)
        let (picture, _) = try #require(try reader.next())
        let feed = FeedPictures(form)
        let size = feed.begin(picture, display: reader.shapes.last)
        return (size.width, size.height, try feed.frame(picture).copied())
    }

    /// Flat colours, whose codes another program made.
    @Test(
        "a flat colour keeps its red, green and blue at every size",
        arguments: ["0xff0000", "0x00ff00", "0x2040c0", "0xffffff", "0x000000"],
        ["yuv420p", "yuv444p", "yuv422p10le", "nv12", "yuvj420p", "gbrp"])
    func colour(_ colour: String, _ format: String) async throws {
        let clip = try await Clip(
            "a.mkv", "-f lavfi -i color=\(colour):s=64x50:d=0.2:r=10",
            "-vf scale=out_color_matrix=bt601:out_range=\(format == "yuvj420p" ? "full" : "limited"),format=\(format)",
            "-colorspace smpte170m -c:v ffv1")
        let value = try #require(Int(colour.dropFirst(2), radix: 16))
        let wanted = [value >> 16, value >> 8 & 255, value & 255]
        for size in [FeedForm.Size.source, .exact(width: 33, height: 21), .short(24), .exact(width: 100, height: 80)] {
            let frame = try first(clip, FeedForm(format: .rgb24, size: size, isUpright: false))
            #expect(frame.bytes.count == 3 * frame.width * frame.height)
            let found = Array(frame.bytes.prefix(3))
            for (one, other) in zip(found, wanted) {
                #expect(abs(Int(one) - other) <= 3, "\(size): \(found) for \(wanted)")
            }
            // Flat stays flat, but for a step that some versions of FFmpeg add to what was RGB; at other widths FFmpeg 7.1
            // leaves the last columns of the clip itself black.
            let reds = stride(from: 0, to: frame.bytes.count, by: 3).map { Int(frame.bytes[$0]) }
            #expect((reds.max() ?? 0) - (reds.min() ?? 0) <= (format == "gbrp" ? 2 : 0))
        }
    }

    @Test func `grey and planes are the coded samples`() async throws {
        let clip = try await Clip("a.mkv", "-f lavfi -i testsrc=s=67x45:d=0.1:r=10 -pix_fmt yuv420p -c:v ffv1")
        let folder = try TemporaryFolder()
        let raw = folder.path.appending("raw.yuv")
        try await FFmpegCommand.make(raw, "-i \(clip.path.display) -frames:v 1 -f rawvideo -pix_fmt yuv420p")
        let wanted = try Files.read(raw)
        #expect(try first(clip, FeedForm(format: .yuv420p, size: .source, isUpright: false)).bytes == wanted)
        let grey = try first(clip, FeedForm(format: .gray8, size: .source, isUpright: false)).bytes
        #expect(
            grey.count == 67 * 45 && grey.elementsEqual(wanted.prefix(67 * 45)),
            "\(grey.count) \(zip(grey, wanted).enumerated().first { $0.element.0 != $0.element.1 })")
    }

    @Test func `sizes are as asked, and the shorter side is no longer than asked`() async throws {
        let clip = try await Clip("a.mkv", "-f lavfi -i testsrc2=s=320x180:d=0.1:r=10 -pix_fmt yuv420p -c:v ffv1")
        func size(_ size: FeedForm.Size) throws -> [Int] {
            let frame = try first(clip, FeedForm(format: .gray8, size: size, isUpright: false))
            #expect(frame.bytes.count == frame.width * frame.height)
            return [frame.width, frame.height]
        }
        #expect(try size(.source) == [320, 180])
        #expect(try size(.exact(width: 300, height: 300)) == [300, 300])
        #expect(try size(.short(90)) == [160, 90])
        #expect(try size(.short(100)) == [178, 100])
        // Never made larger.
        #expect(try size(.short(400)) == [320, 180])
    }

    /// A white corner at the top left of the picture as it is shown.
    @Test(arguments: 0..<4) func `an upright frame is turned as it is shown`(turns: Int) async throws {
        let plain = try await Clip(
            "a.mkv", "-f lavfi -i color=black:s=64x32:d=0.2:r=10",
            "-vf drawbox=x=0:y=0:w=16:h=16:color=white:t=fill -pix_fmt yuv420p -c:v ffv1")
        let reader = try VideoReader(descriptor: Files.openInput(plain.path), fileExtension: "mkv")
        let (picture, _) = try #require(try reader.next())
        var display = reader.shapes.last
        display.turns = turns
        for form in [FeedForm.Format.gray8, .rgb24, .yuv420p] {
            let feed = FeedPictures(FeedForm(format: form, size: .source, isUpright: true))
            let size = feed.begin(picture, display: display)
            #expect(size == (turns % 2 == 0 ? (64, 32) : (32, 64)))
            let bytes = try feed.frame(picture).copied()
            let step = form == .rgb24 ? 3 : 1
            func isLight(_ x: Int, _ y: Int) -> Bool { bytes[step * (y * size.width + x)] > 128 }
            let corners = [
                isLight(4, 4), isLight(size.width - 5, 4), isLight(size.width - 5, size.height - 5),
                isLight(4, size.height - 5),
            ]
            // The corner goes round clockwise.
            #expect(corners == (0..<4).map { $0 == turns }, "\(form)")
        }
    }
}
