internal import Archive
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

/// Words that name a run besides its id.
enum RunWord {
    /// `previous` says better than `last`, which the store knows, that it is not the latest.
    static func plain(_ word: String) -> String { word == "previous" ? "last" : word == "newest" ? "latest" : word }
}

/// `--baseline`: the run that another is held against.
enum Baseline {
    /// The baseline of a run that has not begun yet. Without a word it is the last one, where there is one.
    ///
    /// - Throws: ``Failure`` with the status of a usage error when the word names no run that can be compared.
    static func resolve(_ word: String?, scope: String, in layout: OutputLayout) throws -> String? {
        // An id that sorts behind all that there are.
        var run = RunSummary(id: "~")
        run.scope = scope
        return try resolve(word, of: run, in: layout)
    }

    static func resolve(_ word: String?, of run: RunSummary, in layout: OutputLayout) throws -> String? {
        guard let word, word != "last" else { return try RunList.baseline(of: run, layout)?.id }
        let runs = try RunList.all(layout)
        do throws(ArchiveError) {
            let found = try RunList.baseline(named: RunWord.plain(word), of: run, among: runs)
            if let found, !found.hasRecord { throw ArchiveError("run \(found.id) did not finish and left no record") }
            return found?.id
        } catch {
            throw Failure(ExitStatus.usage, "--baseline: \(error)")
        }
    }
}
