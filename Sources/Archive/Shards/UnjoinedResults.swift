internal import Bytes
internal import Jobs
internal import Store

/// Results that shards made and no merge has entered into the catalog yet.
struct UnjoinedResults {
    /// By their paths below the output folder.
    private var hashes: [RawPath: Set<String>] = [:]

    /// Those of all runs in shards that were not joined, or only in part. Of a run whose plan cannot be read there are
    /// none.
    ///
    /// - Throws: `SystemError`, `PlanFile.Fault`.
    /// - Complexity: the plans and the outcomes of these runs; in memory a path and a hash a result.
    init(_ layout: OutputLayout) throws {
        let planned = try ShardedRuns.ids(layout)
        if planned.isEmpty { return }
        let history = try History(layout).runs()
        for run in planned where RunFolders.isUnjoined(layout, run: run) || history[run]?.isPartlyJoined == true {
            guard let plan = try? PlanFile(layout.plan(run: run)) else { continue }
            for shard in 0..<plan.head.shards {
                let outcomes = try ShardOutcomes(layout, run: run, shard: shard)
                try plan.forEachJob(of: shard) { line in
                    guard let entry = try outcomes.outcome(line.job)?.result else { return }
                    hashes[entry.result, default: []].insert(entry.sha256)
                }
            }
        }
    }

    /// Whether a result of this hash is one of them.
    func holds(_ result: RawPath, _ sha256: String?) -> Bool {
        guard let sha256 else { return false }
        return hashes[result]?.contains(sha256) ?? false
    }
}
