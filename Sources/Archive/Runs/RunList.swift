internal import Bytes
package import Jobs
package import Store

/// The runs of an output folder.
package enum RunList {
    /// All runs of an output folder, the newest first: those of the history, and those that are only folders because
    /// they are going on or were killed.
    ///
    /// - Complexity: one line a run; no record is read but those that the history lacks.
    package static func all(_ layout: OutputLayout) throws -> [RunSummary] {
        var known = try History(layout).runs()
        for id in try RunFolders.ids(layout) where known[id] == nil { known[id] = summary(layout, id) }
        return known.values.sorted { $0.id > $1.id }.map { run in
            var run = run
            run.hasRecord = Files.exists(layout.summary(run: run.id))
            return run
        }
    }

    /// The newest runs of the history, the newest first.
    ///
    /// - Parameter last: none that is newer than this one; nil for no such limit.
    /// - Complexity: their lines.
    package static func newest(_ count: Int, upTo last: String? = nil, _ layout: OutputLayout) throws -> [RunSummary] {
        var found: [String: RunSummary] = [:]
        try History(layout).forEachFromEnd { run in
            if found[run.id] == nil, last.map({ run.id <= $0 }) ?? true { found[run.id] = run }
            return found.count < count
        }
        return found.values.sorted { $0.id > $1.id }.map { run in
            var run = run
            run.hasRecord = Files.exists(layout.summary(run: run.id))
            return run
        }
    }

    /// The run that another is held against when nobody names one; see ``baseline(named:of:among:)``.
    ///
    /// - Complexity: the lines of the history behind it, and all of them where no run looked in the same places.
    package static func baseline(of run: RunSummary, _ layout: OutputLayout) throws -> RunSummary? {
        var (same, any): (RunSummary?, RunSummary?)
        try History(layout).forEachFromEnd { other in
            guard other.id < run.id, !other.isInterrupted, any == nil || other.scope == run.scope,
                Files.exists(layout.summary(run: other.id))
            else { return true }
            var other = other
            other.hasRecord = true
            any = any ?? other
            if other.scope == run.scope { same = other }
            return same == nil
        }
        return same ?? any
    }

    /// A run that the history does not know, from its record or else from its log.
    static func summary(_ layout: OutputLayout, _ id: String) -> RunSummary {
        if let run = (try? RunDocumentReader(layout.summary(run: id)))?.document?.summary { return run }
        if RunFolders.isUnjoined(layout, run: id), let plan = try? PlanFile(layout.plan(run: id)) {
            var run = (try? plan.document())?.summary ?? RunSummary(id: id)
            (run.exitStatus, run.isInterrupted, run.stopped) = (nil, true, "shards that were not joined yet")
            run.tally.notStarted = plan.head.jobs
            return run
        }
        return RunSummary(log: layout.log(run: id), id: id)
    }

    /// The run that a word names: an id, the unique beginning of one, or `latest`.
    ///
    /// - Throws: ``ArchiveError`` when there is none, or more than one.
    package static func run(named word: String, among runs: [RunSummary]) throws(ArchiveError) -> RunSummary {
        if word == "latest" {
            guard let latest = runs.first(where: { $0.hasRecord }) else {
                throw ArchiveError("there is no finished run")
            }
            return latest
        }
        if let exact = runs.first(where: { $0.id == word }) { return exact }
        let shown = Escape.visible(word)
        let near = word.isEmpty ? [] : runs.filter { $0.id.hasPrefix(word) }
        guard let only = near.first else {
            throw ArchiveError("there is no run \(shown); forgebatch list --runs lists them")
        }
        guard near.count == 1 else {
            throw ArchiveError(
                "\(shown) may be \(near.prefix(3).map(\.id).joined(separator: " or ")); write more of it")
        }
        return only
    }

    /// The run that another is held against: `last` is the finished run before it that looked in the same places, or
    /// else the finished run before it; any other word names a run.
    ///
    /// - Returns: nil when `last` finds none.
    package static func baseline(
        named word: String, of run: RunSummary, among runs: [RunSummary]
    ) throws(ArchiveError) -> RunSummary? {
        guard word == "last" else { return try self.run(named: word, among: runs) }
        let before = runs.filter { $0.isFinished && $0.id < run.id }
        return before.first { $0.scope == run.scope } ?? before.first
    }
}

extension RunSummary {
    /// What a log tells of a run that did not write its record.
    init(log: RawPath, id: String) {
        self.init(id: id)
        isInterrupted = true
        var state = RunState()
        guard let reader = try? RunLog.lines(log) else { return }
        while let line = try? reader.next() {
            guard !reader.isTorn, let event = try? LogLine.parse(line) else { continue }
            if started.isEmpty { started = event.time }
            finished = event.time
            state.apply(event.event)
        }
        (version, settingsDigest) = (state.version, state.settings)
        tally.found = state.planned + state.skipped
        tally.completed = state.completed
        tally.failed = state.failed
        tally.skipped = state.skipped
        tally.notStarted = max(0, state.planned - state.completed - state.failed - state.running.count)
        exitStatus = state.exitStatus
    }
}
