internal import Bytes
internal import Jobs
internal import Store

/// What a shard keeps of each job until all shards are joined: a line of its outcomes, on the disk before the job's end is in
/// the log of the attempt.
final class ShardBooks: RunBooks {
    private let layout: OutputLayout
    private let outcomes: LineFile
    private var state: ShardState
    private var catalog: [JobID: [CatalogEntry]] = [:]
    private var failures: [JobID: [FailureEntry]] = [:]
    private var refreshed: UInt64 = 0

    let comesFirst = true
    let opening: LogEvent?

    /// Nanoseconds after which the state is written anew though nothing happened: where there are no locks, its age tells
    /// whether the shard is being done.
    private static let refreshInterval: UInt64 = 15_000_000_000

    /// - Parameters:
    ///   - state: as the attempt begins, with what was done before it.
    ///   - file: what the outcomes go into.
    init(
        _ layout: OutputLayout, _ state: ShardState, of count: Int, source: String, file: RawPath
    ) throws(SystemError) {
        (self.layout, self.state) = (layout, state)
        outcomes = try LineFile(file)
        opening = .shardStarted(shard: state.shard, of: count, source: source, host: state.host)
    }

    func enter(_ entries: [CatalogEntry]) { for entry in entries { catalog[entry.job, default: []].append(entry) } }
    func enter(_ entries: [FailureEntry]) { for entry in entries { failures[entry.job, default: []].append(entry) } }

    /// What the result stands in for is removed when the shards are joined: until then the catalog names it.
    func publish(_ entries: [CatalogEntry], stored: RawPath?) {
        if let job = entries.first?.job { catalog[job, default: []] += entries }
    }

    func close(_ record: JobRecord, toolsLost: Int) throws {
        let (entries, memories) = (
            catalog.removeValue(forKey: record.job) ?? [], failures.removeValue(forKey: record.job) ?? []
        )
        if record.hasFailed, !isKnown(record, memories) { return }
        var outcome = ShardOutcome(attempt: state.attempt, record: record)
        outcome.mayEndBetter =
            record.hasFailed && record.kind.flatMap { FailureEntry.Kind(rawValue: $0) } == nil
        outcome.toolsLost = toolsLost
        (outcome.catalog, outcome.failures) = (entries, memories)
        try outcomes.append(JSONWriter.encode(outcome.json))
        try outcomes.sync()
        state.done += 1
        if record.hasFailed { state.failed += 1 }
    }

    /// Whether it is known what a video that failed is like. It is not where it was stopped, where its result could not be
    /// written, and where its worker was lost while another try was left, as when a scheduler ends every process of a task.
    private func isKnown(_ record: JobRecord, _ memories: [FailureEntry]) -> Bool {
        guard let kind = record.kind, !record.isStopped else { return false }
        if FailureEntry.Kind(rawValue: kind) != nil { return memories.contains { !$0.isCleared } }
        return kind != JobOutcome.Kind.io.rawValue && kind != JobOutcome.Kind.diskFull.rawValue
    }

    func write(_ snapshot: RunSnapshot) throws { try writeState() }

    func refresh() throws {
        if monotonicNanoseconds() &- refreshed >= ShardBooks.refreshInterval { try writeState() }
    }

    private func writeState(durable: Bool = false) throws(SystemError) {
        refreshed = monotonicNanoseconds()
        state.time = UTCTime.now.milliseconds
        state.outcomeSize = outcomes.size
        try state.write(layout, durable: durable)
    }

    /// The attempt is over.
    func finish(_ exitStatus: Int32) throws(SystemError) {
        state.exitStatus = Int(exitStatus)
        try writeState(durable: true)
    }
}
