import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import Archive

@Suite("Shards that are joined into a run")
struct ShardMergeTests {
    private static let run = MadePlan.run

    /// A planned run in an output folder, whose shards are done by hand.
    private struct MadeShards {
        let made: MadePlan
        let plan: PlanFile
        let names: [String]
        var layout: OutputLayout { made.layout }

        init(_ names: [String], shards: Int) throws {
            self.names = names
            made = try MadePlan(names, shards: shards)
            plan = try made.plan()
        }

        /// An attempt at a shard, with a log whose clock is so many milliseconds behind the plan's.
        func doShard(
            _ shard: Int, attempt: String, late: Int64 = 0, only: Int = .max, failing: Set<String> = [],
            isLogCut: Bool = false
        ) throws {
            try made.made.doShard(
                plan, shard, attempt: attempt, late: late, only: only, failing: failing, isLogCut: isLogCut)
        }

        @discardableResult
        func merge(isPartial: Bool = false) async throws -> ShardMerge.Outcome {
            try await ShardMerge.run(
                PlanFile(layout.plan(run: ShardMergeTests.run)), layout, isPartial: isPartial, baseline: nil,
                compacts: true
            ) { $0.isIncomplete ? 10 : $0.isFaulty ? 3 : $0.planned }
        }

        func log() throws -> [LogLine] {
            try Files.read(layout.log(run: ShardMergeTests.run)).split(separator: 0x0a).map {
                try LogLine.parse(Array($0))
            }
        }

        /// The breaches of the log and the record; there are no results.
        func breaches() throws -> [String] {
            try Validation.folder(layout).breaches.map(\.text).filter { $0 != "in the catalog, but missing" }
        }
    }

    private static let names = (0..<100).map { "cam\($0 % 3)/clip \($0).mp4" }

    @Test(
        "Any number of shards, done in any order, comes to one catalog, one record and one log that is whole",
        arguments: [1, 2, 7, 64])
    func join(_ count: Int) async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: count)
        let failing: Set<String> = ["cam0/clip 33.mp4"]
        for shard in (0..<count).reversed() { try shards.doShard(shard, attempt: "1\(shard % 3)", failing: failing) }
        let outcome = try await shards.merge()
        #expect(outcome.missing == [] && outcome.summary.exitStatus == 3)
        #expect(outcome.summary.tally.completed == 99 && outcome.summary.tally.failed == 1)
        #expect(outcome.summary.tally.found == 102 && outcome.summary.tally.skipped == 2)
        let catalog = try shards.layout.catalogLines.latest()
        #expect(catalog.unread == 0)
        #expect(
            catalog.records.values.map(\.path.display).sorted()
                == ShardMergeTests.names.filter { !failing.contains($0) }.sorted())
        #expect(try shards.layout.failureLines.latest().records.count == 1)
        let record = try RunDocumentReader(shards.layout.summary(run: ShardMergeTests.run))
        var jobs: [String] = []
        while let job = try record.nextJob() { jobs.append(job.path.display) }
        #expect(jobs.sorted() == ShardMergeTests.names.sorted())
        #expect(record.document?.summary == outcome.summary)
        #expect(try History(shards.layout).runs()[ShardMergeTests.run] == outcome.summary)
        #expect(try shards.breaches() == [])
        let log = try shards.log()
        #expect(log.map(\.seq) == Array(1...log.count))
        #expect(log.filter { $0.event.isTerminal }.count == 100)
        #expect(try Files.linkTarget(shards.layout.latest) == RawPath("runs/\(ShardMergeTests.run)"))
    }

    @Test("A merge that is done again adds nothing, and a line of a later run stays")
    func again() async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 3)
        for shard in 0..<3 { try shards.doShard(shard, attempt: "1") }
        let first = try await shards.merge()
        func files() throws -> [[UInt8]] {
            let layout = shards.layout
            return try [
                layout.catalog, layout.log(run: ShardMergeTests.run), layout.summary(run: ShardMergeTests.run),
                layout.history,
            ]
            .map { try Files.read($0) }
        }
        let before = try files()
        let second = try await shards.merge()
        #expect(second.summary == first.summary)
        #expect(try files() == before)
        let name = ShardMergeTests.names[5]
        var later = CatalogEntry(.done(name), run: "20270101T000000Z-bbbbbb", digest: "e")
        later.sha256 = "2"
        try JobLineWriter(shards.layout.catalogLines).append(later)
        try await shards.merge()
        #expect(try shards.layout.catalogLines.latest().records[later.job] == later)
    }

    @Test("Two attempts at a shard count once: each job has the events of one, and its end once")
    func duplicates() async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 2)
        let name = ShardMergeTests.names[99]
        try shards.doShard(0, attempt: "1", only: 20, failing: [name])
        try shards.doShard(0, attempt: "2", late: 400)
        try shards.doShard(0, attempt: "3")
        try shards.doShard(1, attempt: "1")
        try shards.doShard(1, attempt: "1b", late: -5000)
        let outcome = try await shards.merge()
        #expect(outcome.summary.tally.completed == 100 && outcome.summary.tally.failed == 0)
        let log = try shards.log()
        #expect(log.filter { $0.event.isTerminal }.count == 100)
        #expect(log.filter { $0.event.kind == .jobStarted }.count == 100)
        #expect(try shards.breaches() == [])
    }

    @Test("Clocks that differ by seconds let no job end before it begins, and no time of the joined log falls")
    func clocks() async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 4)
        for (shard, late) in [(0, 0), (1, 7000), (2, -9000), (3, 86_400_000)] as [(Int, Int64)] {
            try shards.doShard(shard, attempt: "1", late: late)
        }
        try await shards.merge()
        var state = RunState()
        var last = ""
        for line in try shards.log() {
            #expect(line.time >= last)
            last = line.time
            let change = state.apply(line.event, at: line.moment)
            #expect(change?.isLate != true)
            if let change, change.isEnd { #expect(change.before.status.isStarted) }
        }
        #expect(state.completed == 100)
    }

    @Test(
        "Shards that are missing are told of, and nothing is written; --partial joins what there is, and all comes later"
    )
    func missing() async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 4)
        try shards.doShard(0, attempt: "1")
        try shards.doShard(2, attempt: "1", only: 3)
        await #expect { try await shards.merge() } throws: { ($0 as? ShardMerge.Missing)?.shards == [1, 2, 3] }
        #expect(!Files.exists(shards.layout.catalog) && !Files.exists(shards.layout.log(run: ShardMergeTests.run)))
        #expect(try RunFolders.ids(shards.layout) == [ShardMergeTests.run])
        let part = try await shards.merge(isPartial: true)
        #expect(part.missing == [1, 2, 3] && part.summary.exitStatus == 10 && part.summary.isInterrupted)
        #expect(part.summary.tally.notStarted == 72 && part.summary.tally.completed == 28)
        #expect(try shards.breaches() == [])
        for shard in 1..<4 { try shards.doShard(shard, attempt: "2") }
        let whole = try await shards.merge()
        #expect(whole.summary.exitStatus == 0 && whole.summary.tally.completed == 100)
        #expect(try shards.breaches() == [])
        #expect(try shards.layout.catalogLines.latest().records.count == 100)
    }

    @Test("An outcome that says something else is missing like one that is not there")
    func otherOutcome() async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 4)
        for shard in 0..<4 { try shards.doShard(shard, attempt: "2") }
        let path = shards.layout.shardOutcome(3, run: ShardMergeTests.run)
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        try AtomicFile.write(
            Array(text.replacing("\"record\":", with: "\"recorb\":", maxReplacements: 1).utf8), to: path, durable: false
        )
        await #expect { try await shards.merge() } throws: {
            ($0 as? ShardMerge.Missing) == ShardMerge.Missing(shards: [3], jobs: 1)
        }
        #expect(try shards.layout.catalogLines.latest().records.isEmpty)
        let part = try await shards.merge(isPartial: true)
        #expect(part.missing == [3] && part.summary.tally.notStarted == 1 && part.summary.tally.completed == 99)
        #expect(try shards.breaches() == [])
        #expect(try ShardStatus(shards.plan, shards.layout).joined == .partly)
        try shards.doShard(3, attempt: "3")
        #expect(try await shards.merge().summary.tally.completed == 100)
        #expect(try shards.breaches() == [])
        #expect(try ShardStatus(shards.plan, shards.layout).joined == .all)
    }

    @Test("A job whose end was cut off its log is ended by its outcome")
    func cutLog() async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 2)
        try shards.doShard(0, attempt: "1", isLogCut: true)
        try shards.doShard(1, attempt: "1")
        Files.remove(shards.layout.shardLog(1, attempt: "1", run: ShardMergeTests.run))
        try await shards.merge()
        let log = try shards.log()
        #expect(log.filter { $0.event.isTerminal }.count == 100)
        #expect(try shards.breaches() == [])
    }

    @Test("How a run in shards stands is told by states, by outcomes where there are none, and by locks")
    func status() throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 4)
        let layout = shards.layout
        try shards.doShard(0, attempt: "1", failing: [ShardMergeTests.names[99]])
        try shards.doShard(1, attempt: "1", only: 5)
        try shards.doShard(2, attempt: "1", only: 5)
        let lock = try Files.open(layout.shardLock(2, run: ShardMergeTests.run), Files.readWriteOrCreate)
        defer { Files.close(lock) }
        #expect(try Files.lock(lock, path: layout.shardLock(2, run: ShardMergeTests.run)))
        let status = try ShardStatus(shards.plan, layout)
        #expect(status.shards.map(\.stand) == [.done, .missing, .working, .missing])
        #expect(status.missing == [1, 3] && status.failed == 1 && status.joined == .nothing)
        #expect(status.ended >= 30 && status.jobs == 100)
    }

    @Test("Numbers of shards are told as ranges")
    func ranges() {
        #expect(ShardRanges.text([]) == "")
        #expect(ShardRanges.text([4]) == "4")
        #expect(ShardRanges.text([0, 1, 3, 4, 5, 9]) == "0,1,3-5,9")
    }

    @Test("A run that waits to be joined is listed as such, and is not entered into the history as one that was killed")
    func listed() async throws {
        let shards = try MadeShards(ShardMergeTests.names, shards: 2)
        #expect(try HistoryRepair.addMissing(shards.layout) == 0)
        let run = try #require(try RunList.all(shards.layout).first)
        #expect(run.id == ShardMergeTests.run && run.tally.notStarted == 100 && run.isInterrupted)
        #expect(try shards.breaches() == [])
        try shards.doShard(0, attempt: "1")
        try shards.doShard(1, attempt: "1")
        try await shards.merge()
        #expect(try HistoryRepair.addMissing(shards.layout) == 0)
        #expect(try RunList.all(shards.layout).first?.isFinished == true)
    }
}
