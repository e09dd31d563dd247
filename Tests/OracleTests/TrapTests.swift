import Bytes
import TestSupport
import Testing

/// Defects of FFmpeg's filters and command that a plain copy would inherit: what they say, and what is said here.
///
/// What the filters say is held as of version 5.1, which the measures are defined by; a later one may have mended it.
@Suite("Where FFmpeg's filters are wrong", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct TrapTests {
    static let isDefiningVersion = FFmpegCommand.version.hasPrefix("5.1")

    /// Three seconds of pictures of one luma level.
    ///
    /// - Parameter range: `pc` or `tv`, of the pictures and of the file. Since version 7 the command changes levels on the
    ///   way from one range to the other.
    static func flat(_ level: Int, range: String? = nil) -> String {
        let source = "nullsrc=s=64x48:r=10:d=3,format=yuv420p,geq=lum=\(level):cb=128:cr=128"
        guard let range else { return "-f lavfi -i \(source) -c:v ffv1" }
        return "-f lavfi -i \(source),setparams=range=\(range) -c:v ffv1 -color_range \(range)"
    }

    private func oracle(_ path: RawPath, _ chain: String) async throws -> FilterOracle {
        try await FilterOracle(path, stream: 0, chain: chain)
    }

    @Test("Dark grey of full range is not black, though blackdetect goes by the format's name and calls it so")
    func fullRange() async throws {
        let workshop = try Workshop()
        let full = try await workshop.make("full.mkv", TrapTests.flat(28, range: "pc"))
        try await workshop.make("limited.mkv", TrapTests.flat(28, range: "tv"))
        try await workshop.make("untagged.mkv", TrapTests.flat(28))
        try await workshop.make("black.mkv", TrapTests.flat(25, range: "pc"))
        try await workshop.make("grey.mkv", TrapTests.flat(38, range: "tv"))
        let run = try await workshop.run()
        let result = try run.result("full.mkv")
        #expect(result["video"]?["pixel_format"]?.string == "yuv420p")
        #expect(result["video"]?["color"]?["range"]?.string == "pc")
        #expect(result.events("black").isEmpty)
        #expect(try run.result("grey.mkv").events("black").isEmpty)
        for name in ["limited.mkv", "untagged.mkv", "black.mkv"] {
            #expect(try run.result(name).events("black").count == 1, "\(name)")
        }
        if TrapTests.isDefiningVersion {
            #expect(try await oracle(full, FilterOracle.black).blackSpans == [FilterOracle.Span(start: 0, end: 2.9)])
        }
    }

    @Test("Black to the end lasts to the end of the last frame, not to its beginning")
    func blackToTheEnd() async throws {
        let workshop = try Workshop()
        let path = try await workshop.make("a.mkv", TrapTests.flat(16))
        let event = try #require(try await workshop.run().result("a.mkv").events("black").first)
        #expect(event["start"]?.double == 0)
        #expect(event["end"]?.double == 3)
        #expect(event["end_frame"]?.int == 29)
        #expect(event["open_at_end"]?.bool == true)
        if TrapTests.isDefiningVersion {
            #expect(try await oracle(path, FilterOracle.black).blackSpans == [FilterOracle.Span(start: 0, end: 2.9)])
        }
    }

    @Test("A standstill to the end is closed there, though freezedetect gives it no end")
    func freezeToTheEnd() async throws {
        let workshop = try Workshop()
        let path = try await workshop.make("a.mkv", TrapTests.flat(100))
        let event = try #require(try await workshop.run().result("a.mkv").events("freeze").first)
        #expect(event["end"]?.double == 3)
        #expect(event["open_at_end"]?.bool == true)
        #expect(try await oracle(path, FilterOracle.freeze).spans("freeze") == [FilterOracle.Span(start: 0, end: nil)])
    }

    @Test("A white picture of 4096x2160 has a mean of 255, where signalstats' sum overflows")
    func largeWhite() async throws {
        let workshop = try Workshop()
        let path = try await workshop.make(
            "a.mkv",
            "-f lavfi -i nullsrc=s=16x16:r=10:d=0.2,format=yuv420p,geq=lum=255:cb=128:cr=128,scale=4096:2160:flags=neighbor",
            "-c:v ffv1 -level 3 -slices 4")
        let frames = try #require(try await workshop.run().result("a.mkv")["frames"]?.array)
        #expect(frames.count == 2)
        #expect(frames.allSatisfy { $0["luma"]?["avg"]?.double == 255 })
        if TrapTests.isDefiningVersion {
            let mean = try #require(try await oracle(path, "signalstats").frames.first?.number("signalstats.YAVG"))
            #expect(abs(mean + 230.452) < 0.01)
        }
    }

    @Test("The second frame of a lively video is no cut, though scdet has it so")
    func falseCut() async throws {
        let workshop = try Workshop()
        let path = try await workshop.make(
            "a.mkv", "-f lavfi -i nullsrc=s=64x48:r=10:d=0.4,format=gray,geq=lum=random(1)*255 -c:v ffv1")
        let result = try await workshop.run().result("a.mkv")
        let score = try #require(result["frames"]?.array?[1]["scene"]?["score"]?.double)
        #expect(score > 10)
        #expect(result.events("scene").isEmpty)
        let expected = try await oracle(path, "scdet=threshold=10").frames[1]
        #expect(abs((expected.number("scd.score") ?? 0) - score) <= 0.001)
        #expect(expected.values["lavfi.scd.time"] != nil)
    }

    @Test("With a variable rate, stretches last as long as their timestamps say, not as their frames count")
    func variableRate() async throws {
        let workshop = try Workshop()
        // 8 black pictures over 2.8 s, then 30 over 1 s.
        try await workshop.make(
            "a.mkv",
            "-f lavfi -i nullsrc=s=64x48:r=30:d=2,format=yuv420p,geq=lum=16+100*gte(N\\,8)*lt(N\\,30):cb=128:cr=128",
            "-vf setpts=if(lt(N\\,8)\\,N*0.35\\,2.8+(N-8)/30)/TB -fps_mode passthrough -enc_time_base 1/1000 -c:v ffv1")
        let result = try await workshop.run().result("a.mkv")
        #expect(result["decode"]?["timestamps"]?["variable"]?.bool == true)
        let events = result.events("black")
        #expect(events.count == 1)
        #expect(events.first?["end"]?.double == 2.8)
        #expect(events.first?["end_frame"]?.int == 7)
    }

    @Test("97 of 100 pictures that can be decoded are damage, though the command ends with status 0")
    func lostPictures() async throws {
        let workshop = try Workshop()
        let whole = try await workshop.make("a.mov", "-f lavfi -i testsrc2=s=64x48:r=25:d=4 -c:v png")
        var bytes = try Files.read(whole)
        let pictures = bytes.places(of: Array("\u{89}PNG".unicodeScalars.map { UInt8($0.value) }))
        try #require(pictures.count == 100)
        for index in [20, 50, 80] { bytes[pictures[index]] = 0 }
        let broken = try workshop.put("b.mov", bytes)
        let run = try await workshop.run()
        let result = try run.result("b.mov")
        #expect(result.totalFrames == 97)
        #expect(result.declaredFrames == 100)
        #expect(result.verdict == "damaged")
        #expect(result.reasons.contains("decode_errors") && result.reasons.contains("frame_count"))
        #expect(try run.result("a.mov").verdict == "ok")
        // `FilterOracle` holds that the command's status is 0.
        #expect(try await oracle(broken, "signalstats").frames.count == 97)
    }

    @Test("Half a Matroska file is damage, though the command ends with status 0")
    func halfMatroska() async throws {
        let workshop = try Workshop()
        let whole = try await workshop.make(
            "a.mkv", "-f lavfi -i testsrc2=s=64x48:r=25:d=8 -c:v libx264 -threads 1 -pix_fmt yuv420p")
        let bytes = try Files.read(whole)
        let half = try workshop.put("half.mkv", Array(bytes.prefix(bytes.count / 2)))
        let run = try await workshop.run()
        let result = try run.result("half.mkv")
        let frames = try await oracle(half, "signalstats").frames.count
        #expect(result.totalFrames == frames)
        #expect(frames > 50 && frames < 150)
        #expect(result.verdict == "damaged")
        #expect(result.reasons.contains("ends_early"))
        #expect(try run.result("a.mkv").verdict == "ok")
    }
}
