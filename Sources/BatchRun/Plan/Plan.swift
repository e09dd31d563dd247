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
    @Rare package var known: KnownResult? = nil
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

/// A video of which the output folder knows something, and that is not at its place, or was not.
package struct GoneVideo: Sendable {
    package var entry: CatalogEntry?
    package var failure: FailureEntry?

    package var path: RawPath { entry?.path ?? failure?.path ?? RawPath("") }
}

/// What an output folder says of earlier runs.
package struct PriorResults: Sendable {
    package private(set) var catalog = KnownResults()
    package private(set) var failures = JobLineIndex<FailureEntry>()
    /// Failures of videos that are known not to be at their places.
    private var goneFailures: Set<Int> = []
    /// What the inputs are called.
    package var roots = RootNames()

    package init(catalog: [CatalogEntry] = []) { self.catalog = KnownResults(catalog) }

    package static func read(_ layout: OutputLayout) throws(SystemError) -> PriorResults {
        var prior = PriorResults()
        prior.catalog = try KnownResults(layout.catalogLines)
        var gone: Set<Int> = []
        prior.failures = try JobLineIndex(layout.failureLines) { number, failure in
            if failure?.absence?.isOpen == true { gone.insert(number) } else { gone.remove(number) }
        }
        prior.goneFailures = gone
        prior.roots = RootNames.read(layout)
        return prior
    }

    /// Lines that could not be read.
    package var brokenLines: Int { catalog.unread + failures.unread }

    package var isEmpty: Bool { catalog.isEmpty && failures.isEmpty }

    /// Hands out the paths of all videos that are known.
    ///
    /// - Complexity: a short read for each.
    func forEachPath(_ body: (RawPath) -> Void) throws(SystemError) {
        for number in catalog.all { body(try catalog.paths(Int(number)).video) }
        for number in failures.all { body(try failures.record(Int(number)).path) }
    }

    /// What is on record of a job.
    func video(_ job: JobID) throws(SystemError) -> GoneVideo {
        var video = GoneVideo()
        if let number = catalog.number(of: job) { video.entry = try catalog.entry(number) }
        if let number = failures.number(of: job) { video.failure = try failures.record(number) }
        return video
    }

    /// What failed of jobs that have no result and are not among some, but for those that are known not to be there.
    func otherFailures(than jobs: some Sequence<JobID>) throws(SystemError) -> [FailureEntry] {
        if failures.isEmpty { return [] }
        var isMet: Set<Int> = []
        for job in jobs { if let number = failures.number(of: job) { isMet.insert(number) } }
        var others: [FailureEntry] = []
        for number in failures.all.lazy.map({ Int($0) })
        where !isMet.contains(number) && !goneFailures.contains(number) {
            let failure = try failures.record(number)
            if catalog.number(of: failure.job) == nil { others.append(failure) }
        }
        return others
    }

    /// Whether a line of a job says that its video is not at its place.
    func isGone(_ job: JobID) -> Bool {
        catalog.number(of: job).map { catalog.isGone($0) } ?? false
            || failures.number(of: job).map { goneFailures.contains($0) } ?? false
    }
}

/// Which videos are run and which are skipped, decided before the first worker starts.
package struct Plan: Sendable {
    package var discovery: Discovery
    /// Largest file first, so that no long one is left for the end; or as ``RunOptions/isByName`` says.
    package var jobs = PlannedJobs()
    package var skipped = SkippedJobs()
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

    /// - Parameters:
    ///   - whereabouts: what is known of videos that the walk did not meet.
    ///   - fingerprint: of a video's content as it is now; nil when it cannot be read.
    /// - Throws: `SystemError` where a line of the catalog or the failure memory cannot be read again.
    init(
        _ discovery: Discovery, prior: PriorResults, options: RunOptions, now: UTCTime,
        whereabouts: Whereabouts = Whereabouts(), fingerprint: @escaping (Candidate) -> String? = { _ in nil }
    ) throws {
        self.discovery = discovery
        let moves = MovedVideos(whereabouts.lost, identity: options.identity)
        var moved: Set<JobID> = []
        let policy = ReusePolicy(options, now: now, fingerprint: fingerprint)
        let videos = discovery.candidates
        jobs = PlannedJobs(videos, isCompressed: options.compressesResults, known: prior.catalog)
        skipped = SkippedJobs(videos)
        let numbers = whereabouts.known ?? KnownVideos(videos, prior.catalog)
        var names = try ResultNames(videos, prior: prior.catalog, numbers, isCompressed: options.compressesResults)
        for (index, candidate) in videos.enumerated() {
            let id = JobID(video: candidate.relative)
            let number = numbers.number(index)
            let known = number.map { prior.catalog.result($0, of: candidate.relative, id) }
            let result = try names.next(candidate.relative, id, known)
            let failure = try prior.failures.number(of: id).map { try prior.failures.record($0) }
            switch policy.decide(candidate, try prior.catalog.withContent(known, number, candidate, policy), failure) {
            case .run(var reason, var tools):
                var origin: MovedVideo?
                if failure == nil, !options.force, known == nil || reason.hasPrefix(ReusePolicy.changedWord),
                    let (old, content) = moves.take(candidate, fingerprint: fingerprint),
                    let kept = policy.keep(KnownResult(old))
                {
                    origin = MovedVideo(entry: old, content: content)
                    (reason, tools) = ("\(kept.reason) \(old.path.display)\(kept.more)", kept.tools)
                    moved.insert(old.job)
                }
                jobs.append(
                    PlannedJob(
                        id: id, video: candidate, result: result, reason: reason, tools: tools,
                        knownFailure: failure, known: known, moved: origin), video: index, known: number)
            case .skip(let status, let reason):
                skipped.append(
                    video: index, status, reason, runID: status.isFailure ? failure?.runID : known?.runID,
                    known: known, toolsFailed: (known?.toolsFailed ?? []).filter { policy.tools.asks(for: $0.id) })
                if prior.isGone(id) { back.append(try prior.video(id)) }
            }
        }
        let gone = whereabouts.gone.subtracting(moved)
        self.gone = try gone.map { try prior.video($0) }.sorted { $0.path < $1.path }
        try see(prior, numbers.unmet, gone)
        if let limit = options.limit, jobs.count > limit {
            leftForLater = jobs.count - limit
            jobs.sort(isByName: true)
            jobs.cut(to: limit)
        }
        jobs.sort(isByName: options.isByName)
    }

    /// Sets what is told of known videos that are unchanged. Of those that are processed the record tells one by one, and of
    /// others that were skipped, too; what is gone was not there.
    private mutating func see(_ prior: PriorResults, _ unmet: [Int], _ gone: Set<JobID>) throws {
        if prior.catalog.isEmpty { return }
        let unseen = try unmet.lazy.filter { !prior.catalog.isGone($0) }.map { try prior.catalog.paths($0).video }
            .filter { gone.isEmpty || !gone.contains(JobID(video: $0)) }
        let skipped = skipped
        seen = SeenVideos { body in
            for path in skipped.unchanged { body(path, true) }
            for path in unseen { body(path, false) }
        }
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
        let plan = try Plan(discovery, prior: prior, options: options, now: now, whereabouts: whereabouts) { video in
            wanted.append(video)
            return nil
        }
        if wanted.isEmpty { return plan }
        let known = try await looker.fingerprints(of: wanted)
        return try Plan(discovery, prior: prior, options: options, now: now, whereabouts: whereabouts) {
            known[$0.path]
        }
    }
}
