internal import Bytes
package import Jobs
internal import Store

/// Keeps the history whole.
package enum HistoryRepair {
    /// Gives the history a line for every run that it lacks: all of them where it is missing, and those that were killed
    /// before they could write one, marked `interrupted`. Only under the lock of the output folder, before a new run
    /// begins.
    ///
    /// - Returns: how many lines were added.
    package static func addMissing(_ layout: OutputLayout) throws -> Int {
        // A run in shards gets its line when it is joined.
        let ids = try RunFolders.ids(layout).filter { !RunFolders.isUnjoined(layout, run: $0) }
        guard !ids.isEmpty else { return 0 }
        let missing = try missing(ids, layout)
        guard !missing.isEmpty else { return 0 }
        try History(layout).append(missing.map { summary(of: $0, layout) })
        return missing.count
    }

    /// Those that have no line. With as many lines as folders and none newer than the last line there are none.
    ///
    /// - Complexity: one pass over the bytes of the history; all its lines are parsed where there are too few.
    private static func missing(_ ids: [String], _ layout: OutputLayout) throws -> [String] {
        var last: String?
        try History(layout).forEachFromEnd { run in
            last = run.id
            return false
        }
        if let last {
            let newer = ids.filter { $0 > last }
            // The last line may be of a run that was joined late.
            if try newer.isEmpty && LinesFromEnd.count(layout.history) >= ids.count { return [] }
        }
        let known = try History(layout).runs()
        return ids.filter { known[$0] == nil }
    }

    /// A run's record as a whole, or what is known of one that was killed.
    private static func summary(of id: String, _ layout: OutputLayout) -> RunSummary {
        if let run = (try? RunDocumentReader(layout.summary(run: id)))?.document?.summary, run.id == id { return run }
        var run = RunSummary(log: layout.log(run: id), id: id)
        run.stopped = "a kill of the run itself"
        return run
    }
}
