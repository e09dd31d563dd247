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
        let ids = try RunList.folders(layout)
        guard !ids.isEmpty else { return 0 }
        let known = try History(layout).runs()
        let missing = ids.filter { known[$0] == nil }
        guard !missing.isEmpty else { return 0 }
        try History(layout).append(missing.map { summary(of: $0, layout) })
        return missing.count
    }

    /// A run's record as a whole, or what is known of one that was killed.
    private static func summary(of id: String, _ layout: OutputLayout) -> RunSummary {
        if let run = (try? RunDocumentReader(layout.summary(run: id)))?.document?.summary, run.id == id { return run }
        var run = RunSummary(log: layout.log(run: id), id: id)
        run.stopped = "a kill of the run itself"
        return run
    }
}
