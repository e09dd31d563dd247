internal import Archive
internal import Bytes
internal import Jobs
internal import Store
internal import Synchronization

/// The runs of an output folder, and which of them a request means.
final class RunLibrary: Sendable {
    let layout: OutputLayout
    /// The run that job paths speak of: one by its id, or nil for the newest there is.
    private let selected: String?
    private let options: RunFeed.Options
    private let state = Mutex(State())
    let catalog: CatalogMirror

    private struct State {
        var feeds: [String: Held] = [:]
        /// Where the replays of runs are whose feeds were let go.
        var clocks: [String: ReplayClock] = [:]
        /// Counts the questions.
        var asked = 0
        /// Of runs that are over.
        var summaries: [String: RunLogSummary] = [:]
        var newest: (id: String?, seen: UInt64)?
    }

    /// A feed, and when it was last asked for.
    private struct Held {
        var feed: RunFeed
        var asked: Int
    }

    /// Feeds that are held though nobody uses them. Each has two descriptors and an index of its log.
    static let heldFeeds = 16
    /// Runs that are looked through, newest first, for a job of which nothing says which run processed it.
    static let searchedRuns = 32
    /// Nanoseconds for which the newest run is taken to be so.
    private static let cacheLifetime: UInt64 = 200_000_000

    init(_ layout: OutputLayout, selected: String?, options: RunFeed.Options) {
        self.layout = layout
        self.selected = selected
        self.options = options
        catalog = CatalogMirror(layout)
    }

    /// The id of the run that job paths speak of; nil in a folder without runs.
    var selectedID: String? {
        if let selected { return selected }
        let now = monotonicNanoseconds()
        if let newest = state.withLock({ $0.newest }), now - newest.seen < RunLibrary.cacheLifetime { return newest.id }
        let id = (try? RunLogSummary.ids(layout))?.first
        state.withLock { $0.newest = (id, now) }
        return id
    }

    /// All runs, newest first.
    func summaries() throws(SystemError) -> [RunLogSummary] {
        let known = state.withLock { $0.summaries }
        let all = try RunLogSummary.ids(layout).compactMap { known[$0] ?? RunLogSummary(layout, run: $0) }
        state.withLock { state in
            for summary in all where summary.status == .finished { state.summaries[summary.id] = summary }
        }
        return all
    }

    /// A run by its id, or the selected one. The id is looked up, never joined into a path.
    func feed(_ id: String? = nil) -> RunFeed? {
        guard let id = id == "latest" ? selectedID : id ?? selectedID else { return nil }
        if let known = state.withLock({ RunLibrary.held(id, &$0) }) { return known }
        guard let ids = try? RunLogSummary.ids(layout), ids.contains(id),
            let feed = RunFeed(layout, run: id, options: options, clock: state.withLock { $0.clocks[id] })
        else { return nil }
        return state.withLock { state in
            // Two may have asked at once.
            if let known = RunLibrary.held(id, &state) { return known }
            RunLibrary.letGo(&state)
            state.clocks[id] = nil
            state.feeds[id] = Held(feed: feed, asked: state.asked)
            return feed
        }
    }

    private static func held(_ id: String, _ state: inout State) -> RunFeed? {
        state.asked += 1
        state.feeds[id]?.asked = state.asked
        return state.feeds[id]?.feed
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
            if isKnownUniquelyReferenced(&held.feed), held.feed.isReplaceable {
                state.clocks[id] = held.feed.clockToKeep
            } else {
                state.feeds[id] = held
            }
        }
    }

    /// The run that answers for a job: the one asked for, or, when it only skipped the job, the one that last
    /// processed it.
    ///
    /// - Returns: nil for a job that none of them had to do, and for one whose run nothing tells, as in a rebuilt catalog,
    ///   when it is none of the newest.
    func feed(of job: JobID, run id: String?) async -> RunFeed? {
        guard let asked = feed(id) else { return nil }
        if await asked.claims(job) { return asked }
        guard id == nil || catalog.knows(job) else { return nil }
        if let run = catalog.entry(job)?.runID, run != asked.id, let feed = feed(run), await feed.claims(job) {
            return feed
        }
        guard catalog.knows(job), let ids = try? RunLogSummary.ids(layout) else { return nil }
        for older in ids.filter({ $0 < asked.id }).prefix(RunLibrary.searchedRuns) {
            if let feed = feed(older), await feed.claims(job) { return feed }
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
