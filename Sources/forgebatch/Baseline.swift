internal import Archive
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

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
            let found = try RunList.baseline(named: word, of: run, among: runs)
            if let found, !found.hasRecord { throw ArchiveError("run \(found.id) did not finish and left no record") }
            return found?.id
        } catch {
            throw Failure(ExitStatus.usage, "--baseline: \(error)")
        }
    }
}
