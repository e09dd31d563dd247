internal import Bytes
internal import Jobs
internal import Store

/// A job of a plan with what it came to.
struct EndedJob: Sendable {
    let outcome: ShardOutcome
    /// As the record of the run has it.
    let record: [UInt8]
    /// The result that the catalog had of the job when it was planned.
    let stored: RawPath?

    /// Those of some lines of a plan that have an outcome.
    fileprivate static func all(_ lines: [PlanLine], _ outcomes: ShardOutcomes) throws -> [EndedJob] {
        try lines.compactMap { line in
            try outcomes.outcome(line.job).map { outcome in
                EndedJob(
                    outcome: outcome, record: JSONWriter.encode(outcome.record.json),
                    stored: line.known?.result)
            }
        }
    }
}

/// The jobs of a run in shards that have ended, in the order of its plan. Outcomes are read by some tasks ahead of who takes
/// them: most of the time of a merge goes into that.
enum EndedJobs {
    /// Pieces of the plan that are read ahead, of some hundred jobs each.
    private static let ahead = 4

    /// - Throws: `SystemError`, `PlanFile.Fault`, and what `body` throws.
    /// - Complexity: the outcomes of some thousand jobs are in memory, and where those of one shard or two stand.
    static func forEach(_ plan: PlanFile, _ layout: OutputLayout, _ body: (EndedJob) throws -> Void) async throws {
        var pieces = Pieces(plan, layout)
        try await withThrowingTaskGroup(of: (Int, [EndedJob]).self) { group in
            var (begun, taken) = (0, 0)
            var waiting: [Int: [EndedJob]] = [:]
            while true {
                while begun - taken < ahead, let (lines, outcomes) = try pieces.next() {
                    let number = begun
                    group.addTask { (number, try EndedJob.all(lines, outcomes)) }
                    begun += 1
                }
                if taken == begun { return }
                while waiting[taken] == nil, let (number, jobs) = try await group.next() { waiting[number] = jobs }
                for job in waiting.removeValue(forKey: taken) ?? [] { try body(job) }
                taken += 1
            }
        }
    }

    /// The lines of a plan in pieces, with the outcomes of the shard that they are of.
    private struct Pieces {
        private let plan: PlanFile
        private let layout: OutputLayout
        private var shards: Range<Int>
        private var current: (reader: PlanReader, outcomes: ShardOutcomes)?

        init(_ plan: PlanFile, _ layout: OutputLayout) {
            (self.plan, self.layout) = (plan, layout)
            shards = 0..<plan.head.shards
        }

        mutating func next() throws -> ([PlanLine], ShardOutcomes)? {
            while true {
                if let current, let lines = try current.reader.next() { return (lines, current.outcomes) }
                guard let shard = shards.popFirst() else { return nil }
                current = nil
                guard plan.head.parts[shard].jobs > 0 else { continue }
                current = (
                    PlanReader(plan, shard: shard),
                    try ShardOutcomes(layout, run: plan.head.runID, shard: shard)
                )
            }
        }
    }
}
