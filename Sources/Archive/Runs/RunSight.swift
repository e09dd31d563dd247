internal import Bytes
internal import Jobs

/// All videos that a run saw, and how each stood: the record of the run, and for what it skipped, the lines of the
/// catalog and the failure memory that it skipped it for.
struct RunSight {
    let run: RunSummary
    private(set) var videos: [JobID: RunVideo] = [:]
    /// Videos that were there and too young to be taken.
    private var young: Set<RawPath> = []
    /// Places that could not be looked at.
    private var unread: [RawPath] = []
    /// Whether all videos below its inputs are known to have been seen.
    private(set) var isComplete = true
    /// Skipped videos by the run they came from, until the ledger tells what was known of them.
    private var skipped: [(job: JobID, kind: String, runID: String)] = []

    init(_ layout: OutputLayout, run id: String) throws {
        let path = layout.summary(run: id)
        let document: JSON
        do {
            let record = try StoredRun(path)
            document = record.head
            guard let run = RunSummary(document) else { throw ArchiveError("it names no run") }
            self.run = run
            while let job = try record.nextJob() {
                if let video = RunVideo(record: job, run: run) { videos[video.job] = video }
            }
        } catch {
            throw ArchiveError("\(path.display): the run's record cannot be read: \(error)")
        }
        for json in document["not_started"]?.array ?? [] {
            guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json) else {
                continue
            }
            videos[job] = RunVideo(job: job, path: path, status: .unfinished, runID: run.id)
        }
        for group in document["skipped"]?.array ?? [] {
            for text in group["jobs"]?.array ?? [] {
                guard let job = text.string.flatMap({ JobID(text: $0) }) else { continue }
                skipped.append((job, group["kind"]?.string ?? "", group["run_id"]?.string ?? ""))
            }
        }
        young = Set((document["too_young"]?.array ?? []).compactMap { RawPath($0) })
        unread = (document["unread"]?.array ?? []).compactMap { RawPath($0) }
        // A record that only counts what it skipped does not say what it saw.
        isComplete = document["limited"]?.bool != true && skipped.count == run.tally.allSkipped
    }

    /// The runs that skipped videos came from.
    var sources: Set<String> { Set(skipped.map(\.runID)) }
    var skippedJobs: Set<JobID> { Set(skipped.map(\.job)) }

    /// Fills in what was known of the skipped videos.
    mutating func complete(_ ledger: Ledger) {
        for (job, kind, runID) in skipped {
            let isFailure = kind == "failed" || kind == "quarantined"
            if isFailure, let line = ledger.failure(job, in: runID) {
                videos[job] = RunVideo(line)
            } else if !isFailure, let line = ledger.result(job, in: runID) {
                videos[job] = RunVideo(line)
            } else {
                videos[job] = RunVideo(
                    job: job, path: ledger.path(job) ?? RawPath(job.text), status: .init(skipped: kind), runID: runID)
            }
        }
        skipped = []
    }

    /// Whether the run could not have seen a video of this path, or left it alone for its age.
    func isBlind(to path: RawPath) -> Bool { young.contains(path) || unread.contains { path.isInside($0) } }
}

extension RunVideo.Status {
    fileprivate init(skipped kind: String) {
        self =
            switch kind {
            case "failed": .failed
            case "quarantined": .quarantined
            case "damaged": .damaged
            default: .ok
            }
    }
}

/// Lines of the catalog and of the failure memory, by job and run.
struct Ledger {
    private var results: [JobID: [CatalogEntry]] = [:]
    private var failures: [JobID: [FailureEntry]] = [:]
    private var first: [JobID: String] = [:]

    /// - Parameters:
    ///   - runs: only lines of these are kept; lines without a run, which a rebuilt catalog has, always.
    ///   - jobs: only lines of these are kept.
    init(_ layout: OutputLayout, runs: Set<String>, jobs: Set<JobID>) throws {
        try LineFile.forEach(layout.catalog) { json in
            guard let entry = CatalogEntry(json) else { return }
            note(entry.job, entry.runID)
            if jobs.contains(entry.job), runs.contains(entry.runID) || entry.runID.isEmpty {
                results[entry.job, default: []].append(entry)
            }
        }
        try LineFile.forEach(layout.failures) { json in
            guard let entry = FailureEntry(json), !entry.isCleared else { return }
            note(entry.job, entry.runID)
            if jobs.contains(entry.job), runs.contains(entry.runID) || entry.runID.isEmpty {
                failures[entry.job, default: []].append(entry)
            }
        }
    }

    private mutating func note(_ job: JobID, _ run: String) { first[job] = min(first[job] ?? run, run) }

    func result(_ job: JobID, in run: String) -> CatalogEntry? {
        results[job]?.last { $0.runID == run } ?? results[job]?.last
    }

    func failure(_ job: JobID, in run: String) -> FailureEntry? {
        failures[job]?.last { $0.runID == run } ?? failures[job]?.last
    }

    func path(_ job: JobID) -> RawPath? { results[job]?.last?.path ?? failures[job]?.last?.path }

    /// Whether a run, or one before it, had to do with a video.
    func knows(_ job: JobID, upTo run: String) -> Bool { first[job].map { $0 <= run } ?? false }
}
