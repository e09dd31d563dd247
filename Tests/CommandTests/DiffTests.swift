import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("diff and baselines")
struct DiffTests {
    /// `diff --json` with the status that it ends with.
    private func diff(_ forge: Forge, _ before: String, _ after: String, in folder: String = "out") async throws -> (
        document: JSON, status: Int32?
    ) {
        let result = try await forge.forgebatch("diff", folder, before, after, "--json")
        return (try JSONReader.parse(result.stdout), result.status)
    }

    /// The paths of each category that is not empty.
    private func paths(_ document: JSON) -> [String: [String]] {
        let categories = [
            "newly_failing", "fixed", "new", "removed", "changed", "drifted", "slower", "other_settings",
        ]
        var result: [String: [String]] = [:]
        for category in categories {
            let found = (document[category]?.array ?? []).compactMap { $0["path"]?.string }
            if !found.isEmpty { result[category] = found }
        }
        return result
    }

    /// Changes numbers of one video in a run's record.
    private func edit(_ path: RawPath, _ video: String, _ values: [String: JSON]) throws {
        let document = try JSONReader.parse(Files.read(path))
        let members = (document.members ?? []).map { member -> JSON.Member in
            guard member.key == "jobs" else { return member }
            let jobs = (member.value.array ?? []).map { job -> JSON in
                guard job["path"]?.string == video else { return job }
                return .object((job.members ?? []).map { JSON.Member($0.key, values[$0.key] ?? $0.value) })
            }
            return JSON.Member(member.key, .array(jobs))
        }
        try AtomicFile.write(JSONWriter.encode(.object(members)), to: path, durable: false)
    }

    @Test(
        "diff tells of one video broken, fixed, added, removed, re-encoded and slower, and of nothing else; --json too")
    func categories() async throws {
        let forge = try Forge()
        for sample in ["vp9.webm", "gray.mkv", "mpeg4.avi", "h264-scenes.mp4", "odd-size.mkv", "rgb.mkv"] {
            try forge.addSample(sample)
        }
        try forge.addBroken("mends.mkv")
        try await forge.run(expecting: 3, "--report", "none")
        // Broken, fixed, added, removed, re-encoded; and one that is done again with nothing changed but its time.
        let whole = try Files.read(forge.input.appending("vp9.webm"))
        try forge.write(Array(whole.prefix(whole.count / 2)), to: forge.input.appending("vp9.webm"))
        try forge.write(Files.read(Samples.folder.appending("rgb.mkv")), to: forge.input.appending("mends.mkv"))
        try forge.addSample("hevc-10bit.mkv")
        Files.remove(forge.input.appending("mpeg4.avi"))
        let coarse = forge.home.appending("coarse.mp4")
        try await FFmpegCommand.make(coarse, "-i", forge.input.appending("h264-scenes.mp4").display, "-crf 45")
        try forge.write(Files.read(coarse), to: forge.input.appending("h264-scenes.mp4"))
        try forge.write(Files.read(forge.input.appending("gray.mkv")), to: forge.input.appending("gray.mkv"))
        try await forge.run(expecting: 3, "--report", "none")
        let record = try forge.record()
        #expect(record["jobs"]?.array?.count == 5)
        let expected = [
            "newly_failing": ["vp9.webm"], "fixed": ["mends.mkv"], "new": ["hevc-10bit.mkv"],
            "removed": ["mpeg4.avi"], "changed": ["h264-scenes.mp4"],
        ]
        let (first, status) = try await diff(forge, "last", "latest")
        #expect(paths(first) == expected && status == 1)
        #expect(first["unchanged"]?.int == 3 && first["unjudged"]?.int == 0 && first["same_scope"]?.bool == true)
        #expect(record["baseline"]?.string == first["before"]?["run_id"]?.string)
        // Whether a machine is slower than itself is chance, so a slow worker is written into the record.
        try edit(forge.layout.latest.appending("run.json"), "gray.mkv", ["cpu_seconds": .double(7.5)])
        let (second, _) = try await diff(forge, "last", "latest")
        #expect(paths(second) == expected.merging(["slower": ["gray.mkv"]]) { $1 })
        let slower = try #require(second["slower"]?.array?.first)
        #expect(slower["now"]?["cpu_seconds"]?.double == 7.5)
        #expect((slower["was"]?["cpu_seconds"]?.double ?? 9) < 5)
        let text = try await forge.forgebatch("diff", "out", "last", "latest")
        #expect(text.status == 1 && text.stderr.isEmpty)
        let lines = text.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("  vp9.webm: ok → ") })
        #expect(lines.contains { $0.hasPrefix("  mends.mkv: failed (open: ") && $0.hasSuffix(" → ok") })
        #expect(lines.contains("  mpeg4.avi") && lines.contains("  hevc-10bit.mkv: ok"))
        #expect(lines.contains { $0.hasPrefix("  gray.mkv: ") && $0.hasSuffix(" → 7.5 s of processor time") })
        #expect(lines.count == 2 + 6 * 2 + 1)
    }

    @Test("diff of a run with itself, or of one that found nothing to do, is 0; of what is not there 66; a slip 64")
    func statuses() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("diff", "out", "last", "latest").status == 66)
        try await forge.run(expecting: 0)
        #expect(try await forge.forgebatch("diff", "out", "last", "latest").status == 66)
        let first = try #require(try forge.record()["run_id"]?.string)
        // Ids begin with the second of the start, which has to differ for the beginning of one to name it.
        try await eventually("the next second") { UTCTime.now.compact != String(first.prefix(16)) }
        try await forge.run(expecting: 0)
        let same = try await forge.forgebatch("diff", "out", "last", "latest")
        #expect(same.status == 0 && same.output.hasSuffix("\n1 unchanged\n"))
        #expect(try await forge.forgebatch("diff", "out", first, first).status == 0)
        let short = try await diff(forge, String(first.prefix(16)), "latest")
        #expect(short.status == 0 && short.document["before"]?["run_id"]?.string == first)
        #expect(try await forge.forgebatch("diff", "out", "2", "latest").error.contains("write more of it"))
        #expect(try await forge.forgebatch("diff", "out", "1999", "latest").status == 66)
        #expect(try await forge.forgebatch("diff", "gone", first, first).status == 66)
        #expect(try await forge.forgebatch("diff", "in", first, first).status == 66)
        // One name is held against the latest run.
        let one = try await forge.forgebatch("diff", "out", first, "--json")
        #expect(try JSONReader.parse(one.stdout) == short.document)
        #expect(try await forge.forgebatch("diff").status == 64)
        #expect(try await forge.forgebatch("diff", "out", first, first, first).status == 64)
    }

    @Test("A run that looked elsewhere calls nothing removed, and is not the last run of one that did not")
    func scopes() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        try await forge.run(expecting: 0)
        let whole = try #require(try forge.record()["run_id"]?.string)
        try await forge.run(expecting: 0, "--include", "a.y4m", "--force")
        let narrow = try #require(try forge.record()["run_id"]?.string)
        let (document, status) = try await diff(forge, whole, narrow)
        #expect(status == 0 && document["same_scope"]?.bool == false && document["unjudged"]?.int == 2)
        try forge.add("d.y4m")
        try await forge.run(expecting: 0)
        #expect(try forge.record()["baseline"]?.string == whole)
        #expect(paths(try await diff(forge, narrow, "latest").document) == ["new": ["d.y4m"]])
    }

    @Test("--baseline names the run that is compared with, in run and in report; a run that is not there is 64")
    func baseline() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--baseline", "last")
        #expect(try forge.record()["baseline"] == nil)
        let first = try #require(try forge.record()["run_id"]?.string)
        try await forge.run(expecting: 0, "--force")
        let second = try #require(try forge.record()["run_id"]?.string)
        #expect(try forge.record()["baseline"]?.string == first)
        try await forge.run(expecting: 0, "--force")
        #expect(try forge.record()["baseline"]?.string == second)
        try await forge.run(expecting: 0, "--force", "--baseline", first)
        #expect(try forge.record()["baseline"]?.string == first)
        let refused = try await forge.run(expecting: 64, "--baseline", "1999")
        #expect(refused.error.contains("--baseline: there is no run 1999"))
        #expect(try await forge.forgebatch("report", "out", "--baseline", second).status == 0)
        #expect(try await forge.forgebatch("report", "out", "--baseline", "last").status == 0)
        #expect(try await forge.forgebatch("report", "out", "--baseline", "1999").status == 64)
    }

    @Test("A run that was killed gets its line of the history from the next one")
    func killed() async throws {
        let forge = try Forge()
        try forge.addLong("long.y4m")
        let run = try forge.start()
        let worker = try await run.holdWorker(of: "long.y4m")
        kill(run.pid, SIGKILL)
        kill(worker, SIGCONT)
        _ = await run.result()
        try await forge.run(expecting: 0)
        let lines = try LineFile.objects(forge.layout.history).objects
        #expect(lines.count == 2 && lines.first?["interrupted"]?.bool == true && lines.first?["started"] != nil)
        #expect(lines.last?["interrupted"]?.bool == false && lines.last?["counts"]?["completed"]?.int == 1)
        let id = try #require(lines.first?["run_id"]?.string)
        let refused = try await forge.forgebatch("diff", "out", id, "latest")
        #expect(refused.status == 66 && refused.error.contains(id))
    }
}
