package import Bytes
package import Jobs
package import Store

/// A video of this run.
package struct PlannedJob: Equatable, Sendable {
    package var id: JobID
    package var video: Candidate
    /// Below the output folder.
    package var result: RawPath
    /// Why it is run: `new`, `changed`, `other settings`, …
    package var reason: String
    /// Its tools; nil for those of the run.
    @Rare package var tools: JobTools? = nil
    /// What is remembered of its failures.
    @Rare package var knownFailure: FailureEntry? = nil
    /// Its result of an earlier run.
    @Rare package var known: CatalogEntry? = nil
    /// What it was under another name, where its result is to be kept.
    @Rare package var moved: MovedVideo? = nil

    /// The result that the catalog has of it, below the output folder; it may be of the other form.
    package var stored: RawPath? { known?.result }
}

/// A video that has another name than its result.
package struct MovedVideo: Equatable, Sendable {
    package var entry: CatalogEntry
    /// SHA-256 that the whole video has to have; nil where the file is known to be the same.
    package var content: String?
}

/// A video that is not run, and why.
package struct SkippedJob: Sendable {
    package var id: JobID
    package var path: RawPath
    /// What it is left alone for: ``VideoStatus/skipped`` when its result is up to date, else damaged, failed or
    /// quarantined.
    package var status: VideoStatus
    package var reason: String
    /// The run that processed it last.
    package var runID: String?
    /// Tools that this run asks for and that its result is without, because they failed.
    package var toolsFailed: [FailedTool] = []
}

/// A video of which the output folder knows something, and that is not at its place, or was not.
package struct GoneVideo: Sendable {
    package var entry: CatalogEntry?
    package var failure: FailureEntry?

    package var path: RawPath { entry?.path ?? failure?.path ?? RawPath("") }

    /// Whether one of its lines says so.
    var isGone: Bool { entry?.absence?.isOpen == true || failure?.absence?.isOpen == true }
}

/// What an output folder says of earlier runs.
package struct PriorResults: Sendable {
    package var catalog: [JobID: CatalogEntry] = [:]
    package var failures: [JobID: FailureEntry] = [:]
    /// What the inputs are called.
    package var roots = RootNames()
    /// Lines that could not be read.
    package var brokenLines = 0

    package init() {}

    package static func read(_ layout: OutputLayout) throws(SystemError) -> PriorResults {
        var prior = PriorResults()
        let catalog = try layout.catalogLines.latest()
        let failures = try layout.failureLines.latest()
        (prior.catalog, prior.failures) = (catalog.records, failures.records)
        prior.brokenLines = catalog.unread + failures.unread
        prior.roots = RootNames.read(layout)
        return prior
    }
}

/// Which videos are run and which are skipped, decided before the first worker starts.
package struct Plan: Sendable {
    package var discovery: Discovery
    /// Largest file first, so that no long one is left for the end; or as ``RunOptions/isByName`` says.
    package var jobs = PlannedJobs()
    package var skipped: [SkippedJob] = []
    /// How many videos are left to later runs because of `--limit`.
    package var leftForLater = 0
    /// What a person should know of how it came about, a sentence each.
    package var notes: [String] = []
    /// Results and failures of videos that are not at their places any more, each told once: in the order of their paths.
    package var gone: [GoneVideo] = []
    /// Those that are at their places again and were known to be gone.
    package var back: [GoneVideo] = []
    /// What the run finds unchanged, among all that the catalog knows.
    package private(set) var seen = SeenVideos([])

    /// Nothing to do, and nothing left alone.
    init(_ discovery: Discovery) { self.discovery = discovery }

    /// - Parameter whereabouts: what is known of videos that the walk did not meet.
    /// - Parameter fingerprint: of a video's content as it is now; nil when it cannot be read.
    init(
        _ discovery: Discovery, prior: PriorResults, options: RunOptions, now: UTCTime,
        whereabouts: Whereabouts = Whereabouts(), fingerprint: @escaping (Candidate) -> String? = { _ in nil }
    ) {
        self.discovery = discovery
        let moves = MovedVideos(whereabouts.lost, identity: options.identity)
        var moved: Set<JobID> = []
        let policy = ReusePolicy(options, now: now, fingerprint: fingerprint)
        let videos = discovery.candidates
        jobs = PlannedJobs(videos, isCompressed: options.compressesResults)
        var names = ResultNames(videos, prior: prior.catalog, isCompressed: options.compressesResults)
        for (index, candidate) in videos.enumerated() {
            let id = JobID(video: candidate.relative)
            let result = names.next(candidate.relative, id)
            let entry = prior.catalog[id]
            let failure = prior.failures[id]
            switch policy.decide(candidate, entry, failure) {
            case .run(var reason, var tools):
                var origin: MovedVideo?
                if failure == nil, !options.force, entry == nil || reason.hasPrefix(ReusePolicy.changedWord),
                    let (old, content) = moves.take(candidate, fingerprint: fingerprint),
                    let kept = policy.keep(old)
                {
                    origin = MovedVideo(entry: old, content: content)
                    (reason, tools) = ("\(kept.reason) \(old.path.display)\(kept.more)", kept.tools)
                    moved.insert(old.job)
                }
                jobs.append(
                    PlannedJob(
                        id: id, video: candidate, result: result, reason: reason, tools: tools,
                        knownFailure: failure, known: entry, moved: origin), video: index)
            case .skip(let status, let reason):
                skipped.append(
                    SkippedJob(
                        id: id, path: candidate.relative, status: status, reason: reason,
                        runID: status.isFailure ? failure?.runID : entry?.runID,
                        toolsFailed: (entry?.toolsFailed ?? []).filter { policy.tools.asks(for: $0.id) }))
            }
        }
        take(prior, gone: whereabouts.gone.subtracting(moved))
        if let limit = options.limit, jobs.count > limit {
            leftForLater = jobs.count - limit
            jobs.sort(isByName: true)
            jobs.cut(to: limit)
        }
        jobs.sort(isByName: options.isByName)
    }

    /// What is told of videos that are gone, or back, or unchanged.
    private mutating func take(_ prior: PriorResults, gone: Set<JobID>) {
        self.gone = gone.map { GoneVideo(entry: prior.catalog[$0], failure: prior.failures[$0]) }.sorted {
            $0.path < $1.path
        }
        for skip in skipped {
            let video = GoneVideo(entry: prior.catalog[skip.id], failure: prior.failures[skip.id])
            if video.isGone { back.append(video) }
        }
        var isUnchanged: [JobID: Bool] = [:]
        for skip in skipped { isUnchanged[skip.id] = skip.status == .skipped }
        let processed = prior.catalog.isEmpty ? [] : Set(jobs.ids)
        seen = SeenVideos(
            prior.catalog.values.compactMap { entry in
                // The record tells of these one by one, or nobody asks: what is gone was not there.
                if processed.contains(entry.job) || gone.contains(entry.job) { return nil }
                if let isUnchanged = isUnchanged[entry.job] { return isUnchanged ? (entry.path, true) : nil }
                return entry.absence?.isOpen == true ? nil : (entry.path, false)
            })
    }

    /// What is told of videos that went, in one line; nil when there are none.
    var goneNote: String? {
        guard let first = gone.first else { return nil }
        let more = gone.count == 1 ? "" : " and \(gone.count - 1) more"
        return
            "\(first.path.display)\(more) \(gone.count == 1 ? "is" : "are") gone; forgebatch prune --gone removes what is left of such videos"
    }

    /// Of results that are done again because of what was known when they were made: how many, and why.
    var olderNotes: [String] {
        let reasons = jobs.counts.filter { $0.key.hasPrefix(ToolReuse.olderWords) }
        return reasons.sorted { $0.key < $1.key }.map { reason, count in
            count == 1
                ? "1 result was \(reason); it is done again, once"
                : "\(count) results were \(reason); they are done again, once"
        }
    }

    /// The plan by what is looked up of the videos: first it is seen which fingerprints matter, and only those are asked for.
    ///
    /// - Throws: ``LookFailure``.
    static func make(
        _ discovery: Discovery, prior: PriorResults, names: RootNames, options: RunOptions, now: UTCTime, looker: Looker
    ) async throws -> Plan {
        let whereabouts = try await Whereabouts.find(
            discovery, prior: prior, names: names, options: options, looker: looker)
        var wanted: [Candidate] = []
        let plan = Plan(discovery, prior: prior, options: options, now: now, whereabouts: whereabouts) { video in
            wanted.append(video)
            return nil
        }
        if wanted.isEmpty { return plan }
        let known = try await looker.fingerprints(of: wanted)
        return Plan(discovery, prior: prior, options: options, now: now, whereabouts: whereabouts) { known[$0.path] }
    }
}
