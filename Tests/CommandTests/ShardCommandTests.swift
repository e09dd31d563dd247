import Bytes
import Glibc
import Jobs
import Store
import TestSupport
import Testing

@Suite("One run in shards: plan, run --plan, status, merge")
struct ShardCommandTests {
    private static let names = (0..<12).map { "cam\($0 % 3)/clip\($0).y4m" }

    /// Plans `in` into `out`, and answers with the plan's folder.
    private func plan(
        _ forge: Forge, _ shards: Int, expecting status: Int32 = 0, _ flags: String...
    ) async throws -> (folder: String, run: String) {
        let words = ["plan", "in", "-o", "out", "--no-config", "--json", "--shards", "\(shards)"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        #expect(result.status == status, "\(result.error)")
        let json = try JSONReader.parse(result.output)
        return (try #require(json["plan"]?.string), try #require(json["run_id"]?.string))
    }

    private func shard(
        _ forge: Forge, _ plan: String, _ number: Int, _ flags: String..., expecting status: Int32 = 0
    ) async throws {
        let words = ["run", "--plan", plan, "--shard", "\(number)"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        #expect(result.status == status, "shard \(number): \(result.error)")
    }

    private func merge(_ forge: Forge, expecting status: Int32 = 0, _ flags: String...) async throws {
        let result = try await forge.forgebatch((["merge", "out"] + flags).map { RawPath($0) })
        #expect(result.status == status, "\(result.error)")
    }

    /// The lines of the catalog by path, without what differs from run to run.
    private func catalog(_ forge: Forge) throws -> [RawPath: CatalogEntry] {
        let records = try forge.layout.catalogLines.latest().records.values
        return Dictionary(
            uniqueKeysWithValues: records.map { entry in
                var entry = entry
                (entry.runID, entry.seconds, entry.processorSeconds) = ("", nil, nil)
                (entry.modified, entry.inode) = (nil, nil)
                return (entry.path, entry)
            })
    }

    @Test(
        "Shards in any order, one of them twice, make the results and the catalog of one run, byte for byte",
        arguments: [1, 2, 7])
    func equal(_ count: Int) async throws {
        let alone = try Forge(ShardCommandTests.names)
        try alone.addBroken("bad.mp4")
        try await alone.run(expecting: 3, "--report", "none")
        let forge = try Forge(ShardCommandTests.names)
        try forge.addBroken("bad.mp4")
        let (plan, run) = try await plan(forge, count, "--report", "none")
        let bad = JobID(video: RawPath("bad.mp4"))
        let file = try PlanFile.open(RawPath(plan)).plan
        for number in (0..<count).reversed() {
            let hasBad = try file.jobs(of: number).contains { $0.job == bad }
            try await shard(forge, plan, number, expecting: hasBad ? 3 : 0)
        }
        // Nothing of it is done again, and what failed still tells.
        let outcome = try Files.read(forge.layout.shardOutcome(0, run: run))
        try await shard(forge, plan, 0, expecting: try file.jobs(of: 0).contains { $0.job == bad } ? 3 : 0)
        #expect(try Files.read(forge.layout.shardOutcome(0, run: run)) == outcome)
        let status = try await forge.forgebatch("status", "out", run, "--json")
        #expect(try JSONReader.parse(status.output)["missing"]?.string == "")
        try await merge(forge, expecting: 3, run)
        #expect(try forge.results() == alone.results())
        #expect(try catalog(forge) == catalog(alone))
        #expect(try forge.layout.failureLines.latest().records.keys == alone.layout.failureLines.latest().records.keys)
        #expect(try forge.count("completed") == 12 && forge.count("failed") == 1)
        #expect(try forge.record()["exit_status"]?.int == 3)
        let found = try await forge.forgebatch("validate", "out")
        #expect(found.status == 0, "\(found.output)")
        // The next night there is nothing to do.
        let next = try await self.plan(forge, count)
        #expect(try PlanFile.open(RawPath(next.folder)).plan.head.jobs == 0)
        try await forge.run(expecting: 0, "--report", "none")
        #expect(try forge.count("skipped") == 12)
    }

    @Test("plan takes the flags of run, keeps those that shards and merge go by, and prints what comes next")
    func flags() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        let result = try await forge.forgebatch(
            "plan", "in", "-o", "out", "--no-config", "--shards", "2", "--tools", "luma", "--no-stills", "-j2",
            "--junit", "tests.xml", "--report", "none", environment: ["FORGEBATCH_RETRIES": "0"])
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("2 shards of 2 videos") && result.output.contains("forgebatch merge"))
        let layout = forge.layout
        let id = try #require(try RunFolders.ids(layout).first)
        let head = try PlanFile(layout.plan(run: id)).head
        let junit = forge.home.appending("tests.xml").display
        #expect(
            Set(head.flags) == [
                "--retries=0", "--tools=luma", "--no-stills", "--jobs=2", "--junit=\(junit)", "--report=none",
            ])
        for number in 0..<2 { try await shard(forge, layout.run(id).display, number) }
        #expect(!Files.exists(layout.stills))
        try await merge(forge)
        #expect(Files.exists(RawPath(junit)) && !Files.exists(layout.reportIndex))
        #expect(try forge.record()["settings"]?["retries"]?.int == 0)
        let refused = try await forge.forgebatch("run", "--plan", "out/runs/\(id)", "--shard", "0", "--tools", "scene")
        #expect(refused.status == 64 && refused.error.contains("--tools is the plan's"))
        let dry = try await forge.forgebatch("plan", "in", "-o", "new", "--no-config", "--shards", "2", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("run  a.y4m") && !Files.exists(forge.home.appending("new")))
    }

    @Test(
        "--plan and --shard: the number comes from the flag or from an array's variable, with an offset; the log says which"
    )
    func numbers() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        let (plan, run) = try await plan(forge, 3)
        let arguments = ["run", "--plan", plan].map { RawPath($0) }
        func status(_ environment: [String: String], _ more: String...) async throws -> ProcessResult {
            try await forge.forgebatch(arguments + more.map { RawPath($0) }, environment: environment)
        }
        #expect(try await status([:]).status == 64)
        #expect(try await status(["SLURM_ARRAY_TASK_ID": "3"]).status == 64)
        #expect(try await status([:], "--shard", "3").status == 64)
        #expect(try await status(["SLURM_ARRAY_TASK_ID": "x"]).status == 64)
        #expect(try await status(["SGE_TASK_ID": "1"]).status == 0)
        #expect(try await status(["SLURM_ARRAY_TASK_ID": "0", "FORGEBATCH_SHARD_OFFSET": "1"]).status == 0)
        #expect(try await status(["SLURM_ARRAY_TASK_ID": "0"], "--shard", "2").status == 0)
        let sources = try (0..<3).map { shard -> String in
            let folder = forge.layout.shard(shard, run: run)
            let log = try #require(
                try Files.list(folder).first {
                    if case .log = OutputLayout.shardFile($0) { true } else { false }
                })
            for line in try Files.read(folder.appending(log)).split(separator: 0x0a) {
                if case .shardStarted(shard, 3, let source, _) = try LogLine.parse(Array(line)).event { return source }
            }
            return ""
        }
        #expect(sources == ["SGE_TASK_ID", "SLURM_ARRAY_TASK_ID + 1", "--shard"])
        #expect(try await forge.forgebatch("run", "in", "--shard", "1").status == 64)
        #expect(try await forge.forgebatch("run", "in", "--plan", plan).status == 64)
        #expect(try await forge.forgebatch("run", "--plan", "in").status == 66)
        try await merge(forge)
    }

    @Test("TERM is 75 and costs what was running; further ones do not end the grace early; the shard is taken up again")
    func termination() async throws {
        let forge = try Forge(["z.y4m"])
        try forge.addLong("a.y4m")
        let (plan, run) = try await plan(forge, 1)
        func start(_ grace: String) throws -> RunningProcess {
            let words = ["run", "--plan", plan, "--shard", "0", "-j2", "--grace", grace, "--stall", "10m"]
            return try RunningProcess.start(forge.launch(words.map { RawPath($0) }))
        }
        let hurried = try start("0.1s")
        let worker = try await hurried.holdWorker(of: "a.y4m")
        try await eventually("the other is done") { Files.exists(forge.layout.results.appending("z.y4m.json")) }
        // Another attempt finds the lock.
        let second = try await forge.forgebatch("run", "--plan", plan, "--shard", "0")
        #expect(second.status == 11 && second.error.contains("another attempt holds its lock"))
        let working = try await forge.forgebatch("status", "out")
        #expect(working.output.contains("1 shard working"))
        hurried.send(SIGTERM)
        #expect(await hurried.result().status == 75)
        #expect(!Processes.isAlive(worker))
        let told = try await forge.forgebatch("status", "out")
        #expect(told.output.contains("1 shard missing: 0") && told.output.contains("1 of 2 videos"))
        let early = try await forge.forgebatch("merge", "out")
        #expect(early.status == 10 && early.error.contains("the shards 0"))
        #expect(try forge.layout.catalogLines.latest().records.isEmpty)
        let patient = try start("10m")
        let again = try await patient.holdWorker(of: "a.y4m")
        for _ in 0..<3 { patient.send(SIGTERM) }
        kill(again, SIGCONT)
        // Its grace was long enough: nothing was cut. Whoever starts it again finds nothing left to do.
        #expect(await patient.result().status == 75)
        let done = try await forge.forgebatch("status", "out", run)
        #expect(done.output.contains("2 of 2 videos") && done.output.contains("1 shard done"))
        try await shard(forge, plan, 0)
        try await merge(forge)
        #expect(try forge.names() == ["a.y4m", "z.y4m"])
        #expect(try forge.count("completed") == 2)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("A plan of another version, or one that is cut, is refused with 78 or 66, and nothing is done")
    func foreign() async throws {
        let forge = try Forge(["a.y4m"])
        let (plan, run) = try await plan(forge, 1)
        let path = forge.layout.plan(run: run)
        let bytes = try Files.read(path)
        func replacing(_ old: String, _ new: String) throws {
            let range = try #require(bytes.firstRange(of: Array(old.utf8)))
            try AtomicFile.write(
                bytes[..<range.lowerBound] + Array(new.utf8) + bytes[range.upperBound...], to: path, durable: false)
        }
        let digest = try PlanFile(path).head.digest
        try replacing("\"settings_digest\":\"\(digest)\"", "\"settings_digest\":\"0\"")
        try await shard(forge, plan, 0, expecting: 78)
        try replacing("\"version\":\"", "\"version\":\"9")
        try await shard(forge, plan, 0, expecting: 78)
        try AtomicFile.write(Array(bytes.prefix(200)), to: path, durable: false)
        try await shard(forge, plan, 0, expecting: 66)
        try forge.write(bytes, to: path)
        try await shard(forge, plan, 0)
        #expect(try forge.names() == ["a.y4m"])
    }

    @Test("tail tells a run in shards from their logs, ends when all have ended, and says that nobody joined them")
    func tail() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        try forge.addBroken("bad.mp4")
        let (plan, run) = try await plan(forge, 2, "--report", "none")
        let listed = try await forge.forgebatch("list", "out", "--runs", "--json")
        #expect(try JSONReader.parse(listed.output)["state"]?.string == RunStatus.running.rawValue)
        let bad = JobID(video: RawPath("bad.mp4"))
        let file = try PlanFile.open(RawPath(plan)).plan
        let failing = try (0..<2).first { try file.jobs(of: $0).contains { $0.job == bad } }
        for number in 0..<2 { try await shard(forge, plan, number, expecting: number == failing ? 3 : 0) }
        let told = try await forge.forgebatch("tail", "out")
        #expect(told.status == 0, "\(told.error)")
        for text in [
            "run \(run), 4 videos to process", "shard 0 of 2 on ", "shard 1 of 2 on ", "a.y4m: completed",
            "bad.mp4: failed", "forgebatch merge joins them",
        ] {
            #expect(told.output.contains(text), "\(text)")
        }
        #expect(try await forge.forgebatch("tail", "out", "b.y4m").status == 0)
        #expect(try await forge.forgebatch("tail", "out", "bad.mp4").status == 3)
        #expect(try await forge.forgebatch("tail", "out", "other.y4m").status == 66)
        let lines = try await forge.forgebatch("tail", "out", "--json")
        let log = try lines.output.split(separator: "\n").map { try LogLine.parse(Array($0.utf8)) }
        #expect(log.map(\.seq) == Array(1...log.count) && log.filter { $0.event.isTerminal }.count == 4)
        #expect(lines.error.contains("forgebatch merge joins them"))
        try await merge(forge, expecting: 3)
        let joined = try await forge.forgebatch("tail", "out")
        #expect(joined.status == 0 && joined.output.contains("finished, 3 completed, 1 failed"))
        #expect(!joined.output.contains("forgebatch merge"))
    }

    @Test("merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's")
    func partial() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        let (plan, run) = try await plan(forge, 3, "--report", "none")
        try await shard(forge, plan, 1)
        try await merge(forge, expecting: 10, "--partial")
        #expect(try forge.count("completed") == 1 && forge.count("not_started") == 2)
        for number in [0, 2] { try await shard(forge, plan, number) }
        try await merge(
            forge, run, "--report", "full", "--baseline", "previous", "--templates", "in", "--quiet",
            "--junit", "j.xml", "--metrics-textfile", "m.prom")
        try await merge(forge, run, "--report", "full", "--junit", "j.xml", "--metrics-textfile", "m.prom", "--quiet")
        #expect(try forge.count("completed") == 3 && forge.count("not_started") == 0)
        #expect(Files.exists(forge.layout.reportIndex))
        #expect(Files.exists(forge.home.appending("j.xml")) && Files.exists(forge.home.appending("m.prom")))
        let shown = try await forge.forgebatch(
            "merge", "out", "--json", "--keep-runs", "1", "--color", "never", "--verbose")
        #expect(try JSONReader.parse(shown.output)["counts"]?["completed"]?.int == 3)
        #expect(try await forge.forgebatch("merge", "out", "no-such-run").status == 66)
        let held = try Files.open(forge.layout.lock, Files.readWriteOrCreate)
        defer { Files.close(held) }
        #expect(try Files.lock(held, path: forge.layout.lock))
        #expect(try await forge.forgebatch("merge", "out", "--lock", "fail").status == 11)
        #expect(try await forge.forgebatch("diff", "out", run, run).status == 0)
    }

    @Test("A video that changed, moved or was failed before goes through shards as through a run")
    func incremental() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        try forge.addBroken("d.mp4")
        try await forge.run(expecting: 3, "--tools", "luma")
        try forge.add("b.y4m", frames: 9)
        try Files.rename(forge.input.appending("c.y4m"), to: forge.input.appending("moved.y4m"))
        try forge.add("new.y4m")
        try forge.write(Forge.clip(frames: 4, seed: [9]), to: forge.input.appending("d.mp4"))
        let (plan, _) = try await plan(forge, 2, "--tools", "luma")
        #expect(try PlanFile.open(RawPath(plan)).plan.head.jobs == 4)
        for number in 0..<2 { try await shard(forge, plan, number) }
        try await merge(forge)
        #expect(try forge.names() == ["a.y4m", "b.y4m", "d.mp4", "moved.y4m", "new.y4m"])
        #expect(try forge.layout.failureLines.latest().records.isEmpty)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        let fresh = try Forge()
        for name in ["a.y4m", "b.y4m", "d.mp4", "moved.y4m", "new.y4m"] {
            try fresh.write(Files.read(forge.input.appending(name)), to: fresh.input.appending(name))
        }
        try await fresh.run(expecting: 0, "--tools", "luma")
        #expect(try forge.results() == fresh.results())
    }

    @Test("kill -9 at any moment of a shard or of merge: done again, nothing is lost and nothing done twice")
    func kills() async throws {
        let forge = try Forge((0..<6).map { "v\($0).y4m" })
        let (plan, run) = try await plan(forge, 2, "--report", "none")
        // A hit at a random time may find it anywhere; the end has to be the same.
        for delay in [5, 20, 60, 120, 250, 400] as [UInt64] {
            for number in 0..<2 {
                let words = ["run", "--plan", plan, "--shard", "\(number)", "-j1"].map { RawPath($0) }
                let task = try RunningProcess.start(forge.launch(words))
                try await Task.sleep(for: .milliseconds(delay))
                task.send(SIGKILL)
                _ = await task.result()
            }
            let words = ["merge", "out", run, "--partial"].map { RawPath($0) }
            let task = try RunningProcess.start(forge.launch(words))
            try await Task.sleep(for: .milliseconds(delay / 2))
            task.send(SIGKILL)
            _ = await task.result()
        }
        for number in 0..<2 { try await shard(forge, plan, number) }
        try await merge(forge, run)
        #expect(try forge.names().count == 6 && forge.count("completed") == 6)
        let found = try await forge.forgebatch("validate", "out")
        #expect(found.status == 0, "\(found.output)")
        #expect(try Files.list(forge.layout.results).allSatisfy { !Files.isTemporaryName($0) })
        let alone = try Forge((0..<6).map { "v\($0).y4m" })
        try await alone.run(expecting: 0, "--report", "none")
        #expect(try forge.results() == alone.results())
        #expect(try catalog(forge) == catalog(alone))
    }

    @Test("A library of hundreds is planned the same whoever plans it, and a task reads its own part")
    func library() async throws {
        let forge = try Forge()
        for folder in 0..<20 {
            for clip in 0..<20 {
                let name = "day\(folder)/clip\(clip).mp4"
                try forge.write(Array("x".utf8) + Array(repeating: 0, count: clip), to: forge.input.appending(name))
            }
        }
        let (first, _) = try await plan(forge, 16)
        let (second, _) = try await plan(forge, 16)
        func jobs(_ folder: String) throws -> [[PlanLine]] {
            let plan = try PlanFile.open(RawPath(folder)).plan
            return try (0..<16).map { try plan.jobs(of: $0) }
        }
        #expect(try jobs(first) == jobs(second))
        #expect(try jobs(first).joined().count == 400)
        #expect(try jobs(first).allSatisfy { $0.count == 25 })
        try await shard(forge, second, 3, expecting: 3)
    }
}
