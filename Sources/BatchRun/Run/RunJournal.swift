internal import Bytes
internal import Jobs
internal import Store

/// The only writer of a run's files: log, catalog, failure memory, snapshot, `run.json`, history and `latest`.
///
/// Whatever is written can be asked for here, too: what is on record of a run is one thing, what its scheduler has
/// decided another.
final class RunJournal {
    let options: RunOptions
    let layout: OutputLayout
    let runID: String
    let plan: Plan
    private let log: ProgressLog
    private let books: any RunBooks
    /// What the log says so far.
    private(set) var state = RunState()
    private var snapshots = SnapshotPacer()
    private(set) var counts: RunCounts
    private(set) var issues: [VideoIssue] = []
    private(set) var toolFailures: [VideoToolFailure] = []
    /// External tools that failed on a video in this run, and those that were left out for failures of earlier runs.
    private(set) var toolsLost = 0
    private(set) var toolsLeftOut = 0
    /// What each job came to.
    private(set) var records: [RunDocumentWriter.EncodedJob] = []
    /// Notes for a person, each once.
    var notes: [String] {
        keptNotes + (notesLeftOut > 0 ? ["\(notesLeftOut) more notes are left out"] : [])
    }
    private var keptNotes: [String] = []
    private var knownNotes: Set<String> = []
    private var notesLeftOut = 0

    /// More notes than this are read by nobody.
    private static let mostNotes = 200

    /// By job, the last progress and the end that could not be written when they came.
    private var unwritten: [JobID: [LogEvent]] = [:]
    /// Ends that wait for what their jobs came to; see ``RunBooks/comesFirst``.
    private var held: [JobID: LogEvent] = [:]

    /// - Parameters:
    ///   - log: of the run, where it is open already.
    ///   - books: nil for those of the output folder.
    ///   - awaited: how many jobs follow those of the plan, see ``tell(_:)``.
    init(
        _ plan: Plan, options: RunOptions, runID: String, counts: RunCounts, log: ProgressLog? = nil,
        books: (any RunBooks)? = nil, awaited: Int = 0
    ) throws {
        self.plan = plan
        self.options = options
        self.runID = runID
        self.counts = counts
        layout = OutputLayout(root: options.output)
        self.log = try log ?? ProgressLog(layout.log(run: runID))
        self.books = try books ?? FolderBooks(layout)
        try emit(
            .runStarted(
                runID: runID, version: options.version, jobs: plan.jobs.count + awaited, settings: options.digest))
        if let opening = self.books.opening { try emit(opening) }
        try tell(plan.jobs)
        if !plan.skipped.isEmpty {
            let reasons = plan.skipped.statuses.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            try emit(.jobsSkipped(count: plan.skipped.count, reasons: reasons))
        }
        try writeSnapshot(force: true)
    }

    /// Tells which videos will be done.
    func tell(_ jobs: some Sequence<PlannedJob>) throws {
        for job in jobs {
            try emit(.jobPlanned(job: job.id, path: job.video.relative, size: job.video.status.size))
        }
    }

    func note(_ text: String) {
        if knownNotes.contains(text) { return }
        guard keptNotes.count < RunJournal.mostNotes else {
            notesLeftOut += 1
            return
        }
        knownNotes.insert(text)
        keptNotes.append(text)
    }

    // MARK: Catalog and failure memory

    /// Enters a result into the catalog.
    ///
    /// - Parameter seconds: of all attempts at the video.
    func publish(_ planned: PlannedJob, _ outcome: JobOutcome, _ seconds: Double) throws {
        var entry = CatalogEntry(
            job: planned.id, path: planned.video.relative, result: planned.result, size: planned.video.status.size,
            modified: planned.video.status.modified, inode: planned.video.status.inode,
            fingerprint: outcome.fingerprint, digest: planned.tools?.made.digest ?? options.digest,
            verdict: outcome.verdict ?? .ok,
            frames: outcome.frames, sha256: outcome.sha256 ?? "",
            resultSize: outcome.size > 0 ? outcome.size : nil, runID: runID, facts: outcome.facts,
            events: outcome.events, seconds: RunJournal.milli(seconds),
            processorSeconds: RunJournal.milli(outcome.processorSeconds))
        entry.contentSize = outcome.contentSize
        entry.content = outcome.content
        entry.toolsFailed = toolsFailed(planned, outcome)
        entry.previousRunID = planned.known.flatMap { $0.runID.isEmpty ? nil : $0.runID }
        entry.absence = planned.known?.absence.map { $0.ended(by: runID) }
        guard let origin = planned.moved?.entry, outcome.isReused else {
            return try books.publish([entry], stored: planned.stored)
        }
        try moveStills(from: origin.job, to: planned.id)
        try books.publish([entry, origin.cleared(by: runID, movedTo: planned.id)], stored: planned.stored)
    }

    /// Gives the stills of a video that has moved their new names, where it has none of its own.
    private func moveStills(from old: JobID, to new: JobID) throws(SystemError) {
        for kind in OutputLayout.Still.allCases {
            let (from, to) = (OutputLayout.still(old, kind), OutputLayout.still(new, kind))
            let (source, target) = (layout.root.appending(from), layout.root.appending(to))
            guard Files.exists(source), !Files.exists(target) else { continue }
            try Files.makeDirectory(target.parent, durable: false)
            try Files.rename(source, to: target)
        }
    }

    /// Tells the catalog and the failure memory which videos are gone since this run, and which are back.
    func enterWhereabouts(_ now: UTCTime) throws {
        try Whereabouts.enter(plan, run: runID, now, into: books)
    }

    func remember(
        _ job: PlannedJob, _ kind: FailureEntry.Kind, _ message: String, _ streak: QuarantinePolicy.Streak
    ) throws {
        var entry = FailureEntry(
            job: job.id, path: job.video.relative, kind: kind, message: message, size: job.video.status.size,
            modified: job.video.status.modified, inode: job.video.status.inode, digest: options.digest,
            version: options.version, time: UTCTime.now.milliseconds, runs: streak.runs,
            isQuarantined: streak.isQuarantined, runID: runID)
        if kind == .memory { entry.memoryLimit = options.memory.most }
        try books.enter([entry])
    }

    func forget(_ entry: FailureEntry) throws {
        var entry = entry
        entry.isCleared = true
        try books.enter([entry])
    }

    // MARK: What each video came to

    func record(_ job: EndedJob) throws {
        counts.countProcessed(job.status)
        let hasResult = job.status.isVerdict
        var record = JobRecord(job: job.job.id, path: job.job.video.relative, hasFailed: !hasResult)
        if hasResult { record.result = job.job.result } else { record.frameReached = job.current }
        record.seconds = RunJournal.milli(job.seconds)
        record.size = job.job.video.status.size
        record.message = job.message
        record.cause = job.message.map { Cause.of($0) }
        record.kind = job.kind
        record.tries = job.attempt
        record.stderr = job.stderr.map { relative($0) }
        var lost = 0
        if let outcome = job.outcome {
            record.verdict = outcome.verdict
            record.reasons = outcome.verdict == nil ? nil : outcome.reasons
            (record.frames, record.declared) = (outcome.frames, outcome.declared)
            record.processorSeconds = RunJournal.milli(outcome.processorSeconds)
            (record.fingerprint, record.sha256) = (outcome.fingerprint, outcome.sha256)
            record.resultSize = outcome.sha256 == nil ? nil : outcome.size
            record.contentSize = outcome.contentSize
            record.facts = outcome.facts
            if hasResult {
                (record.events, record.summaries) = (outcome.events, outcome.summaries)
                record.toolsFailed = toolsFailed(job.job, outcome)
                for failure in outcome.toolFailures {
                    if failure.kind == .leftOut { toolsLeftOut += 1 } else { lost += 1 }
                }
                toolsLost += lost
                toolFailures += record.toolsFailed.map { VideoToolFailure(path: record.path, tool: $0) }
                record.digest = job.job.tools?.made.digest
                record.previousRunID = job.job.known.flatMap { $0.runID.isEmpty ? nil : $0.runID }
                if outcome.isReused { record.movedFrom = job.job.moved?.entry.path }
            }
        }
        if let issue = record.issue {
            issues.append(VideoIssue(path: record.path, message: issue, status: job.status))
        }
        records.append(RunDocumentWriter.EncodedJob(record))
        let end = held.removeValue(forKey: record.job)
        try books.close(record, toolsLost: lost)
        if let end { try emitInOrder(end) }
    }

    /// What is remembered of the external tools that failed in a job.
    private func toolsFailed(_ planned: PlannedJob, _ outcome: JobOutcome) -> [FailedTool] {
        if outcome.toolFailures.isEmpty { return [] }
        return ToolMemory(options).entries(
            outcome.toolFailures, of: planned.tools?.made.tools ?? options.toolDescriptions,
            video: planned.video.status, known: planned.known)
    }

    static func milli(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    /// A worker's line without the folders of this machine.
    private func relative(_ line: String) -> String {
        var result = line
        for input in options.inputs {
            let folder = input.display + "/"
            if folder.count > 2 { result = result.split(separator: folder, omittingEmptySubsequences: false).joined() }
        }
        return result
    }

    // MARK: Files

    /// Writes an event into the log. Of a job whose start could not be written nothing else is: no line of a job comes before
    /// its start, and none behind its end.
    func emit(_ event: LogEvent) throws {
        if books.comesFirst, event.isTerminal, let job = event.job {
            held[job] = event
        } else {
            try emitInOrder(event)
        }
    }

    private func emitInOrder(_ event: LogEvent) throws {
        guard event.kind == .progress || event.isTerminal, let job = event.job else { return try write(event) }
        guard state.running(job) != nil else { return }
        // Of progress the newest is enough; an end comes behind what it is about.
        var events = unwritten.removeValue(forKey: job) ?? []
        if !event.isTerminal { events = [] }
        events.append(event)
        while let first = events.first {
            let offset = log.offset
            do {
                try write(first)
                events.removeFirst()
            } catch {
                if log.offset > offset { events.removeFirst() }
                unwritten[job] = events.isEmpty ? nil : events
                throw error
            }
        }
    }

    private func write(_ event: LogEvent) throws {
        let offset = log.offset
        defer {
            // Written is written, also where it could not be brought to the disk.
            if log.offset > offset { snapshots.note(state.apply(event)) }
        }
        try log.append(event, time: .now, now: monotonicNanoseconds())
    }

    /// Tries again to write the ends of jobs that a failing disk did not take.
    private func emitLateEnds() throws {
        for job in unwritten.keys.sorted(by: { $0.text < $1.text }) {
            guard var events = unwritten[job], let end = events.popLast(), end.isTerminal else { continue }
            unwritten[job] = events
            try emitInOrder(end)
        }
    }

    /// Writes the snapshot of the state if it is due.
    func writeSnapshot(force: Bool = false) throws {
        guard snapshots.take(now: monotonicNanoseconds(), force: force) else { return try books.refresh() }
        try books.write(RunSnapshot(state, logOffset: log.offset))
    }

    /// Ends the log, and leaves what stays of the run.
    ///
    /// - Parameter seconds: since the run began.
    func finish(_ scheduler: Scheduler, started: UTCTime, seconds: Double, exitStatus: Int32) throws {
        try close(scheduler, exitStatus: exitStatus)
        let record = RunConclusion(
            journal: self, scheduler: scheduler, options: options, started: started, seconds: seconds,
            exitStatus: exitStatus)
        try record.write()
    }

    /// Ends the log.
    func close(_ scheduler: Scheduler, exitStatus: Int32) throws {
        try emitLateEnds()
        counts.notStarted = scheduler.planned - scheduler.started
        try emit(.runFinished(counts: counts.json, exitStatus: Int(exitStatus)))
        try writeSnapshot(force: true)
    }
}
