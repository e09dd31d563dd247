internal import Bytes
internal import Jobs
internal import Store

/// What is left to do of a shard. What attempts before this one came to is looked at when it is made; the shard's part of the
/// plan is read a piece at a time, as its videos are handed out.
final class ShardWork: JobSource {
    /// Jobs that are done, and those of them that failed.
    private(set) var done = 0
    private(set) var failed = 0
    /// Whether one of these failed or is damaged, or a tool failed on it.
    private(set) var isFaulty = false
    private(set) var awaited: Int
    private(set) var awaitedBytes: Int64
    private let plan: PlanFile
    private let part: PlanHead.Part
    private let reader: PlanReader
    /// Whether anything was handed out.
    private var hasJobs = false
    /// Those that are not done again.
    private var standing: Set<JobID> = []

    /// - Complexity: the outcomes that there are; of the plan nothing.
    init(_ plan: PlanFile, _ shard: Int, _ outcomes: ShardOutcomes, _ layout: OutputLayout) throws {
        self.plan = plan
        part = plan.head.parts[shard]
        reader = PlanReader(plan, shard: shard)
        (awaited, awaitedBytes) = (part.jobs, part.bytes)
        try outcomes.forEach { outcome in
            guard ShardWork.stands(outcome, layout) else { return }
            standing.insert(outcome.job)
            if outcome.record.hasFailed { failed += 1 }
            let verdict = outcome.record.verdict
            if outcome.record.hasFailed || verdict == .damaged || outcome.toolsLost > 0 { isFaulty = true }
            awaitedBytes &-= outcome.record.size ?? 0
        }
        done = standing.count
        awaited = max(0, awaited - done)
    }

    /// A result is looked at, and not read.
    private static func stands(_ outcome: ShardOutcome, _ layout: OutputLayout) -> Bool {
        if outcome.record.hasFailed { return !outcome.mayEndBetter }
        return outcome.catalog.first { !$0.isCleared }.map { ResultState.of($0, layout) == .whole } ?? false
    }

    /// The tools of what is left, each once, nil for those of the run; those of jobs that are done may be among them.
    var tools: [JobTools?] {
        guard hasJobs else { return [] }
        return part.tools.map { $0 == PlanHead.Part.runTools ? nil : JobTools(plan.head.tools[$0]) }
    }

    /// The jobs that are left of the next piece of the plan in which there are any.
    ///
    /// What is done is known from outcomes, which nobody has held against the plan: so when by them nothing is left, the rest
    /// of the part is read to see that it is so.
    ///
    /// - Throws: `SystemError`, ``PlanFile/Fault``.
    func next() throws -> [PlannedJob] {
        var jobs: [PlannedJob] = []
        while jobs.isEmpty || awaited <= jobs.count, let lines = try reader.next() {
            jobs += try lines.filter { !standing.contains($0.job) }.map { try PlannedJob($0, plan) }
        }
        if !jobs.isEmpty { hasJobs = true }
        awaited = reader.isAtEnd ? 0 : awaited - jobs.count
        awaitedBytes = reader.isAtEnd ? 0 : jobs.reduce(awaitedBytes) { $0 &- $1.video.status.size }
        return jobs
    }
}
