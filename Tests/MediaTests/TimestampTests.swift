import Bytes
import Media
import TestSupport
import Testing

/// Timestamps as odd as files have them: frames stay numbered without a hole and time never falls, which `Reading`
/// holds of every video.
@Suite("Timestamps", .enabled(if: Clip.isPossible, "needs ffmpeg"))
struct TimestampTests {
    static let picture = "-f lavfi -i testsrc2=s=64x48:r=10:d=1"

    @Test("A constant rate is not called variable, whatever the container's clock", arguments: ["mkv", "mp4", "avi"])
    func constant(_ container: String) async throws {
        let reading = try await Clip("a.\(container)", "-f lavfi -i testsrc2=s=64x48:r=30000/1001:d=2 -c:v mpeg4")
            .read()
        #expect(reading.frames.count == 60)
        #expect(!reading.account.isVariable)
        #expect(reading.account.gaps == 0)
        #expect(reading.frames.first?.time == 0)
        let last = try #require(reading.frames.last?.time)
        #expect(abs(last - 59 * 1001.0 / 30000) < 0.002)
    }

    @Test("A variable rate is called so")
    func variable() async throws {
        let reading = try await Clip(
            "a.mkv", "\(TimestampTests.picture) -vf setpts=N*N/10/TB/3 -fps_mode passthrough -c:v ffv1",
            "-enc_time_base 1/1000"
        ).read()
        #expect(reading.account.isVariable)
        #expect(reading.frames.count == 10)
        // 0, 0.03, 0.13, 0.3 … rounded to tenths.
        #expect(reading.frames.compactMap(\.time) == [0, 0, 0.1, 0.3, 0.5, 0.8, 1.2, 1.6, 2.1, 2.6])
        #expect(reading.account.repeatedTimestamps == 1)
    }

    @Test("Time counts from the stream's start, be it late or negative", arguments: ["3", "-2", "5000"])
    func offset(_ seconds: String) async throws {
        // Before zero an edit list begins, and an MP4 shows nothing that lies there.
        for container in seconds == "-2" ? ["mkv", "ts"] : ["mkv", "ts", "mp4"] {
            let reading = try await Clip(
                "a.\(container)", "\(TimestampTests.picture) -c:v mpeg4 -bf 2 -output_ts_offset \(seconds)",
                "-avoid_negative_ts disabled"
            ).read()
            let times = reading.frames.compactMap(\.time)
            #expect(reading.frames.count == 10, "\(container)")
            #expect(times.count == 10, "\(container)")
            #expect(times.first.map { $0 >= 0 && $0 < 0.15 } == true, "\(container): \(times)")
            #expect(times.last.map { $0 < 1 } == true, "\(container): \(times)")
        }
    }

    @Test("A hole of seconds is counted as a gap, and is no damage")
    func gap() async throws {
        let reading = try await Clip(
            "a.mkv", "-f lavfi -i testsrc2=s=64x48:r=10:d=2 -vf setpts=PTS+gte(N\\,10)*5/TB -fps_mode passthrough",
            "-c:v ffv1"
        ).read()
        #expect(reading.frames.count == 20)
        #expect(reading.account.gaps == 1)
        #expect(reading.account.errorCount == 0)
        #expect(reading.frames.last?.time == 6.9)
    }

    @Test("Timestamps that step back a little lose their time, not their frame, and are counted")
    func backward() async throws {
        // Two transport streams joined byte by byte; the second begins a twentieth of a second before the first ends.
        let codec = "-c:v mpeg2video -bf 0 -f mpegts"
        let first = try await Clip("a.ts", TimestampTests.picture, codec)
        let second = try await Clip("b.ts", TimestampTests.picture, codec, "-output_ts_offset 0.95")
        let reading = try Clip("c.ts", bytes: first.bytes() + second.bytes()).read()
        #expect(reading.frames.count == 20)
        #expect(reading.account.restarts == 0)
        #expect(reading.account.backwardTimestamps == 1)
        #expect(reading.frames.filter { $0.time == nil }.count == 1)
    }

    @Test("A stream without timestamps still has its frames in order")
    func missing() async throws {
        let reading = try await Clip(
            "a.h264", "\(TimestampTests.picture) -c:v libx264 -threads 1 -bf 2 -pix_fmt yuv420p"
        )
        .read()
        #expect(reading.frames.count == 10)
        #expect(reading.account.missingTimestamps == 10)
        #expect(reading.frames.last?.time == 0.9)
    }

    @Test("An AVI whose packets are half empty gives the frames it holds, at their own times")
    func emptyPackets() async throws {
        // Frames dropped before an AVI are written as empty packets, to keep its clock.
        let reading = try await Clip(
            "a.avi",
            "-f lavfi -i testsrc2=s=64x48:r=10:d=4 -vf select=not(mod(n\\,4)) -fps_mode passthrough -c:v mpeg4",
            "-enc_time_base 1/10"
        ).read()
        #expect(reading.frames.count == 10)
        #expect(reading.info.declaredFrames ?? 0 > 30)
        #expect(reading.account.errorCount == 0, "\(reading.account.errors)")
        #expect(!reading.account.endedEarly)
        let times = reading.frames.compactMap(\.time)
        #expect(times.count == 10)
        #expect(times.last == 3.6)
    }

    @Test("A clip whose edit list begins late gives the frames that a player shows")
    func editList() async throws {
        let whole = try await Clip(
            "a.mp4", "-f lavfi -i testsrc2=s=64x48:r=10:d=3 -c:v libx264 -g 30 -bf 0 -threads 1 -pix_fmt yuv420p")
        let cut = try await Clip("b.mp4", "-ss 1.5 -i \(whole.path.display) -c copy")
        let ffprobe = try #require(ExternalProgram.ffprobe)
        let outcome = try await ffprobe.run([
            "-v", "quiet", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0",
            cut.path.display,
        ])
        let reading = try cut.read()
        #expect(reading.frames.count == Int(outcome.text.prefix { $0.isNumber }))
        #expect(reading.frames.first?.time == 0)
    }
}
