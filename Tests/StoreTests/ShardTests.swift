import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Plans of runs in shards, and what shards leave")
struct ShardTests {
    private static func jobs(_ count: Int) -> [(size: Int64, path: RawPath)] {
        (0..<count).map { index in
            (Int64((index * 7919) % 1000 + 1) << 20, RawPath("cam\(index % 7)/clip-\(index).mp4"))
        }
    }

    @Test("A cut gives each job to one shard, the dearest first, with loads that are alike", arguments: [1, 2, 7, 64])
    func cut(_ count: Int) throws {
        let jobs = ShardTests.jobs(1000)
        let cut = ShardCut(count, jobs: jobs)
        #expect(cut.shards.count == count)
        #expect(cut.shards.flatMap { $0 }.sorted() == Array(0..<1000))
        for shard in cut.shards {
            let sizes = shard.map { jobs[$0].size }
            #expect(sizes == sizes.sorted(by: >))
        }
        let most = try #require(cut.loads.max())
        let mean = Double(cut.loads.reduce(0, +)) / Double(count)
        #expect(Double(most) / mean < 1.01)
    }

    @Test("A cut is the same whatever the order of the list")
    func order() {
        let jobs = ShardTests.jobs(300)
        func paths(_ list: [(size: Int64, path: RawPath)]) -> [[RawPath]] {
            ShardCut(7, jobs: list).shards.map { $0.map { list[$0].path } }
        }
        let expected = paths(jobs)
        #expect(paths(jobs.reversed()) == expected)
        #expect(paths(jobs.sorted { $0.path < $1.path }) == expected)
    }

    @Test("A cut by hand: 7, 6, 5, 4, 3 MiB onto two shards; equals go by their paths, empty videos by their number")
    func known() {
        let sizes: [Int64] = [3, 4, 5, 6, 7].map { $0 << 20 }
        let cut = ShardCut(2, jobs: sizes.enumerated().map { ($1, RawPath("v\($0)")) })
        // 7 | 6, then 5 to the second, 4 to the first, 3 to the one with 11.
        #expect(cut.shards == [[4, 1], [3, 2, 0]] || cut.shards == [[4, 1, 0], [3, 2]])
        let equal = ShardCut(2, jobs: ["c", "a", "b", "d"].map { (0, RawPath($0)) })
        #expect(equal.shards == [[1, 0], [2, 3]])
        #expect(ShardCut(3, jobs: []).shards == [[], [], []])
    }

    private func head(_ id: String = "20260101T000000Z-aaaaaa") -> PlanHead {
        var head = PlanHead(runID: id, version: "1.0.0", started: MadeOutputFolder.start, digest: "d")
        head.flags = ["--tools=luma", "--no-stills"]
        head.roots = [InputRoot(prefix: RawPath(""), path: RawPath("/in"))]
        return head
    }

    private func line(_ name: RawPath, size: Int64 = 10) -> PlanLine {
        let job = JobID(video: name)
        return PlanLine(
            job: job, path: name, size: size, modified: 5, inode: 6, result: OutputLayout.result(for: name, job: job))
    }

    private func document() -> RunDocument {
        var summary = RunSummary(id: head().runID)
        summary.tally.found = 3
        var document = RunDocument(summary)
        document.notes = ["a note"]
        return document
    }

    private func tools(_ kept: String) -> PlannedTools {
        PlannedTools(
            tools: [["id": .string(kept)]], threads: 1, rules: 2, kept: [kept],
            leftOut: [ToolFailure(tool: "p/t", kind: .leftOut, message: "why")],
            references: [
                "p/t": JobRequest.PluginReference(
                    manifest: ["id": "p"], fingerprint: "p1:0", device: "cpu", place: "cpu")
            ])
    }

    @Test("A plan says of each job what was put in, its tools once, and reads one shard alone")
    func plan() throws {
        let made = try MadeOutputFolder()
        var first = line(RawPath("a.mp4"))
        first.known = CatalogEntry(.done("a.mp4"), run: "r", digest: "d")
        first.failure = FailureEntry(.failed("a.mp4"), run: "r", digest: "d")
        first.moved = CatalogEntry(.done("old.mp4"), run: "r", digest: "d")
        first.movedContent = "c0"
        var second = line(RawPath(bytes: Array("b".utf8) + [0xff]))
        (second.root, second.file) = (0, RawPath("/elsewhere/b"))
        let third = line(RawPath("c.mp4"), size: 1 << 40)
        var writer = try PlanWriter(made.layout, head())
        try writer.append(first, tools: tools("luma"))
        try writer.append(second, tools: tools("luma"))
        writer.endShard()
        writer.endShard()
        try writer.append(third, tools: tools("scene"))
        writer.endShard()
        let written = try writer.publish(document())
        let (plan, layout) = try PlanFile.open(made.layout.run(head().runID))
        #expect(plan.head == written)
        #expect(layout.root == (try Files.resolve(made.layout.root)))
        #expect(plan.head.shards == 3 && plan.head.jobs == 3 && plan.head.bytes == 20 + (1 << 40))
        #expect(plan.head.parts.map(\.jobs) == [2, 0, 1])
        #expect(plan.head.parts.map(\.tools) == [[0], [PlanHead.Part.runTools], [1]])
        (first.tools, second.tools) = (0, 0)
        #expect(try plan.jobs(of: 0) == [first, second])
        #expect(try plan.jobs(of: 1) == [])
        #expect(try plan.jobs(of: 2).map(\.tools) == [1])
        #expect(plan.head.tools == [tools("luma"), tools("scene")])
        #expect(plan.head.file(first) == RawPath("/in/a.mp4") && plan.head.file(second) == RawPath("/elsewhere/b"))
        #expect(try plan.document() == document())
        let bytes = try Files.read(layout.plan(run: head().runID))
        #expect(bytes.split(separator: 0x0a).count == 5)
    }

    @Test("A part that is read a piece at a time gives the jobs that it has, whatever lines are longer than a piece")
    func pieces() throws {
        let made = try MadeOutputFolder()
        var lines = (0..<2000).map { line(RawPath("folder/clip-\($0).mp4")) }
        lines[700].movedContent = String(repeating: "c", count: 3 * PlanReader.pieceSize)
        var writer = try PlanWriter(made.layout, head())
        for line in lines { try writer.append(line) }
        writer.endShard()
        try writer.append(line(RawPath("other.mp4")))
        writer.endShard()
        _ = try writer.publish(document())
        let reader = PlanReader(try PlanFile.open(made.layout.run(head().runID)).plan, shard: 0)
        let first = try #require(try reader.next())
        #expect(first == Array(lines.prefix(first.count)) && (100..<700).contains(first.count))
        var found = first
        var pieces = 1
        while let more = try reader.next() {
            found += more
            pieces += 1
        }
        #expect(found == lines && pieces > 5 && reader.isAtEnd)
    }

    @Test("What is no plan, is cut, or lies in another run's folder is refused in words")
    func faults() throws {
        let made = try MadeOutputFolder()
        var writer = try PlanWriter(made.layout, head())
        try writer.append(line(RawPath("a.mp4")))
        writer.endShard()
        _ = try writer.publish(document())
        let bytes = try Files.read(made.layout.plan(run: head().runID))
        func fault(_ bytes: [UInt8], run: String = head().runID) throws -> String? {
            try AtomicFile.write(bytes, to: made.layout.plan(run: run), durable: false)
            do {
                let (plan, _) = try PlanFile.open(made.layout.run(run))
                _ = (try plan.jobs(of: 0), try plan.document())
                return nil
            } catch let fault as PlanFile.Fault {
                return fault.description
            }
        }
        #expect(try fault(bytes) == nil)
        #expect(try fault(Array("{\"schema\":\"forgebatch/plan/2\"}\n".utf8))?.contains("no plan") == true)
        #expect(try fault([])?.contains("no plan") == true)
        let first = bytes.prefix { $0 != 0x0a }
        #expect(try fault(Array(first) + [0x0a] + Array("{\"job".utf8))?.contains("cut") == true)
        #expect(try fault(Array(bytes.dropLast(3)))?.contains("last line") == true)
        #expect(try fault(bytes, run: "20260101T000000Z-bbbbbb")?.contains("does not lie in the folder") == true)
        var other = bytes
        let job = try #require(other.firstRange(of: Array("\n{\"job_id\"".utf8)))
        other[job.lowerBound + 1] = UInt8(ascii: "[")
        #expect(try fault(other)?.contains("line 1 of shard 0 is no job") == true)
    }

    private func outcome(_ attempt: String, _ record: JobRecord, again: Bool = false) -> ShardOutcome {
        var outcome = ShardOutcome(attempt: attempt, record: record)
        outcome.mayEndBetter = again
        if !record.hasFailed { outcome.catalog = [CatalogEntry(record, run: "r", digest: "d")] }
        return outcome
    }

    @Test(
        "Of a job's outcomes a completed one counts, then a final one, then the earliest attempt's; a torn line does not"
    )
    func outcomes() throws {
        let made = try MadeOutputFolder()
        let lines = [
            outcome("2", .failed("a.mp4")), outcome("3", .done("a.mp4")), outcome("4", .done("a.mp4")),
            outcome("5", .failed("a.mp4")), outcome("1", .failed("b.mp4", kind: "input"), again: true),
            outcome("2", .failed("b.mp4")), outcome("2", .done("c.mp4")), outcome("1", .done("c.mp4")),
        ]
        for order in [lines, lines.reversed()] {
            let bytes = Array(order.map { JSONWriter.encode($0.json) + [0x0a] }.joined())
            let torn = JSONWriter.encode(outcome("1", .done("d.mp4")).json).dropLast(9)
            try AtomicFile.write(
                bytes + Array("no line\n".utf8) + Array(torn), to: made.layout.shardOutcome(3, run: "r"), durable: false
            )
            let found = try ShardOutcomes(made.layout, run: "r", shard: 3)
            #expect(found.count == 3 && found.failed == 1 && found.broken == 1)
            #expect(try found.outcome(JobID(video: RawPath("a.mp4"))) == lines[1])
            #expect(try found.outcome(JobID(video: RawPath("b.mp4"))) == lines[5])
            #expect(found.attempt(JobID(video: RawPath("c.mp4"))) == "1")
            #expect(try found.outcome(JobID(video: RawPath("d.mp4"))) == nil)
        }
        #expect(try ShardOutcomes(made.layout, run: "r", shard: 4).count == 0)
    }

    @Test("Outcomes of an attempt without a lock lie in a file of their own and count as well")
    func unlocked() throws {
        let made = try MadeOutputFolder()
        for (attempt, name) in [(nil, "a.mp4"), ("7", "b.mp4")] as [(String?, String)] {
            let line = outcome(attempt ?? "1", .done(name))
            try AtomicFile.write(
                JSONWriter.encode(line.json) + [0x0a], to: made.layout.shardOutcome(0, attempt: attempt, run: "r"),
                durable: false)
        }
        try AtomicFile.write([], to: made.layout.shardLog(0, attempt: "7", run: "r"), durable: false)
        #expect(try ShardOutcomes(made.layout, run: "r", shard: 0).count == 2)
        #expect(OutputLayout.shardFile(RawPath("7.ndjson")) == .log(attempt: "7"))
        #expect(OutputLayout.shardFile(RawPath("state.json")) == .other)
    }

    @Test("The state of a shard is read back, and that of another run is not taken for it")
    func state() throws {
        let made = try MadeOutputFolder()
        let state = ShardState(
            runID: "r", shard: 2, attempt: "a", jobs: 9, done: 4, failed: 1, host: "node7", process: 5, time: 6,
            exitStatus: 75)
        try state.write(made.layout)
        #expect(ShardState.read(made.layout, run: "r", shard: 2) == state && !state.isDone)
        #expect(ShardState.read(made.layout, run: "r", shard: 1) == nil)
    }

    @Test("A run in shards goes with all that its shards left")
    func removal() throws {
        let made = try MadeOutputFolder()
        let id = "20260101T000000Z-aaaaaa"
        var writer = try PlanWriter(made.layout, head(id))
        writer.endShard()
        _ = try writer.publish(document())
        try AtomicFile.write([1, 2, 3], to: made.layout.shardLog(0, attempt: "1", run: id), durable: false)
        #expect(RunFolders.isUnjoined(made.layout, run: id))
        let plan = try Files.status(made.layout.plan(run: id)).size
        #expect(RunFolders.size(made.layout, run: id) == plan + 3)
        #expect(RunFolders.remove(made.layout, run: id))
        #expect(!Files.exists(made.layout.run(id)))
    }
}
