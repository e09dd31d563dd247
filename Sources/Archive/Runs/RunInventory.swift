internal import Bytes
internal import Jobs
internal import Store

/// All videos that a run saw, and how each stood: the record of the run, and for what it skipped, the lines of the
/// catalog and the failure memory that it skipped it for.
struct RunInventory {
    let run: RunSummary
    private(set) var videos: [JobID: RunVideo] = [:]
    /// Videos that were there and too young to be taken.
    private var young: Set<RawPath> = []
    /// Places that could not be looked at.
    private var unread: [RawPath] = []
    /// Whether all videos below its inputs are known to have been seen.
    private(set) var isComplete = true
    /// Skipped videos by the run they came from, until the index tells what was known of them.
    private(set) var skipped: [Skip] = []

    /// A video that the run left alone because of what another one made of it.
    struct Skip {
        var job: JobID
        /// What it was left alone for.
        var status: VideoStatus
        var runID: String

        /// Whether it had failed there, so that the failure memory tells of it.
        var isFailure: Bool { status.isFailure }

        /// The video as far as this alone tells.
        func video(_ path: RawPath) -> RunVideo {
            RunVideo(job: job, path: path, status: status == .skipped ? .ok : status, runID: runID)
        }
    }

    init(_ layout: OutputLayout, run id: String) throws {
        let path = layout.summary(run: id)
        let document: RunDocument
        do {
            let record = try RunDocumentReader(path)
            guard let found = record.document else { throw ArchiveError("it names no run") }
            document = found
            run = document.summary
            while let job = try record.nextJob() {
                videos[job.job] = RunVideo(job, run: run)
            }
        } catch {
            throw ArchiveError("\(path.display): the run's record cannot be read: \(error)")
        }
        for waiting in document.notStarted {
            videos[waiting.job] = RunVideo(job: waiting.job, path: waiting.path, status: .unfinished, runID: run.id)
        }
        skipped = document.skipped.flatMap { group in
            group.jobs.map { Skip(job: $0, status: group.status, runID: group.runID) }
        }
        young = Set(document.tooYoung)
        unread = document.unread
        // A record that only counts what it skipped does not say what it saw.
        isComplete = !document.isLimited && skipped.count == run.tally.allSkipped
    }

    /// Fills in what was known of the skipped videos.
    mutating func complete(_ index: CatalogIndex) {
        for skip in skipped {
            videos[skip.job] = index.video(skip) ?? skip.video(RawPath(skip.job.text))
        }
        skipped = []
    }

    /// Whether the run could not have seen a video of this path, or left it alone for its age.
    func isBlind(to path: RawPath) -> Bool { young.contains(path) || unread.contains { path.isInside($0) } }
}

/// What was known of the videos that runs skipped: lines of the catalog and of the failure memory, by job and run, or,
/// where those were left out since, the record of the run that wrote them.
struct CatalogIndex {
    private var results: [JobID: [CatalogEntry]] = [:]
    private var failures: [JobID: [FailureEntry]] = [:]
    private var recorded: [JobID: [RunVideo]] = [:]
    private var first: [JobID: String] = [:]

    /// - Parameter skips: only what these ask for is kept.
    init(_ layout: OutputLayout, skips: [RunInventory.Skip]) throws {
        let jobs = Set(skips.map(\.job))
        let runs = Set(skips.map(\.runID))
        // A rebuilt catalog may have lines without a run.
        func isWanted(_ job: JobID, _ run: String) -> Bool {
            jobs.contains(job) && (runs.contains(run) || run.isEmpty)
        }
        var last: (results: [JobID: CatalogEntry], failures: [JobID: FailureEntry]) = ([:], [:])
        let catalog = try layout.catalogLines.reader()
        while let entry = try catalog.next() {
            note(entry.job, entry.firstRunID ?? entry.runID)
            if isWanted(entry.job, entry.runID) { results[entry.job, default: []].append(entry) }
            if jobs.contains(entry.job) { last.results[entry.job] = entry }
        }
        let memory = try layout.failureLines.reader()
        while let entry = try memory.next() {
            if let first = entry.firstRunID { note(entry.job, first) }
            guard !entry.isCleared else { continue }
            note(entry.job, entry.runID)
            if isWanted(entry.job, entry.runID) { failures[entry.job, default: []].append(entry) }
            if jobs.contains(entry.job) { last.failures[entry.job] = entry }
        }
        try readRecords(layout, of: skips)
        // What no line and no record tells is at least known as of now.
        for (job, entry) in last.results where results[job] == nil { results[job] = [entry] }
        for (job, entry) in last.failures where failures[job] == nil { failures[job] = [entry] }
    }

    /// Reads the records of the runs whose lines are not there any more.
    private mutating func readRecords(_ layout: OutputLayout, of skips: [RunInventory.Skip]) throws {
        var missing: [String: [JobID: Bool]] = [:]
        for skip in skips where !skip.runID.isEmpty {
            let hasLine =
                skip.isFailure
                ? failures[skip.job]?.contains { $0.runID == skip.runID }
                : results[skip.job]?.contains { $0.runID == skip.runID }
            if hasLine != true { missing[skip.runID, default: [:]][skip.job] = skip.status == .quarantined }
        }
        for (run, jobs) in missing {
            guard let reader = try? RunDocumentReader(layout.summary(run: run)), let summary = reader.document?.summary
            else {
                continue
            }
            while let record = try? reader.nextJob() {
                guard let isQuarantined = jobs[record.job] else { continue }
                let video = RunVideo(record, run: summary).asRemembered(isQuarantined: isQuarantined)
                recorded[record.job, default: []].append(video)
            }
        }
    }

    private mutating func note(_ job: JobID, _ run: String) { first[job] = min(first[job] ?? run, run) }

    /// What was known of a video that was skipped; nil when nothing tells its path.
    func video(_ skip: RunInventory.Skip) -> RunVideo? {
        let known =
            skip.isFailure
            ? failures[skip.job]?.last { $0.runID == skip.runID }.map { RunVideo($0) }
            : results[skip.job]?.last { $0.runID == skip.runID }.map { RunVideo($0) }
        if let known { return known }
        if let video = recorded[skip.job]?.first(where: { $0.runID == skip.runID }) { return video }
        if skip.isFailure, let line = failures[skip.job]?.last { return RunVideo(line) }
        if !skip.isFailure, let line = results[skip.job]?.last { return RunVideo(line) }
        guard let path = results[skip.job]?.last?.path ?? failures[skip.job]?.last?.path else { return nil }
        return skip.video(path)
    }

    /// Whether a run, or one before it, had to do with a video.
    func knows(_ job: JobID, upTo run: String) -> Bool { first[job].map { $0 <= run } ?? false }
}
