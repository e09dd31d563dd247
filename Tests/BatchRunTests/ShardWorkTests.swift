import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

@Suite("What is left to do of a shard")
struct ShardWorkTests {
    /// A plan of one shard whose lines are several pieces.
    private let made: MadePlan
    private let plan: PlanFile
    private let lines: [PlanLine]

    init() throws {
        made = try MadePlan((0..<2000).map { "folder/clip-\($0).mp4" }, shards: 1)
        plan = try made.plan()
        lines = try plan.jobs(of: 0)
        #expect(plan.head.parts[0].length > 3 * Int64(PlanReader.pieceSize))
    }

    private func work() throws -> ShardWork {
        try ShardWork(plan, 0, ShardOutcomes(made.layout, run: MadePlan.run, shard: 0), made.layout)
    }

    /// Has an attempt put on record that videos failed for what is in them.
    private func fail(_ lines: some Sequence<PlanLine>, attempt: String = "1") throws {
        try Files.makeDirectory(made.layout.shard(0, run: MadePlan.run), durable: false)
        let file = try LineFile(made.layout.shardOutcome(0, run: MadePlan.run))
        for line in lines {
            var outcome = ShardOutcome(attempt: attempt, record: .failed(line.path.display))
            outcome.record.size = line.size
            try file.append(JSONWriter.encode(outcome.json))
        }
    }

    /// Takes all jobs that are left, and checks that what is awaited agrees with what comes.
    private func takeAll(_ work: ShardWork, expecting count: Int) throws -> [JobID] {
        var jobs = try work.next()
        #expect(jobs.count + work.awaited == count)
        while work.awaited > 0 {
            let more = try work.next()
            #expect(!more.isEmpty)
            jobs += more
        }
        #expect(work.awaitedBytes == 0)
        #expect(try work.next() == [])
        return jobs.map(\.id)
    }

    @Test("Of one that nobody began all is left, and a piece of it is enough to begin")
    func new() throws {
        let work = try work()
        #expect(work.done == 0 && work.failed == 0 && !work.isFaulty)
        let first = try work.next()
        #expect(first.count < 700 && first.count + work.awaited == 2000)
        #expect(first.reduce(work.awaitedBytes) { $0 + $1.video.status.size } == plan.head.bytes)
        #expect(work.tools.count == 1 && work.tools.allSatisfy { $0 == nil })
        #expect(try takeAll(self.work(), expecting: 2000) == lines.map(\.job))
    }

    @Test("What is done is not done again, whether it stands at the beginning or anywhere")
    func begun() throws {
        let isDone = { (index: Int) in index < 900 || index % 3 == 0 }
        let (done, left) = (lines.indices.filter(isDone), lines.indices.filter { !isDone($0) })
        try fail(done.map { lines[$0] })
        let work = try work()
        #expect(work.done == done.count && work.failed == done.count && work.isFaulty)
        #expect(work.awaitedBytes == left.reduce(0) { $0 + lines[$1].size })
        #expect(try takeAll(work, expecting: left.count) == left.map { lines[$0].job })
    }

    @Test("Three that are left in the middle are known to be the last ones")
    func few() throws {
        try fail(lines[..<400] + lines[403...])
        let work = try work()
        #expect(try work.next().map(\.id) == lines[400..<403].map(\.job))
        #expect(work.awaited == 0 && work.awaitedBytes == 0)
    }

    @Test("Nothing is left of one that is done, and outcomes of other videos do not count for its own")
    func done() throws {
        try fail(lines)
        let work = try work()
        #expect(try takeAll(work, expecting: 0) == [])
        #expect(work.tools.isEmpty)
        let other = try ShardWorkTests()
        let names = (0..<2000).map { "other-\($0).mp4" }
        try Files.makeDirectory(other.made.layout.shard(0, run: MadePlan.run), durable: false)
        let file = try LineFile(other.made.layout.shardOutcome(0, run: MadePlan.run))
        for name in names {
            try file.append(JSONWriter.encode(ShardOutcome(attempt: "1", record: .failed(name)).json))
        }
        #expect(try other.takeAll(other.work(), expecting: 2000) == other.lines.map(\.job))
    }
}
