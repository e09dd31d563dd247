import Bytes
import TestSupport
import Testing

/// The verdict on real files that are whole, cut, holed or sparse.
@Suite("Verdicts on real files")
struct VerdictTests {
    @Test("Every sample that is not broken on purpose is ok, and the cut one is damaged")
    func samples() async throws {
        let run = try await ResultFolder.samples.value
        #expect(run.status == 3)
        for clip in try Samples.clips() where clip.frames != nil {
            let result = try run.result(clip.path)
            if clip.broken == nil {
                #expect(result.verdict == "ok", "\(clip.path): \(result.reasons)")
            } else {
                #expect(result.verdict == "damaged", "\(clip.path)")
            }
        }
        #expect(!run.hasResult("not-a-video.mp4"))
    }

    @Test("A file cut at 60 % with its index in front: what came out is counted, what was declared kept apart")
    func cut() async throws {
        let result = try await ResultFolder.samples.value.result("truncated.mp4")
        #expect(result.totalFrames == 29)
        #expect(result.declaredFrames == 50)
        #expect(result.reasons.contains("truncated") && result.reasons.contains("frame_count"))
        #expect(result["decode"]?["truncated"]?.bool == true)
    }

    @Test("Cut files end early by their declared duration", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
    func endsEarly() async throws {
        let workshop = try Workshop()
        let source = "-f lavfi -i testsrc2=s=96x64:r=25:d=8 -c:v libx264 -threads 1 -pix_fmt yuv420p"
        for (name, options) in [("a.mp4", "-movflags +faststart"), ("a.mkv", ""), ("a.avi", "-bf 0"), ("a.flv", "")] {
            let bytes = try Files.read(try await workshop.make(name, source, options))
            try workshop.put("cut-" + name, Array(bytes.prefix(bytes.count * 6 / 10)))
        }
        let run = try await workshop.run()
        for name in ["a.mp4", "a.mkv", "a.avi", "a.flv"] {
            let whole = try run.result(name)
            #expect(whole.verdict == "ok", "\(name): \(whole.reasons) \(whole["decode"].map { "\($0)" } ?? "")")
            #expect(whole.totalFrames == 200)
            let cut = try run.result("cut-" + name)
            #expect(cut.verdict == "damaged", "\(name)")
            #expect(cut.reasons.contains("ends_early"), "\(name): \(cut.reasons)")
            #expect(cut.totalFrames.map { $0 > 50 && $0 < 190 } == true, "\(name): \(cut.totalFrames ?? 0)")
        }
        #expect(try run.result("cut-a.mp4").declaredFrames == 200)
    }

    @Test(
        "An AVI cut between two pictures is damaged, though nothing of it fails to decode",
        .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
    func cleanCut() async throws {
        let workshop = try Workshop()
        let bytes = try Files.read(try await workshop.make("a.avi", "-f lavfi -i testsrc2=s=64x48:r=25:d=8 -c:v mpeg4"))
        let data = try #require(bytes.places(of: Array("movi".utf8)).first)
        let pictures = bytes.places(of: Array("00dc".utf8)).filter { $0 > data }
        try workshop.put("b.avi", Array(bytes[..<pictures[100]]))
        let result = try await workshop.run().result("b.avi")
        #expect(result.totalFrames == 100)
        #expect(result.declaredFrames == 200)
        #expect(result.verdict == "damaged")
        #expect(result.reasons == ["ends_early", "frame_count"])
    }

    @Test(
        "An AVI whose clock has ticks without a picture is ok",
        .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
    func emptyPackets() async throws {
        let workshop = try Workshop()
        try await workshop.make(
            "a.avi", "-f lavfi -i testsrc2=s=64x48:r=10:d=4 -vf select=not(mod(n\\,4)) -fps_mode passthrough",
            "-c:v mpeg4 -enc_time_base 1/10")
        let result = try await workshop.run().result("a.avi")
        #expect(result.totalFrames == 10)
        #expect(result.reasons == [])
    }

    @Test(
        "A real AVI with 376 empty chunks is ok",
        .enabled(if: SharedVideos.names.contains("opencvdoc__tree.avi"), "needs ../shared/videos"))
    func realEmptyPackets() async throws {
        let result = try await ResultFolder.videos.value.result("opencvdoc__tree.avi")
        #expect(result.totalFrames == 68)
        #expect(result.declaredFrames == 444)
        #expect(result.reasons == [])
    }

    @Test(
        "A hole in the middle is damage, and the frames behind it are still there",
        .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
    func hole() async throws {
        let workshop = try Workshop()
        for name in ["a.mp4", "a.mkv", "a.ts"] {
            var bytes = try Files.read(
                try await workshop.make(
                    name, "-f lavfi -i testsrc2=s=96x64:r=25:d=8 -c:v libx264 -g 25 -threads 1 -pix_fmt yuv420p"))
            let middle = bytes.count / 2
            let length = bytes.count / 10
            bytes.replaceSubrange(middle..<middle + length, with: [UInt8](repeating: 0, count: length))
            try workshop.put("hole-" + name, bytes)
        }
        let run = try await workshop.run()
        for name in ["a.mp4", "a.mkv", "a.ts"] {
            let result = try run.result("hole-" + name)
            #expect(result.verdict == "damaged", "\(name): \(result.reasons)")
            #expect(try run.result(name).verdict == "ok", "\(name)")
            let last = result["frames"]?.array?.compactMap { $0["time"]?.double }.last
            #expect(last.map { $0 > 7 } == true, "\(name)")
        }
    }
}
