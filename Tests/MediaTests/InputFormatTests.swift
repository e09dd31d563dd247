import Bytes
import Glibc
import Media
import TestSupport
import Testing
import VideoFormats

@Suite("Input formats")
struct InputFormatTests {
    private func error(_ clip: Clip, _ name: String? = nil) -> DecodeError? {
        do throws(any Error) {
            _ = try VideoReader(descriptor: Files.openInput(clip.path), fileExtension: name)
            return nil
        } catch {
            return error as? DecodeError
        }
    }

    @Test("What the linked FFmpeg lacks is no format that everybody has")
    func missing() {
        let common = [
            "mov", "matroska", "avi", "mpegts", "mpeg", "h264", "hevc", "mjpeg", "mxf", "dv", "rm", "gif", "y4m",
        ]
        #expect(InputFormats.missing.isDisjoint(with: common))
        #expect(InputFormats.missing.isSubset(of: FormatTable.all.map(\.id)))
    }

    @Test("Motion JPEG is read when its name says so", .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func motionJPEG() async throws {
        // By its bytes alone FFmpeg takes it for a row of photos, or not, as its pictures happen to be.
        for size in ["64x48", "640x480", "1280x720"] {
            let clip = try await Clip("a.mjpg", "-f lavfi -i testsrc2=s=\(size):r=25:d=0.6 -c:v mjpeg -f mjpeg")
            let reading = try clip.read()
            #expect(reading.frames.count == 15 && reading.info.container == "mjpeg", "\(size)")
            #expect(reading.account.errorCount == 0, "\(size)")
        }
        let photo = try await Clip("a.jpg", "-f lavfi -i testsrc2=s=640x480:d=0.1:r=10 -c:v mjpeg -f mjpeg")
        #expect(error(photo, "jpg") == .containerNotAllowed)
    }

    @Test("A wrong name of a raw stream does not hide what a file is", .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func wrongNames() async throws {
        let make = "-f lavfi -i testsrc2=s=176x144:r=25:d=0.4"
        for (name, options, container) in [
            ("a.mjpeg", "-c:v mpeg4 -f matroska", "matroska,webm"), ("a.h261", "-c:v mpeg2video -f mxf", "mxf"),
            ("a.264", "-c:v mpeg2video -f vob", "mpeg"), ("a.dv", "-c:v mjpeg -f avi", "avi"),
            ("a.m2v", "-c:v mpeg4 -f m4v", "m4v"), ("a.hevc", "-c:v mpeg1video -f mpegts", "mpegts"),
            ("a.h263", "-c:v mpeg1video -f mpeg1video", "mpegvideo"),
        ] {
            let reading = try await Clip(name, make, options).read()
            #expect(reading.info.container == container && reading.frames.count == 10, "\(name)")
        }
    }

    @Test(
        "The end of a whole file is no damage where the demuxer calls it an error",
        .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func ends() async throws {
        let make = "-f lavfi -i testsrc2=s=128x64:r=30:d=0.5"
        for (name, options) in [
            ("a.roq", "-c:v roqvideo -f roq"), ("a.mjpg", "-c:v mjpeg -f mpjpeg"),
            ("b.mjpg", "-c:v mjpeg -f smjpeg"),
            ("a.gxf", "-s 720x480 -r 30000/1001 -c:v mpeg2video -f gxf"),
        ] {
            let account = try await Clip(name, make, options).read().account
            #expect(!account.endedEarly && account.errorCount == 0, "\(name): \(account.errors)")
        }
    }

    @Test("An empty file, zeros and a photo are called so")
    func words() throws {
        #expect(error(try Clip("a.mp4", bytes: [])) == .empty)
        #expect(error(try Clip("a.mp4", bytes: [0])) == .zeros(1, isWhole: true))
        #expect(
            error(try Clip("a.ts", bytes: [UInt8](repeating: 0, count: 3_000_001))) == .zeros(3_000_001, isWhole: true))
        // One byte at the end that is not zero.
        #expect(error(try Clip("a.ts", bytes: [UInt8](repeating: 0, count: 2_000_000) + [1])) == .containerNotAllowed)
        let photo = Array("\0\0\0\u{14}ftypavif\0\0\0\0mif1\0\0\0\u{8}mdat".utf8)
        #expect(error(try Clip("a.avif", bytes: photo)) == .photo)
    }

    @Test(
        "A codec that FFmpeg has no name for is called as the container calls it",
        .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func unnamedCodec() async throws {
        let clip = try await Clip("a.mov", "-f lavfi -i testsrc2=s=64x48:d=0.2 -c:v mjpeg -f mov")
        var bytes = try clip.bytes()
        let place = try #require(bytes.firstIndex(of: Array("jpeg".utf8)))
        bytes.replaceSubrange(place..<place + 4, with: Array("brxq".utf8))
        #expect(error(try Clip("a.braw", bytes: bytes)) == .codecMissing("brxq"))
    }

    @Test(
        "A file that begins as a format and cannot be opened is called cut, or not read here",
        .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func beginnings() async throws {
        // Windows Television has its directory at the end.
        let whole = try await Clip("a.wtv", "-f lavfi -i testsrc2=s=320x240:r=25:d=1 -c:v mpeg2video -f wtv").bytes()
        let cut = try Clip("a.wtv", bytes: Array(whole.prefix(whole.count / 2)))
        #expect(error(cut).map { "\($0)" }?.contains("begins as Windows Television, but cannot be opened") == true)
        let animated = Array("RIFF\u{12}\0\0\0WEBPVP8X\u{A}\0\0\0\u{2}\0\0\0\0\0\0\0\0\0".utf8)
        if InputFormats.missing.contains("webp") {
            #expect(
                error(try Clip("a.webp", bytes: animated)).map { "\($0)" }?.contains("linked with does not") == true)
        }
    }

    @Test("Holes count as zeros without being read, and so much is said as was looked at")
    func holes() throws {
        let clip = try Clip("a.mp4", bytes: [])
        let descriptor = try Files.open(clip.path, O_RDWR)
        defer { Files.close(descriptor) }
        try Files.truncate(descriptor, to: 64 << 30, path: clip.path)
        #expect(error(clip).map { "\($0)" } == "open: only zero bytes: the recording was never written")
        // Something at the end, behind a hole: not all of it is zero, and no video either.
        var byte: UInt8 = 7
        try #require(pwrite(descriptor.number, &byte, 1, (64 << 30) - 1) == 1)
        #expect(error(clip) == .containerNotAllowed)
    }
}
