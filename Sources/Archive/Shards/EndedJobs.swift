internal import Bytes
internal import Jobs
internal import Store

/// What a job of a run in shards came to.
struct EndedJob: Sendable {
    let outcome: ShardOutcome
    /// As the record of the run has it.
    let record: [UInt8]
    /// Its lines of the catalog, in the order of the outcome's.
    let catalog: [[UInt8]]

    init(_ outcome: ShardOutcome) {
        self.outcome = outcome
        record = JSONWriter.encode(outcome.record.json)
        catalog = outcome.catalog.map { JSONWriter.encode($0.json) }
    }
}

/// The jobs of a run in shards with what they came to, in the order of its plan. Outcomes are read by some tasks ahead of who
/// takes them: most of the time of a merge goes into that.
enum EndedJobs {
    /// Pieces of the plan that are read ahead, of some hundred jobs each.
    private static let ahead = 4

    /// - Parameter body: is given a job's shard and line, and nil for one that has no outcome.
    /// - Throws: `SystemError`, `PlanFile.Fault`, and what `body` throws.
    /// - Complexity: the outcomes of some thousand jobs are in memory, and where those of some shards stand.
    static func forEach(
        _ plan: PlanFile, _ layout: OutputLayout, _ body: (Int, PlanLine, EndedJob?) throws -> Void
    ) async throws {
        var pieces = Pieces(plan, layout)
        try await withThrowingTaskGroup(of: (Int, [EndedJob?]).self) { group in
            var (begun, taken) = (0, 0)
            // Outcomes are kept as long as one of their lines is to be read.
            var waiting: [Int: Piece] = [:]
            var read: [Int: [EndedJob?]] = [:]
            while true {
                while begun - taken < ahead, let piece = try pieces.next() {
                    let number = begun
                    let lines = piece.lines.map { piece.outcomes.line($0.job) }
                    group.addTask { (number, try lines.map { try $0?.read().map { EndedJob($0) } }) }
                    waiting[number] = piece
                    begun += 1
                }
                while read[taken] == nil, let (number, jobs) = try await group.next() { read[number] = jobs }
                guard let piece = waiting.removeValue(forKey: taken), let jobs = read.removeValue(forKey: taken) else {
                    return
                }
                for (line, job) in zip(piece.lines, jobs) {
                    // Another line may count where one is no outcome.
                    try body(piece.shard, line, try job ?? piece.outcomes.outcome(line.job).map { EndedJob($0) })
                }
                taken += 1
            }
        }
    }

    private struct Piece {
        var shard: Int
        var lines: [PlanLine]
        var outcomes: ShardOutcomes
    }

    /// The lines of a plan in pieces, with the outcomes of the shard that they are of.
    private struct Pieces {
        private let plan: PlanFile
        private let layout: OutputLayout
        private var shards: Range<Int>
        private var current: (shard: Int, reader: PlanReader, outcomes: ShardOutcomes)?

        init(_ plan: PlanFile, _ layout: OutputLayout) {
            (self.plan, self.layout) = (plan, layout)
            shards = 0..<plan.head.shards
        }

        mutating func next() throws -> Piece? {
            while true {
                if let current, let lines = try current.reader.next() {
                    return Piece(shard: current.shard, lines: lines, outcomes: current.outcomes)
                }
                guard let shard = shards.popFirst() else { return nil }
                current = nil
                guard plan.head.parts[shard].jobs > 0 else { continue }
                let outcomes = try ShardOutcomes(layout, run: plan.head.runID, shard: shard)
                current = (shard, PlanReader(plan, shard: shard), outcomes)
            }
        }
    }
}
