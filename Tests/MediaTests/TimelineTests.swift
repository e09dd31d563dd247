import Bytes
import Media
import TestSupport
import Testing

/// One timeline for streams whose clock begins anew, jumps, holds a picture, or is not there.
@Suite("The timeline", .enabled(if: Clip.isPossible, "needs ffmpeg"))
struct TimelineTests {
    private static let picture = "-f lavfi -i testsrc2=s=96x64:r=25:d=4"

    /// Files joined byte by byte, as the cells of a DVD and the parts of a recording are.
    private func joined(_ name: String, _ parts: Clip...) throws -> Reading {
        try Clip(name, bytes: parts.flatMap { try $0.bytes() }).read()
    }

    private func isEven(_ reading: Reading, step: Double) -> Bool {
        let times = reading.frames.compactMap(\.time)
        return times.count == reading.frames.count
            && zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - step) < 0.011 }
    }

    @Test(
        "A clock that begins anew is joined: every frame has its time, and the breaks are counted",
        arguments: [
            ("a.mpg", "-c:v mpeg1video -bf 0 -f mpeg"), ("a.vob", "-c:v mpeg2video -bf 2 -f vob"),
            ("a.ts", "-c:v mpeg2video -bf 2 -f mpegts"), ("b.ts", "-c:v libx264 -threads 1 -bf 3 -pix_fmt yuv420p"),
            ("a.ogv", "-c:v libtheora -f ogg"),
        ])
    func restart(_ name: String, _ codec: String) async throws {
        let part = try await Clip(name, TimelineTests.picture, codec)
        let whole = try joined(name, part, part, part)
        let alone = try part.read().frames.count
        #expect(whole.frames.count == 3 * alone, "\(whole.account)")
        #expect(whole.account.restarts == 2)
        #expect(whole.account.gaps == 0)
        #expect(isEven(whole, step: 0.04), "\(whole.frames.map(\.time))")
        #expect(whole.account.coveredDuration.map { abs($0 - 12) < 0.13 } == true)
    }

    @Test("A clock that jumps on by minutes or back by hours makes no film longer than its pictures")
    func jump() async throws {
        let codec = "-c:v mpeg2video -bf 2 -f mpegts"
        let early = try await Clip("a.ts", TimelineTests.picture, codec)
        let late = try await Clip("b.ts", TimelineTests.picture, codec, "-output_ts_offset 777")
        for (first, second) in [(early, late), (late, early)] {
            let whole = try joined("c.ts", first, second)
            #expect(whole.account.restarts == 1)
            #expect(whole.account.coveredDuration.map { abs($0 - 8) < 0.1 } == true, "\(whole.account)")
            #expect(isEven(whole, step: 0.04))
        }
    }

    @Test("A stream without timestamps gets them from its own frame rate, and says so", arguments: [25, 30, 50])
    func rate(_ rate: Int) async throws {
        for (name, codec) in [
            ("a.hevc", "-c:v libx265 -x265-params log-level=none"), ("a.264", "-c:v libx264 -f h264"),
        ] {
            let reading = try await Clip(
                name, "-f lavfi -i testsrc2=s=96x64:r=\(rate):d=2 -pix_fmt yuv420p -bf 2", codec
            ).read()
            #expect(reading.frames.count == 2 * rate)
            #expect(isEven(reading, step: 1 / Double(rate)))
            #expect(reading.frames.first?.time == 0)
            #expect(reading.account.missingTimestamps == 2 * rate)
            #expect(reading.account.coveredDuration.map { abs($0 - 2) < 0.001 } == true)
        }
    }

    @Test("Frames before the first timestamp are counted, and what follows goes on from there")
    func negative() async throws {
        let reading = try await Clip(
            "a.mkv", TimelineTests.picture, "-c:v mpeg4 -bf 0 -output_ts_offset -1 -avoid_negative_ts disabled"
        ).read()
        #expect(reading.frames.count == 100)
        #expect(isEven(reading, step: 0.04), "\(reading.frames.map(\.time))")
        #expect(reading.frames.first?.time == 0)
    }

    @Test(
        "A picture that the container says is held leaves no gap; one that is only missing does",
        arguments: [
            ("a.mp4", "-c:v libx264 -bf 2 -threads 1 -pix_fmt yuv420p", 0), ("a.mov", "-c:v mpeg4 -bf 0", 0),
            ("b.mp4", "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p", 0), ("a.mkv", "-c:v mpeg4 -bf 0", 1),
        ])
    func held(_ name: String, _ codec: String, _ gaps: Int) async throws {
        let reading = try await Clip(
            name, "-f lavfi -i testsrc2=s=96x64:r=25:d=20 -vf select=lt(t\\,2)+gt(t\\,17) -fps_mode vfr", codec
        ).read()
        #expect(reading.account.gaps == gaps)
        #expect(reading.account.coveredDuration.map { abs($0 - 20) < 0.1 } == true)
    }
}
