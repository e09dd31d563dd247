internal import Bytes
internal import Jobs
internal import Store

/// What was known of the videos that runs skipped: lines of the catalog and of the failure memory, by job and run, or,
/// where those were left out since, the record of the run that wrote them.
struct CatalogIndex {
    private var results: [JobID: [CatalogEntry]] = [:]
    private var failures: [JobID: [FailureEntry]] = [:]
    private var recorded: [JobID: [RunVideo]] = [:]
    private var first: [JobID: String] = [:]
    /// For each run that does not list them, what it found unchanged.
    private var unchanged: [String: [RunVideo]] = [:]
    private var absences = Absences()
    /// Jobs of videos that were given other names, and their jobs since.
    private(set) var moves: [JobID: JobID] = [:]

    /// - Parameter inventories: only what these ask for is kept.
    init(_ layout: OutputLayout, _ inventories: [RunInventory]) throws {
        let skips = inventories.flatMap(\.skipped)
        let jobs = Set(skips.map(\.job))
        let runs = Set(skips.map(\.runID))
        // A rebuilt catalog may have lines without a run.
        func isWanted(_ job: JobID, _ run: String) -> Bool {
            jobs.contains(job) && (runs.contains(run) || run.isEmpty)
        }
        var last: (results: [JobID: CatalogEntry], failures: [JobID: FailureEntry]) = ([:], [:])
        var pasts = inventories.compactMap { CatalogPast($0) }
        let catalog = try layout.catalogLines.reader()
        while let entry = try catalog.next() {
            note(entry.job, entry.firstRunID ?? entry.runID)
            absences.note(entry)
            moves[entry.job] = entry.movedTo
            for number in pasts.indices { pasts[number].take(entry) }
            guard !entry.isCleared else { continue }
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
        for past in pasts {
            unchanged[past.run] = past.videos(layout, absences) { first[$0].map { $0 < past.run } ?? false }
        }
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

    /// What a run found unchanged whose record does not list that.
    func unchanged(in inventory: RunInventory) -> [RunVideo] { unchanged[inventory.run.id] ?? [] }

    /// How many videos were gone for each of some runs.
    func gone(in runs: [String]) -> Int { absences.count { absence in runs.allSatisfy { absence.holds(for: $0) } } }

    /// Whether a run, or one before it, had to do with a video.
    func knows(_ job: JobID, upTo run: String) -> Bool { first[job].map { $0 <= run } ?? false }
}

/// For which runs videos were gone, as all lines of the catalog together tell.
private struct Absences {
    /// Of each job the stretches by their first runs: a later line says when one ended.
    private var stretches: [JobID: [String: Absence]] = [:]

    mutating func note(_ entry: CatalogEntry) {
        if let absence = entry.absence { stretches[entry.job, default: [:]][absence.from] = absence }
    }

    func count(_ isMeant: (Absence) -> Bool) -> Int {
        stretches.values.count { $0.values.contains(where: isMeant) }
    }

    func holds(_ job: JobID, for run: String) -> Bool {
        stretches[job]?.values.contains { $0.holds(for: run) } ?? false
    }
}

/// The catalog as it was for a run whose record does not list what it found unchanged.
private struct CatalogPast {
    let run: String
    private let seen: SeenVideos
    /// What the record tells of one by one.
    private let told: Set<JobID>
    /// The line that counted when the run began.
    private var before: [JobID: CatalogEntry] = [:]
    /// Of a job that has no such line any more, the first one after it.
    private var after: [JobID: CatalogEntry] = [:]

    /// Nil for a run that lists all.
    init?(_ inventory: RunInventory) {
        guard let seen = inventory.seen else { return nil }
        (run, self.seen) = (inventory.run.id, seen)
        told = Set(inventory.videos.keys).union(inventory.skipped.map(\.job))
    }

    /// Takes the next line of the catalog.
    mutating func take(_ entry: CatalogEntry) {
        guard !told.contains(entry.job) else { return }
        if entry.runID < run {
            before[entry.job] = entry
        } else if after[entry.job] == nil {
            after[entry.job] = entry
        }
    }

    /// What the run found unchanged, each as it was then. One of which nothing tells how it was counts as not judged.
    ///
    /// - Parameter isOlder: whether a job was known before the run.
    func videos(_ layout: OutputLayout, _ absences: Absences, isOlder: (JobID) -> Bool) -> [RunVideo] {
        func isMeant(_ entry: CatalogEntry) -> Bool {
            seen.holds(entry.path) && !absences.holds(entry.job, for: run)
        }
        var videos = before.values.filter { !$0.isCleared && isMeant($0) }.map { RunVideo($0) }
        let lost = after.values.filter { before[$0.job] == nil && isOlder($0.job) && isMeant($0) }
        let found = recorded(layout, lost)
        for entry in lost {
            videos.append(
                found[entry.job]
                    ?? RunVideo(job: entry.job, path: entry.path, status: .unfinished, runID: ""))
        }
        return videos
    }

    /// Finds results whose lines are not there any more in the records of the runs that made them: each line and each
    /// record says which run's result it took the place of.
    ///
    /// - Complexity: one pass over the record of each run on the way.
    private func recorded(_ layout: OutputLayout, _ lines: [CatalogEntry]) -> [JobID: RunVideo] {
        var found: [JobID: RunVideo] = [:]
        var wanted: [String: Set<JobID>] = [:]
        for line in lines {
            if let previous = line.previousRunID { wanted[previous, default: []].insert(line.job) }
        }
        while let id = wanted.keys.max(), let jobs = wanted.removeValue(forKey: id) {
            guard let reader = try? RunDocumentReader(layout.summary(run: id)), let summary = reader.document?.summary
            else { continue }
            while let record = try? reader.nextJob() {
                guard jobs.contains(record.job), !record.hasFailed else { continue }
                if id < run {
                    found[record.job] = RunVideo(record, run: summary).asRemembered(isQuarantined: false)
                } else if let previous = record.previousRunID, previous < id {
                    wanted[previous, default: []].insert(record.job)
                }
            }
        }
        return found
    }
}
