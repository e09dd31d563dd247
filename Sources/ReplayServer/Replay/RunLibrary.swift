internal import Archive
internal import Bytes
internal import Jobs
internal import Store
internal import Synchronization

/// The runs of an output folder, and which of them a request means.
final class RunLibrary: Sendable {
    let layout: OutputLayout
    private let options: RunFeed.Options
    private let state: Mutex<State>
    let catalog: CatalogMirror

    private struct State {
        var feeds: [String: RunFeed] = [:]
        /// Of runs that are over.
        var summaries: [String: RunLogSummary] = [:]
        var newest: (id: String?, folderModified: Int64)?
        var selection: RunSelection
    }

    /// Nanoseconds after which nothing new is looked for in a folder that did not change since: a run makes its log right
    /// after its folder, and clocks of file systems tick in up to two seconds.
    private static let settled: Int64 = 5_000_000_000

    /// - Parameter selected: the run that job paths speak of; nil for the newest there is.
    init(_ layout: OutputLayout, selected: String?, options: RunFeed.Options) {
        self.layout = layout
        state = Mutex(State(selection: RunSelection(selected)))
        self.options = options
        catalog = CatalogMirror(layout)
    }

    /// The id of the run that job paths speak of; nil in a folder without runs.
    var selectedID: String? {
        let newest = newestID
        return state.withLock { state in
            let feeds = state.feeds
            return state.selection.id(newest: newest) { feeds[$0]?.isHeld ?? false }
        }
    }

    /// Has job paths speak of a run from now on, or with nil of the newest again.
    func select(_ id: String?) { state.withLock { $0.selection.choose(id) } }

    /// The id of the newest run; nil in a folder without runs.
    private var newestID: String? {
        guard let modified = (try? Files.status(layout.runs))?.modified else {
            return (try? RunLogSummary.newest(layout)) ?? nil
        }
        let known = state.withLock { $0.newest }
        if let known, known.folderModified == modified { return known.id }
        let id = (try? RunLogSummary.newest(layout)) ?? nil
        if UTCTime.now.milliseconds * 1_000_000 - modified > RunLibrary.settled {
            state.withLock { $0.newest = (id, modified) }
        }
        return id
    }

    /// Runs, newest first: so many behind those that are skipped, and how many there are in all.
    func summaries(skip: Int, limit: Int) throws(SystemError) -> (page: [RunLogSummary], count: Int) {
        let known = state.withLock { $0.summaries }
        let ids = try RunLogSummary.ids(layout)
        let all = ids.dropFirst(skip).prefix(limit).compactMap { known[$0] ?? RunLogSummary(layout, run: $0) }
        state.withLock { state in
            for summary in all where summary.status == .finished { state.summaries[summary.id] = summary }
        }
        return (all, ids.count)
    }

    /// A run by its id, `latest` for the newest, or with nil the selected one. The id is looked up, never joined into a path.
    func feed(_ id: String? = nil) -> RunFeed? {
        guard let id = id == "latest" ? newestID : id ?? selectedID else { return nil }
        if let known = state.withLock({ $0.feeds[id] }) { return known }
        guard let ids = try? RunLogSummary.ids(layout), ids.contains(id),
            let feed = RunFeed(layout, run: id, options: options)
        else { return nil }
        return state.withLock { state in
            // Two may have asked at once.
            if let known = state.feeds[id] { return known }
            state.feeds[id] = feed
            return feed
        }
    }

    /// Who answers for a job: the run that is asked, live or over, for all that it has or had to do; of a job that it left
    /// alone, what the run before it that processed the job made of it.
    ///
    /// - Returns: nil for a job that none of them had to do, and while a run that has just begun has not said what it will.
    func find(_ job: JobID, run id: String?) async -> AskedJob? {
        guard let asked = feed(id), await asked.whenPlanned() else { return nil }
        if await asked.claims(job) { return AskedJob(job: job, feed: asked, kept: nil) }
        return await kept(job, before: asked.id).map { AskedJob(job: job, feed: asked, kept: $0) }
    }

    /// Runs before the one asked for in which a job is looked for that a later one processed again.
    private static let searchedRuns = 100

    private func kept(_ job: JobID, before asked: String) async -> KeptJob? {
        guard let known = catalog.outcome(job) else { return nil }
        if known.runID < asked {
            if !known.runID.isEmpty, let feed = feed(known.runID), await feed.claims(job),
                let kept = KeptJob(feed, job)
            {
                return kept
            }
            return KeptJob(known)
        }
        // A later run has processed it again, so the catalog does not tell what was before.
        guard let ids = try? RunLogSummary.ids(layout) else { return nil }
        for older in ids.lazy.filter({ $0 < asked }).prefix(RunLibrary.searchedRuns) {
            if let feed = feed(older), await feed.claims(job), let kept = KeptJob(feed, job) { return kept }
        }
        return nil
    }
}

extension RunFeed {
    /// Whether a line of this run, though it may not have happened yet, plans or starts a job.
    fileprivate func claims(_ job: JobID) async -> Bool {
        await whenLoaded { index, _ in
            index.index(of: job).flatMap { index.jobs[$0].claim }.map { _ in true }
        } ?? false
    }
}
