import Bytes
import Media
import TestSupport
import Testing

/// Which stream is read, and what of it is recorded.
@Suite("Streams", .enabled(if: Clip.isPossible, "needs ffmpeg"))
struct StreamTests {
    static let picture = "-f lavfi -i testsrc2=s=64x48:r=10:d=1"

    @Test("Of two video streams the one marked as default is read, and recorded")
    func defaultStream() async throws {
        let two = "-f lavfi -i color=red:s=32x32:r=10:d=0.5 \(StreamTests.picture) -map 0 -map 1 -c:v ffv1"
        let first = try await Clip("a.mkv", two, "-disposition:0 default -disposition:1 0").read()
        #expect(first.info.streamIndex == 0)
        #expect(first.info.videoStreams == 2)
        #expect(first.frames.map(\.width) == Array(repeating: 32, count: 5))
        let second = try await Clip("b.mkv", two, "-disposition:0 0 -disposition:1 default").read()
        #expect(second.info.streamIndex == 1)
        #expect(second.info.videoStreams == 2)
        #expect(second.frames.map(\.width) == Array(repeating: 64, count: 10))
    }

    @Test("Without a default the first video stream is read")
    func firstStream() async throws {
        let reading = try await Clip(
            "a.mkv", "-f lavfi -i sine=d=0.5 \(StreamTests.picture) -f lavfi -i color=red:s=32x32:r=10:d=0.5",
            "-map 0 -map 1 -map 2 -c:v ffv1 -c:a pcm_s16le -disposition:0 0 -disposition:1 0 -disposition:2 0"
        ).read()
        #expect(reading.info.streamIndex == 1)
        #expect(reading.frames.count == 10)
    }

    /// An MP4 with a cover before its video: the cover is a stream of one picture.
    static func covered(_ video: String) async throws -> Clip {
        let cover = try await Clip("cover.png", "-f lavfi -i color=red:s=200x200 -frames:v 1 -f image2 -update 1")
        return try await Clip(
            "a.mp4", "-i \(cover.path.display) \(video) -map 0 -map 1 -c:v:0 png",
            "-disposition:v:0 attached_pic")
    }

    @Test("An attached picture is not the video, even when it comes first")
    func attachedPicture() async throws {
        let reading = try await StreamTests.covered("\(StreamTests.picture) -c:v:1 mpeg4").read()
        #expect(reading.info.codec == "mpeg4")
        #expect(reading.info.videoStreams == 1)
        #expect(reading.frames.count == 10)
    }

    @Test("Sound alone, and sound with a cover, hold no video")
    func noVideo() async throws {
        let sound = try await Clip("a.mp4", "-f lavfi -i sine=d=0.5 -c:a aac")
        #expect(throws: DecodeError.noVideo) { try sound.read() }
        let covered = try await StreamTests.covered("-f lavfi -i sine=d=0.5 -c:a aac")
        #expect(throws: DecodeError.noVideo) { try covered.read() }
    }

    @Test("A container without a frame gives no frame, or is refused")
    func zeroFrames() async throws {
        let empty = try await Clip("a.avi", "\(StreamTests.picture) -c:v mpeg4 -frames:v 0")
        do {
            #expect(try empty.read().frames.isEmpty)
        } catch let error as DecodeError {
            #expect(!error.description.isEmpty)
        }
        let header = try Clip("a.y4m", bytes: Array("YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n".utf8))
        do {
            #expect(try header.read().frames.isEmpty)
        } catch let error as DecodeError {
            #expect(!error.description.isEmpty)
        }
    }

    @Test("A size that changes in mid-stream is the right one for each frame, and counted")
    func sizeChange() async throws {
        let folder = try TemporaryFolder()
        let made = folder.path.appending("a.h264")
        try await FFmpegCommand.makeChanging(made, sizes: ["64x48", "96x64", "64x48"])
        let joined = try Clip("a.h264", bytes: Files.read(made))
        let reading = try joined.read()
        #expect(reading.frames.map(\.width) == [64, 96, 64].flatMap { Array(repeating: $0, count: 10) })
        #expect(reading.frames.map(\.height) == [48, 64, 48].flatMap { Array(repeating: $0, count: 10) })
        #expect(reading.account.sizeChanges == 2)
        let transport = try await Clip("a.ts", "-f h264 -framerate 25 -i \(joined.path.display) -c copy -f mpegts")
        let again = try transport.read()
        #expect(again.frames.map(\.width) == reading.frames.map(\.width))
        #expect(again.account.sizeChanges == 2)
    }

    @Test("Rotation is recorded clockwise, and the pictures stay as they are stored", arguments: [90, 180, 270])
    func rotation(_ degrees: Int) async throws {
        let white = "drawbox=w=iw:h=ih/2:t=fill:color=white"
        let plain = try await Clip("a.mp4", "-f lavfi -i color=black:s=64x64:r=10:d=0.5 -vf \(white) -c:v mpeg4")
        var bytes = try plain.bytes()
        let (cosine, sine) = (degrees == 180 ? -1 : 0, degrees == 180 ? 0 : degrees == 90 ? 1 : -1)
        for (place, number) in zip([40, 44, 52, 56], [cosine, sine, -sine, cosine]) {
            try PatchedHeaderTests.patch(&bytes, "tkhd", place, UInt32(bitPattern: Int32(number << 16)))
        }
        let turned = try Clip("b.mp4", bytes: bytes)
        let reading = try turned.read()
        #expect(reading.frames.first.map { [$0.width, $0.height] } == [64, 64])
        #expect(try plain.read().info.rotation == 0)
        // The command turns the picture as a player does: where the white upper half goes is the truth.
        let shown = try await Clip("c.raw", "-i \(turned.path.display) -frames:v 1 -pix_fmt gray -f rawvideo").bytes()
        let isWhite = { (x: Int, y: Int) in shown[y * 64 + x] > 200 }
        let corners = [isWhite(4, 4), isWhite(60, 4), isWhite(60, 60), isWhite(4, 60)]
        let turns = [
            0: [true, true, false, false], 90: [false, true, true, false], 180: [false, false, true, true],
            270: [true, false, false, true],
        ]
        #expect(turns[reading.info.rotation] == corners)
        #expect(reading.info.rotation != 0)
    }

    @Test("Interlaced video says which field comes first")
    func fieldOrder() async throws {
        let options = "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4 -c:v mpeg2video -flags +ildct+ilme -q:v 4"
        #expect(try await Clip("a.mpg", options, "-vf setfield=tff -top 1").read().info.fieldOrder == "top first")
        #expect(try await Clip("b.mkv", options, "-vf setfield=bff -top 0").read().info.fieldOrder == "bottom first")
        let plain = try await Clip("c.mkv", "\(StreamTests.picture) -c:v mpeg2video").read()
        #expect(plain.info.fieldOrder == "progressive")
    }

    @Test("Streams without a container give every frame, though none is declared")
    func rawStreams() async throws {
        let clips = [
            try await Clip("a.h264", "\(StreamTests.picture) -c:v libx264 -threads 1 -pix_fmt yuv420p"),
            try await Clip("a.m2v", "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4 -c:v mpeg2video -bf 2"),
            try await Clip("a.m4v", "-f lavfi -i testsrc2=s=64x48:r=25:d=0.4 -c:v mpeg4 -f m4v"),
            try await Clip("a.y4m", "\(StreamTests.picture) -pix_fmt yuv420p"),
            try await Clip("a.mjpeg", "\(StreamTests.picture) -c:v mjpeg"),
        ]
        for clip in clips {
            let reading = try clip.read()
            #expect(reading.frames.count == 10, "\(clip.path.display)")
            #expect(reading.info.declaredFrames == nil, "\(clip.path.display)")
            #expect(reading.account.errorCount == 0, "\(clip.path.display): \(reading.account.errors)")
        }
    }

    @Test("More streams than the limit are refused by name, and 40 are read")
    func manyStreams() async throws {
        let maps = Array(repeating: "-map 0", count: 40).joined(separator: " ")
        let clip = try await Clip("a.mkv", "-f lavfi -i color=red:s=16x16:r=5:d=0.4 \(maps) -c:v ffv1")
        let reading = try clip.read()
        #expect(reading.info.videoStreams == 40)
        #expect(reading.frames.count == 2)
        var limits = MediaLimits()
        limits.streams = 39
        #expect(throws: DecodeError.tooManyStreams(39)) { try clip.read(limits: limits) }
    }
}
