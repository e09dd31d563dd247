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
    private let takeover: UInt64

    private struct State {
        var feeds: [String: Held] = [:]
        /// Where the replays of runs are whose feeds were let go.
        var clocks: [String: ReplayClock] = [:]
        /// Counts the questions.
        var asked = 0
        /// Of runs that are over.
        var summaries: [String: RunLogSummary] = [:]
        var newest: (id: String?, folderModified: Int64)?
        var selection: RunSelection
    }

    /// A feed, and when it was last asked for.
    private struct Held {
        var feed: RunFeed
        var asked: Int
        /// By a monotonic clock, in nanoseconds.
        var moment = monotonicNanoseconds()
    }

    /// Feeds that are held though nobody uses them. Each has two descriptors and an index of its log.
    static let heldFeeds = 16
    /// Runs before the one asked for, newest first, in which a job is looked for that a later one processed again.
    static let searchedRuns = 32
    /// Nanoseconds for which a feed that was made of shards' logs is kept behind its last question, once they are joined: who
    /// lost a connection comes back to the numbers that it knows.
    static let takeover: UInt64 = 60_000_000_000
    /// Nanoseconds after which nothing new is looked for in a folder that did not change since: a run makes its log right
    /// after its folder, and clocks of file systems tick in up to two seconds.
    private static let settled: Int64 = 5_000_000_000

    /// - Parameter selected: the run that job paths speak of; nil for the newest there is.
    init(
        _ layout: OutputLayout, selected: String?, options: RunFeed.Options, takeover: UInt64 = RunLibrary.takeover
    ) {
        (self.layout, self.takeover) = (layout, takeover)
        state = Mutex(State(selection: RunSelection(selected)))
        self.options = options
        catalog = CatalogMirror(layout)
    }

    /// The id of the run that job paths speak of; nil in a folder without runs.
    var selectedID: String? {
        let newest = newestID
        return state.withLock { state in
            let feeds = state.feeds
            return state.selection.id(newest: newest) { feeds[$0]?.feed.isHeld ?? false }
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
        // A plan may be written for long in a folder that is there.
        let isLast = (try? RunFolders.ids(layout))?.last == id
        if isLast, UTCTime.now.milliseconds * 1_000_000 - modified > RunLibrary.settled {
            state.withLock { $0.newest = (id, modified) }
        }
        return id
    }

    /// Runs, newest first: so many behind those that are skipped, and how many there are in all.
    func summaries(skip: Int, limit: Int) throws(SystemError) -> (page: [RunLogSummary], count: Int) {
        let known = state.withLock { $0.summaries }
        let ids = try RunLogSummary.ids(layout)
        let all = ids.dropFirst(skip).prefix(limit).compactMap { known[$0] ?? RunLogSummary(layout, run: $0) }
        return state.withLock { state in
            for summary in all where summary.status == .finished { state.summaries[summary.id] = summary }
            return (all.map { state.feeds[$0.id]?.feed.summary($0) ?? $0 }, ids.count)
        }
    }

    /// A run by its id, `latest` for the newest, or with nil the selected one. The id is looked up, never joined into a path.
    func feed(_ id: String? = nil) -> RunFeed? {
        guard let id = id == "latest" ? newestID : id ?? selectedID else { return nil }
        if let known = state.withLock({ held(id, &$0) }) { return known }
        guard let ids = try? RunLogSummary.ids(layout), ids.contains(id),
            let feed = RunFeed(layout, run: id, options: options, clock: state.withLock { $0.clocks[id] })
        else { return nil }
        return state.withLock { state in
            // Two may have asked at once.
            if let known = held(id, &state) { return known }
            RunLibrary.letGo(&state)
            state.clocks[id] = nil
            state.feeds[id] = Held(feed: feed, asked: state.asked)
            return feed
        }
    }

    private func held(_ id: String, _ state: inout State) -> RunFeed? {
        state.asked += 1
        guard var held = state.feeds.removeValue(forKey: id) else { return nil }
        let now = monotonicNanoseconds()
        if held.feed.isTakenOver, now - held.moment >= takeover, isKnownUniquelyReferenced(&held.feed) { return nil }
        (held.asked, held.moment) = (state.asked, now)
        state.feeds[id] = held
        return held.feed
    }

    /// Makes room for a feed: of those that nobody uses and that only read what is there, the ones go that were not asked
    /// for longest. Where their replays are is kept.
    private static func letGo(_ state: inout State) {
        // Only names are sorted: feeds in a list would be used by it.
        let names = state.feeds.map { (id: $0.key, asked: $0.value.asked) }.sorted { $0.asked < $1.asked }
        for (id, _) in names {
            guard state.feeds.count >= heldFeeds else { return }
            guard var held = state.feeds.removeValue(forKey: id) else { continue }
            // Whoever watches a run, or is about to, has its feed.
            if isKnownUniquelyReferenced(&held.feed), held.feed.isReplaceable, !held.feed.isHeld {
                state.clocks[id] = held.feed.clockToKeep
            } else {
                state.feeds[id] = held
            }
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
