import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("Flags of run: tools, work and reuse")
struct WorkFlagTests {
    @Test("--tools chooses what a result holds")
    func tools() async throws {
        let forge = try Forge(["a.y4m"])
        func ids() throws -> [String] {
            try forge.result("a.y4m")["tools"]?.array?.compactMap { $0["id"]?.string } ?? []
        }
        try await forge.run(expecting: 0)
        let all = try ids()
        #expect(all.contains("scene") && all.contains("luma"))
        try await forge.run(expecting: 0, "--tools", "luma", "--force")
        #expect(try ids() == ["luma"])
        try await forge.run(expecting: 0, "--tools", "default,-scene")
        #expect(try ids() == all.filter { $0 != "scene" })
        try await forge.run(expecting: 0, "--tools=-scene")
        #expect(try forge.count("skipped") == 1)
    }

    @Test("--set changes a tool's setting, which makes other results")
    func set() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--set", "scene.threshold=12.5")
        let scene = try forge.result("a.y4m")["tools"]?.array?.first { $0["id"]?.string == "scene" }
        #expect(scene?["settings"]?["threshold"]?.double == 12.5)
        try await forge.run(expecting: 0, "--set=scene.threshold=12.5")
        #expect(try forge.count("skipped") == 1)
        try await forge.run(expecting: 0, "--set", "scene.threshold=13")
        #expect(try forge.count("completed") == 1)
    }

    @Test("--jobs is how many workers there are at once", arguments: [1, 3])
    func jobs(_ count: Int) async throws {
        let forge = try Forge()
        for name in ["a.y4m", "b.y4m", "c.y4m", "d.y4m"] { try forge.addLong(name) }
        var most = 0
        // On a crowded machine one may be done before the next begins; there are never more.
        for _ in 1...5 where most < count {
            try await forge.run(expecting: 0, "--force", "-j\(count)")
            most = max(most, try forge.mostAtOnce())
        }
        #expect(most == count)
        #expect(try forge.record()["workers"]?.int == count)
    }

    @Test("--nice is the niceness of every task of a worker, and workers are what the kernel ends first without memory")
    func nice() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start("--nice", "7")
        let worker = try await run.holdWorker(of: "a.y4m")
        func niceness(_ task: RawPath) throws -> Int? {
            let text = String(decoding: try Files.read(task.appending("stat")), as: UTF8.self)
            // Behind the name, which may hold anything, the state is the first.
            return text.split(separator: ")").last?.split(separator: " ").dropFirst(16).first.flatMap { Int($0) }
        }
        func score(_ process: pid_t) throws -> Int? {
            let text = String(decoding: try Files.read(RawPath("/proc/\(process)/oom_score_adj")), as: UTF8.self)
            return Int(text.filter { $0 != "\n" })
        }
        let tasks = RawPath("/proc/\(worker)/task")
        let own = try #require(try niceness(RawPath("/proc/self")))
        for task in try Files.list(tasks) {
            #expect(try niceness(tasks.appending(task)) == max(7, own), "\(task.display)")
        }
        #expect(try niceness(RawPath("/proc/\(run.pid)")) == own)
        #expect(try score(run.pid) == score(getpid()))
        #expect(try #require(try score(worker)) >= 500)
        kill(worker, SIGCONT)
        #expect(await run.result().status == 0)
        #expect(try forge.record()["settings"]?["nice"]?.int == 7)
        let wrong = try await forge.run("--nice", "20")
        #expect(wrong.status == 64 && wrong.error.contains("--nice must be between 0 and 19"))
    }

    @Test("--timeout and --stall end a video that takes too long; --retries is how often it is tried again")
    func deadlines() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let slow = try await forge.run("--timeout", "0.2s", "--retries", "0")
        #expect(slow.status == 3)
        #expect(try forge.message("a.y4m") == "not done after 0.2 s; raise --timeout if it only is slow")
        // The second try's worker has to start within it, on a crowded machine too.
        let run = try forge.start("--stall", "6s", "--retries", "1", "--retry-quarantined")
        let first = try await run.holdWorker(of: "a.y4m")
        // The second try is left alone: it completes.
        let result = await run.result()
        #expect(result.status == 0, "\(result.error)")
        #expect(!Processes.isAlive(first))
        #expect(try forge.record()["jobs"]?.array?.first?["tries"]?.int == 2)
    }

    @Test("--max-duration ends the run, and the next one takes up what is left")
    func maxDuration() async throws {
        let forge = try Forge(["z.y4m"])
        try forge.addLong("a.y4m")
        // Held, its worker is still there at the end, however fast the machine is.
        let run = try forge.start("-j1", "--max-duration", "5s", "--grace", "0")
        _ = try await run.holdWorker(of: "a.y4m")
        let result = await run.result()
        #expect(result.status == 10)
        #expect(result.error.contains("1 not started, stopped by --max-duration"))
        try await forge.run(expecting: 0)
        #expect(try forge.names() == ["a.y4m", "z.y4m"])
    }

    @Test("--memory-limit that is too small fails the video in words, and nothing crashes")
    func memoryLimit() async throws {
        let forge = try Forge()
        try forge.addSample("h264-scenes.mp4")
        let result = try await forge.run("--memory-limit", "200M", "--retries", "0")
        #expect(result.status == 3)
        #expect(!(try #require(try forge.message("h264-scenes.mp4"))).isEmpty)
        try forge.add("a.y4m")
        #expect(try await forge.run("--memory-limit", "1M", "--retries", "0").status == 3)
        #expect(try forge.message("a.y4m") != nil)
        try await forge.run(expecting: 0, "--memory-limit", "0", "--retry-quarantined")
    }

    @Test("--max-failures stops after so many failed videos")
    func maxFailures() async throws {
        let forge = try Forge(["z.y4m"])
        for name in ["a.mp4", "b.mp4", "c.mp4", "d.mp4"] { try forge.addBroken(name) }
        #expect(try await forge.run("-j1", "--max-failures", "2").status == 10)
        #expect(try forge.count("failed") == 2)
        #expect(try await forge.run("-j1", "--force", "--max-failures", "60%").status == 10)
        #expect(try forge.count("failed") == 3)
    }

    @Test("--min-free keeps videos from starting; 0 disables the check")
    func minFree() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 1, "--min-free", "999T")
        #expect(try forge.names().isEmpty)
        try await forge.run(expecting: 0, "--min-free", "0")
    }

    @Test("--force does every video again")
    func force() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try await forge.run(expecting: 0)
        try await forge.run(expecting: 0, "--force")
        #expect(try forge.count("completed") == 2)
    }

    @Test("--retry-failed does videos again that failed for what is in them")
    func retryFailed() async throws {
        let forge = try Forge()
        try forge.addBroken("bad.mp4")
        try await forge.run(expecting: 3)
        try await forge.run(expecting: 0)
        try await forge.run(expecting: 3, "--retry-failed")
        #expect(try forge.count("failed") == 1)
    }

    @Test("--retry-quarantined does videos again whose workers crashed or timed out in two runs")
    func retryQuarantined() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        for _ in 0..<2 { try await forge.run(expecting: 3, "--timeout", "0.1s", "--retries", "0") }
        try await forge.run(expecting: 0)
        #expect(try forge.count("quarantined") == 1)
        try await forge.run(expecting: 0, "--retry-quarantined")
        #expect(try forge.names() == ["a.y4m"])
    }

    @Test("--fingerprint hash identifies a video after its time and inode changed; stat does not")
    func fingerprint() async throws {
        let forge = try Forge(["a.y4m"])
        let video = forge.input.appending("a.y4m")
        try await forge.run(expecting: 0, "--fingerprint", "stat")
        try forge.write(Files.read(video), to: video)
        try await forge.run(expecting: 0, "--fingerprint", "hash")
        #expect(try forge.count("skipped") == 1)
        // Same size, other content.
        var bytes = try Files.read(video)
        bytes[bytes.count - 1] ^= 1
        try forge.write(bytes, to: video)
        try await forge.run(expecting: 0, "--fingerprint", "hash")
        #expect(try forge.count("completed") == 1)
        try forge.write(bytes, to: video)
        try await forge.run(expecting: 0, "--fingerprint", "stat")
        #expect(try forge.count("completed") == 1)
    }

    @Test("--dry-run says what would be done and why, as text or JSON, and writes nothing")
    func dryRun() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.run("-n").output == "run  a.y4m (new)\n")
        #expect(!Files.exists(forge.output))
        try await forge.run(expecting: 0)
        try forge.addBroken("b\u{1b}.mp4")
        let id = try #require(try forge.record()["run_id"]?.string)
        let text = try await forge.run("--dry-run")
        #expect(text.output == "skip a.y4m (done in run \(id))\nrun  b\\u{1b}.mp4 (new)\n")
        let lines = try await forge.run("-n", "--json").output.split(separator: "\n").map {
            try JSONReader.parse(String($0))
        }
        #expect(lines.map { $0["action"]?.string } == ["skip", "run"])
        #expect(lines.last?["path"]?.string == "b\u{1b}.mp4")
        #expect(try await forge.forgebatch("run", "in", "gone", "-o", "out", "-n").status == 66)
        #expect(try Files.list(forge.layout.runs).count == 1)
    }
}
