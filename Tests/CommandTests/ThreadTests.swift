import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// Results do not tell, and do not depend on, how many threads decoded a video.
@Suite("Decoder threads")
struct ThreadTests {
    /// A forge with one video of 200 frames, damaged at a part of its length.
    private static func damaged(at share: Double) throws -> Forge {
        let forge = try Forge()
        try forge.addDamaged("a.mp4", at: share)
        return forge
    }

    @Test("--threads-per-job is how many threads a decoder has, and a result is the same with all of them")
    func flag() async throws {
        let forge = try Forge()
        for name in ["h264-scenes.mp4", "hevc-10bit.mkv", "truncated.mp4"] { try forge.addSample(name) }
        try forge.addDamaged("damaged.mp4", at: 0.5)
        // One after the other, so that the last is alone.
        let run = try forge.start("-j1", "--threads-per-job", "4", "--tools", "luma")
        let worker = try await run.holdWorker(of: "h264-scenes.mp4")
        // In short steps, so that it does not get to its end before it is seen with its threads: those of the decoder besides the
        // one that measures and the one that watches.
        let tasks = RawPath("/proc/\(worker)/task")
        try await eventually("the decoder has its threads") {
            kill(worker, SIGCONT)
            usleep(1000)
            kill(worker, SIGSTOP)
            return try Files.list(tasks).count == 6
        }
        kill(worker, SIGCONT)
        #expect(await run.result().status == 3)
        #expect(try forge.record()["settings"]?["threads-per-job"]?.int == 4)
        let before = try forge.results()
        #expect(before.count == 4)
        for count in ["1", "auto"] {
            try await forge.run(expecting: 0, "--threads-per-job", count, "--tools", "luma")
            #expect(try forge.count("completed") == 0, "\(count)")
            try await forge.run(expecting: 3, "--threads-per-job", count, "--tools", "luma", "--force")
            #expect(try forge.results() == before, "\(count)")
        }
        for wrong in ["0", "65", "many"] {
            let refused = try await forge.run("--threads-per-job", wrong)
            #expect(refused.status == 64)
            #expect(refused.error.contains("a number from 1 to 64, or auto"), "\(refused.error)")
        }
    }

    @Test("Where an attempt of several threads is dropped, frames and percentages in the log never fall")
    func progress() async throws {
        for place in [0.3, 0.98] {
            let forge = try ThreadTests.damaged(at: place)
            try await forge.run(expecting: 3, "--threads-per-job", "4", "--progress-rate", "all")
            #expect(try forge.result("a.mp4")["decode"]?["error_count"]?.int ?? 0 > 0)
            let steps = try forge.log().compactMap { if case .progress(_, let step) = $0.event { step } else { nil } }
            #expect(steps.map(\.currentFrame) == Array(1...steps.count), "\(place)")
            #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.percent <= $1.percent }, "\(place)")
            let total = try #require(forge.result("a.mp4")["total_frames"]?.int)
            #expect(steps.last == Progress(currentFrame: total, totalFrames: total))
            #expect(steps.last?.percent == 100)
            #expect(try forge.record()["jobs"]?.array?.first?["tries"]?.int ?? 1 == 1)
        }
    }

    @Test("Memory that is short for threads costs no video: it is decoded with fewer, or again with one")
    func memory() async throws {
        let forge = try Forge()
        for name in ["h264-scenes.mp4", "hevc-10bit.mkv"] { try forge.addSample(name) }
        try await forge.run(expecting: 0, "--threads-per-job", "1", "--no-stills", "--tools", "luma")
        let before = try forge.results()
        for limit in ["520M", "580M", "620M", "700M"] {
            try await forge.run(
                expecting: 0, "--threads-per-job", "16", "--no-stills", "--tools", "luma", "--force", "--memory-limit",
                limit)
            #expect(try forge.results() == before, "\(limit)")
        }
    }

    @Test("A result that tells its decoder threads stays where it was one, and tools join it; of more it is made again")
    func older() async throws {
        let forge = try Forge()
        try forge.addSample("moving-objects.mp4")
        let name = "moving-objects.mp4"
        try await forge.run(expecting: 0, "--tools", "luma", "--no-stills")
        try forge.makeOld(name, threads: 1)
        #expect(try await forge.run("--dry-run", "--tools", "luma").output.hasPrefix("skip"))
        let joined = try await forge.run("--tools", "luma,siti", "--no-stills", "--dry-run")
        #expect(joined.output == "run  moving-objects.mp4 (siti added)\n")
        try await forge.run(expecting: 0, "--tools", "luma,siti", "--no-stills", "--threads-per-job", "4")
        let both = try forge.results()
        try await forge.run(expecting: 0, "--tools", "luma,siti", "--no-stills", "--force")
        #expect(try forge.results() == both)
        try forge.makeOld(name, threads: 2)
        let old = try await forge.run("--dry-run", "--tools", "luma")
        #expect(old.output == "run  moving-objects.mp4 (made by several decoder threads of an older version)\n")
        try await forge.run(expecting: 0, "--tools", "luma", "--no-stills")
        #expect(try forge.results() == both)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("Tools that join what is there begin anew with it where threads meet trouble")
    func joined() async throws {
        let forge = try ThreadTests.damaged(at: 0.6)
        try await forge.run(expecting: 3, "--tools", "luma,cuts,siti", "--no-stills")
        let whole = try forge.results()
        try await forge.run(expecting: 3, "--tools", "luma", "--no-stills", "--force")
        try await forge.run(expecting: 3, "--tools", "luma,cuts,siti", "--no-stills", "--threads-per-job", "4")
        #expect(try forge.results() == whole)
    }
}

extension Forge {
    /// A sample of 200 frames of H.264 in which bytes of the pictures are other ones.
    ///
    /// - Parameter share: where, as a part of the pictures' bytes.
    func addDamaged(_ name: String, at share: Double) throws {
        var bytes = try Files.read(Samples.folder.appending("h264-scenes.mp4"))
        let mark = Array("mdat".utf8)
        let start = try #require((0..<bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual(mark) }) + 4
        let length = bytes[(start - 8)..<(start - 4)].reduce(0) { $0 << 8 | Int($1) } - 8
        let place = start + Int(Double(length) * share)
        for index in place..<min(place + 24, start + length) { bytes[index] ^= 0xa5 }
        try write(bytes, to: input.appending(name))
    }

    /// Rewrites a result and its line of the catalog as version 0.1.0 wrote them, decoded by so many threads.
    func makeOld(_ name: String, threads: Int) throws {
        let path = layout.results.appending(name + ".json")
        let mark = "\"video_streams\":"
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        let parts = text.split(separator: mark, maxSplits: 1)
        try #require(parts.count == 2)
        let bytes = Array("\(parts[0])\"decoder_threads\":\(threads),\(mark)\(parts[1])".utf8)
        try write(bytes, to: path)
        let head = try JSONReader.parse(bytes)
        let digest = SettingsDigest.of(
            tools: head["tools"]?.array ?? [], threads: threads, rules: head["decode"]?["rules"]?.int ?? 1)
        let changed: [String: JSON] = [
            "digest": .string(digest), "result_size": .int(bytes.count), "sha256": .string(Digest.sha256(bytes)),
        ]
        let lines = try LineFile.objects(layout.catalog).objects.map { entry in
            let isIt = entry["path"]?.string == name
            let members = (entry.members ?? []).map {
                JSON.Member($0.key, isIt ? changed[$0.key] ?? $0.value : $0.value)
            }
            return JSONWriter.encode(.object(members)) + [0x0a]
        }
        try write(Array(lines.joined()), to: layout.catalog)
    }
}
