import Bytes
import Media
import TestSupport
import Testing

/// What a container declares, and for which of its tracks.
@Suite("Declared durations", .enabled(if: Clip.isPossible, "needs ffmpeg"))
struct DurationTests {
    private static let picture = "-f lavfi -i testsrc2=s=96x64:r=25:d=6"
    private static let sound = "-f lavfi -i sine=d=11"

    @Test(
        "Sound that outlasts the picture says nothing of the picture",
        arguments: [
            ("a.mkv", "-c:v mpeg4 -c:a aac"), ("a.mkv", "-c:v mpeg4 -c:a aac -fflags +bitexact"),
            ("a.webm", "-c:v libvpx -c:a libvorbis -fflags +bitexact"), ("a.flv", "-c:v flv1 -c:a aac"),
            ("a.asf", "-c:v msmpeg4 -c:a wmav2"), ("a.mp4", "-c:v mpeg4 -c:a aac"), ("a.avi", "-c:v mpeg4 -c:a mp3"),
            ("a.ts", "-c:v mpeg2video -c:a mp2"), ("a.ogv", "-c:v libtheora -c:a libvorbis"),
        ])
    func longSound(_ name: String, _ codecs: String) async throws {
        let reading = try await Clip(name, DurationTests.picture, DurationTests.sound, codecs).read()
        #expect(reading.frames.count == 150)
        #expect(reading.account.coveredDuration.map { abs($0 - 6) < 0.1 } == true)
        if let declared = reading.info.duration { #expect(abs(declared - 6) < 0.1, "\(declared)") }
    }

    @Test("Where only the file's duration is known, a video that ends before its sound's declared end is held to it")
    func cutFile() async throws {
        for (name, codecs) in [("a.flv", "-c:v flv1 -c:a aac"), ("a.mkv", "-c:v mpeg4 -c:a aac")] {
            let whole = try await Clip(name, DurationTests.picture, "-f lavfi -i sine=d=6", codecs)
            let bytes = try whole.bytes()
            let cut = try Clip(name, bytes: Array(bytes.prefix(bytes.count / 2))).read()
            #expect(cut.info.duration.map { abs($0 - 6) < 0.2 } == true, "\(name): \(cut.info.duration ?? -1)")
            #expect(cut.account.coveredDuration.map { $0 < 4 } == true)
        }
    }

    @Test("A WMV that is shorter than its header says was cut, wherever it was cut")
    func cutASF() async throws {
        let bytes = try await Clip("a.wmv", DurationTests.picture, "-c:v wmv2 -b:v 400k").bytes()
        for share in [3, 5, 9] {
            // At a packet's end, where nothing fails to decode: FFmpeg's packets are 3200 bytes.
            let length = bytes.count * share / 10 / 3200 * 3200
            #expect(try Clip("b.wmv", bytes: Array(bytes.prefix(length))).read().account.endedEarly, "\(share)")
        }
        #expect(try !Clip("c.wmv", bytes: bytes).read().account.endedEarly)
    }

    @Test("A late start is no part of the duration", arguments: ["a.mkv", "b.mkv", "a.flv", "a.mp4", "a.avi"])
    func lateStart(_ name: String) async throws {
        let extra = name == "b.mkv" ? "-fflags +bitexact" : ""
        let reading = try await Clip(
            name, "-itsoffset 4", DurationTests.picture,
            "-f lavfi -i sine=d=10 -map 0:v -map 1:a -fps_mode vfr -c:v mpeg4",
            "-c:a mp3",
            name == "a.flv" ? "-c:v flv1 -ar 44100" : "", extra
        ).read()
        #expect(reading.frames.count == 150)
        let covered = try #require(reading.account.coveredDuration)
        if let declared = reading.info.duration { #expect(abs(declared - covered) < 0.2, "\(declared), \(covered)") }
    }

    @Test("All ones in a track's header mean that its duration is unknown", arguments: [UInt8(0), 1])
    func allOnes(_ version: UInt8) async throws {
        let clip = try await Clip("a.mov", DurationTests.picture, "-c:v mpeg4 -movflags frag_keyframe+empty_moov")
        var bytes = try clip.bytes()
        let header = try #require((0..<bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual("mdhd".utf8) })
        if version == 0 {
            bytes.replaceSubrange(header + 20..<header + 24, with: [255, 255, 255, 255])
        } else {
            // A duration that is one and no sign for unknown.
            bytes.replaceSubrange(header + 20..<header + 24, with: [0, 1, 44, 0])
        }
        let reading = try Clip("b.mov", bytes: bytes).read()
        #expect(reading.frames.count == 150)
        // FFmpeg 7 and later add up what the fragments say instead.
        let duration = reading.info.duration
        #expect(version == 0 ? duration == nil || duration == 6 : duration != nil, "\(duration ?? -1)")
    }
}
