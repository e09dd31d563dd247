internal import Bytes
package import Jobs
package import Store

/// The runs in shards of an output folder.
package enum ShardedRuns {
    /// Their ids, the oldest first.
    package static func ids(_ layout: OutputLayout) throws -> [String] {
        try RunFolders.ids(layout).filter { RunFolders.isPlanned(layout, run: $0) }
    }

    /// The plan of a run.
    ///
    /// - Parameter word: the run's id or the unique beginning of one; nil for the newest.
    /// - Throws: ``ArchiveError`` when there is none, `SystemError`, `PlanFile.Fault`.
    package static func plan(named word: String?, _ layout: OutputLayout) throws -> PlanFile {
        let ids = try ids(layout)
        guard let newest = ids.last else { throw ArchiveError("no run in shards here; forgebatch plan makes one") }
        guard let word, word != "latest" else { return try PlanFile(layout.plan(run: newest)) }
        let shown = Escape.visible(word)
        let found = ids.contains(word) ? [word] : ids.filter { !word.isEmpty && $0.hasPrefix(word) }
        guard let only = found.first else {
            throw ArchiveError("no run in shards is called \(shown); the newest is \(newest)")
        }
        guard found.count == 1 else {
            throw ArchiveError(
                "\(shown) may be \(found.prefix(3).joined(separator: " or ")); write more of it")
        }
        return try PlanFile(layout.plan(run: only))
    }
}
