import Bytes
import Frames
import Media
import TestSupport
import Testing

/// Pixel formats that decoders give: read in place where luma is a plane of its own, converted where it is not.
@Suite("Pixel formats", .enabled(if: Clip.isPossible, "needs ffmpeg"))
struct PixelFormatTests {
    struct Format: CustomTestStringConvertible, Sendable {
        let name: String
        let file: String
        let codec: String
        var decoded: String?
        let depth: Int
        var conversion: String?
        var testDescription: String { "\(name) in \(file) as \(codec)" }
    }

    static let inPlace = [
        Format(name: "yuv420p", file: "a.y4m", codec: "wrapped_avframe", depth: 8),
        Format(name: "yuv411p", file: "a.y4m", codec: "wrapped_avframe", depth: 8),
        Format(name: "yuv422p", file: "a.mkv", codec: "huffyuv", depth: 8),
        Format(name: "yuv444p", file: "a.avi", codec: "utvideo", depth: 8),
        Format(name: "yuv410p", file: "a.mkv", codec: "ffv1", depth: 8),
        Format(name: "yuv440p", file: "a.mkv", codec: "ffv1", depth: 8),
        Format(name: "yuva420p", file: "a.mkv", codec: "ffv1", depth: 8),
        Format(name: "gray", file: "a.mkv", codec: "ffv1", depth: 8),
        Format(name: "nv12", file: "a.mov", codec: "rawvideo", depth: 8),
        Format(name: "nv21", file: "a.mkv", codec: "rawvideo", depth: 8),
        Format(name: "yuv420p10le", file: "a.y4m", codec: "wrapped_avframe", depth: 10),
        Format(name: "yuv422p10le", file: "a.mkv", codec: "ffv1", depth: 10),
        Format(name: "yuv444p12le", file: "a.mkv", codec: "ffv1", depth: 12),
        Format(name: "gray10le", file: "a.mkv", codec: "ffv1", depth: 10),
        Format(name: "gray16le", file: "a.mkv", codec: "ffv1", depth: 16),
        Format(name: "yuv420p16le", file: "a.mkv", codec: "ffv1", depth: 16),
    ]

    static let converted = [
        Format(name: "pal8", file: "a.gif", codec: "gif", decoded: "bgra", depth: 8, conversion: "yuv444p"),
        Format(name: "pal8", file: "a.mkv", codec: "png", depth: 8, conversion: "yuv444p"),
        Format(name: "rgb24", file: "a.mkv", codec: "png", depth: 8, conversion: "yuv444p"),
        Format(name: "rgb24", file: "a.mov", codec: "qtrle", depth: 8, conversion: "yuv444p"),
        Format(name: "bgra", file: "a.mkv", codec: "rawvideo", depth: 8, conversion: "yuv444p"),
        Format(name: "gbrp", file: "a.avi", codec: "utvideo", depth: 8, conversion: "yuv444p"),
        Format(name: "gbrp10le", file: "a.mkv", codec: "ffv1", depth: 10, conversion: "yuv444p10le"),
        Format(name: "gbrp12le", file: "a.mkv", codec: "ffv1", depth: 12, conversion: "yuv444p12le"),
        Format(name: "ya8", file: "a.mkv", codec: "png", depth: 8, conversion: "yuv444p"),
        Format(name: "rgb48be", file: "a.mkv", codec: "png", depth: 16, conversion: "yuv444p16le"),
        Format(name: "gray16be", file: "a.mkv", codec: "png", depth: 16, conversion: "yuv444p16le"),
        Format(name: "yuyv422", file: "a.avi", codec: "rawvideo", depth: 8, conversion: "yuv444p"),
        Format(name: "uyvy422", file: "a.mov", codec: "rawvideo", depth: 8, conversion: "yuv444p"),
        Format(name: "rgb555le", file: "a.mov", codec: "qtrle", depth: 8, conversion: "yuv444p"),
    ]

    /// Three frames of one colour each, so that the mean of luma is known in every format: mid grey is 126 of 255
    /// where black is 16 and white 235.
    static func clip(_ format: Format) async throws -> Clip {
        try await Clip(
            format.file, "-f lavfi -i color=0x808080:s=32x18:r=5:d=0.6 -c:v \(format.codec) -strict -1",
            "-pix_fmt \(format.name)")
    }

    @Test("Planar and grey formats are read in place, at their depth", arguments: inPlace)
    func readInPlace(_ format: Format) async throws {
        let reading = try await PixelFormatTests.clip(format).read()
        #expect(reading.info.pixelFormat == format.decoded ?? format.name)
        #expect(reading.info.conversion == nil)
        try check(reading, format)
    }

    @Test("RGB, palettes and packed formats are converted to planes of the same depth", arguments: converted)
    func isConverted(_ format: Format) async throws {
        let reading = try await PixelFormatTests.clip(format).read()
        #expect(reading.info.pixelFormat == format.decoded ?? format.name)
        #expect(reading.info.conversion == format.conversion)
        try check(reading, format)
    }

    private func check(_ reading: Reading, _ format: Format) throws {
        #expect(reading.frames.count == 3)
        #expect(reading.account.errorCount == 0, "\(reading.account.errors)")
        for frame in reading.frames {
            #expect(frame.width == 32)
            #expect(frame.height == 18)
            #expect(frame.depth == format.depth)
            let level = frame.average / Double(1 << (frame.depth - 8))
            // Few colours come near to mid grey, no nearer.
            let tolerance = format.name == "pal8" || format.name == "rgb555le" ? 2.5 : 1.5
            // Grey pictures are full range in FFmpeg, so mid grey stays what it is.
            let expected = format.name.hasPrefix("gray") && format.conversion == nil ? 128.0 : 126
            #expect(abs(level - expected) < tolerance, "\(level)")
        }
    }

    @Test("The range of packed YUV stays what it is tagged with; what was RGB becomes limited")
    func range() async throws {
        let dark = "-f lavfi -i color=black:s=32x18:r=5:d=0.4"
        let packed = "-vf scale=out_range=pc,format=yuyv422 -c:v rawvideo -color_range"
        let full = try await Clip("a.mkv", dark, packed, "pc").read()
        #expect(full.info.pixelFormat == "yuyv422")
        #expect(full.info.conversion == "yuv444p")
        #expect(full.frames.allSatisfy { $0.isFullRange && $0.average == 0 })
        let limited = try await Clip("a.mkv", dark, "-vf format=yuyv422 -c:v rawvideo -color_range tv").read()
        #expect(limited.frames.allSatisfy { !$0.isFullRange && $0.average == 16 })
        let rgb = try await Clip("a.mkv", dark, "-c:v png -pix_fmt rgb24").read()
        #expect(rgb.info.colorRange == "pc")
        #expect(rgb.frames.allSatisfy { !$0.isFullRange && $0.average == 16 })
    }

    @Test("A pixel format that its container cannot name is refused in the decoder's own words")
    func unnamed() async throws {
        let clip = try await Clip("a.mov", "-f lavfi -i color=red:s=32x18:r=5:d=0.4 -c:v rawvideo -pix_fmt nv12")
        let reason = "rawvideo: Invalid pixel format."
        do {
            // Later versions of the command may write what this one cannot.
            #expect(try clip.read().info.pixelFormat == "nv12")
        } catch let error as DecodeError {
            #expect(error == .codec(reason))
        }
    }

    @Test(
        "Pictures of any size are whole, down to a single sample",
        arguments: ["1x1", "2x2", "3x1", "1x3", "16x16", "17x13", "321x7"], ["yuv420p", "yuv444p10le", "gbrp"])
    func sizes(_ size: String, _ format: String) async throws {
        let clip = try await Clip(
            "a.mkv", "-f lavfi -i color=white:s=64x64:r=5:d=0.4 -vf scale=\(size.replacing("x")),format=\(format)",
            "-c:v ffv1 -strict -1")
        let reading = try clip.read()
        let expected = size.split(separator: "x").compactMap { Int($0) }
        #expect(reading.frames.count == 2)
        for frame in reading.frames {
            #expect([frame.width, frame.height] == expected)
            let scale = Double(1 << (frame.depth - 8))
            #expect(abs(frame.average / scale - 235) < 1.5)
            #expect(frame.luma.max - frame.luma.min <= Int(scale))
        }
    }
}

extension String {
    /// Width and height as the `scale` filter wants them.
    fileprivate func replacing(_ cross: Character) -> String { String(map { $0 == cross ? ":" : $0 }) }
}
