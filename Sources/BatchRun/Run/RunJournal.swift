internal import Bytes
internal import Jobs
internal import Store

/// The only writer of a run's files: log, catalog, memory of failures, snapshot, `run.json`, history and `latest`.
///
/// Whatever is written can be asked for here, too: what is on record of a run is one thing, what its scheduler has
/// decided another.
final class RunJournal {
    let options: RunOptions
    let layout: OutputLayout
    let runID: String
    let plan: Plan
    private let log: ProgressLog
    private let catalog: JobLineWriter<CatalogEntry>
    private let failures: JobLineWriter<FailureEntry>
    /// What the log says so far.
    private(set) var state = RunState()
    private var snapshots = SnapshotPacer()
    private(set) var counts: RunCounts
    private(set) var issues: [VideoIssue] = []
    /// What each job came to, as JSON texts: a tree of values would take eight times the memory.
    private(set) var records: [[UInt8]] = []
    /// Notes for a person, each once.
    private(set) var notes: [String] = []

    init(_ plan: Plan, options: RunOptions, runID: String, counts: RunCounts) throws {
        self.plan = plan
        self.options = options
        self.runID = runID
        self.counts = counts
        layout = OutputLayout(root: options.output)
        log = try ProgressLog(layout.log(run: runID))
        catalog = try JobLineWriter(layout.catalogLines)
        failures = try JobLineWriter(layout.failureLines)
        try emit(
            .runStarted(runID: runID, version: options.version, jobs: plan.jobs.count, settings: options.digest))
        for skip in plan.skipped { try emit(.jobSkipped(job: skip.id, path: skip.path, reason: skip.reason)) }
        try writeSnapshot(force: true)
    }

    func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    // MARK: Catalog and memory of failures

    /// Enters a result into the catalog.
    ///
    /// - Parameter seconds: of all attempts at the video.
    func publish(_ planned: PlannedJob, _ outcome: JobOutcome, _ seconds: Double) throws {
        let entry = CatalogEntry(
            job: planned.id, path: planned.video.relative, result: planned.result, size: planned.video.status.size,
            modified: planned.video.status.modified, inode: planned.video.status.inode,
            fingerprint: outcome.fingerprint, digest: options.digest, verdict: outcome.verdict ?? "ok",
            frames: outcome.frames, sha256: outcome.sha256 ?? "",
            resultSize: outcome.size > 0 ? outcome.size : nil, runID: runID, facts: outcome.facts,
            events: outcome.events, seconds: RunJournal.milli(seconds),
            processorSeconds: RunJournal.milli(outcome.processorSeconds))
        try catalog.append(entry)
    }

    func remember(
        _ job: PlannedJob, _ kind: FailureEntry.Kind, _ message: String, _ standing: QuarantinePolicy.Standing
    ) throws {
        var entry = FailureEntry(
            job: job.id, path: job.video.relative, kind: kind, message: message, size: job.video.status.size,
            modified: job.video.status.modified, inode: job.video.status.inode, digest: options.digest,
            version: options.version, time: UTCTime.now.milliseconds, runs: standing.runs,
            isQuarantined: standing.isQuarantined, runID: runID)
        if kind == .memory { entry.memoryLimit = options.memory.most }
        try failures.append(entry)
    }

    func forget(_ entry: FailureEntry) throws {
        var entry = entry
        entry.isCleared = true
        try failures.append(entry)
    }

    // MARK: What each video came to

    func record(_ job: EndedJob) {
        let (outcome, message) = (job.outcome, job.message)
        count(job)
        var members = [JSON.Member("job_id", .string(job.job.id.text))] + job.job.video.relative.members()
        if job.status == .completed { members += job.job.result.members("result") }
        let rest = JSON.members([
            "status": .string(job.status.rawValue), "verdict": outcome?.verdict.map { .string($0) },
            "reasons": outcome?.verdict == nil ? nil : .array((outcome?.reasons ?? []).map { .string($0) }),
            "frames": outcome.map { .int($0.frames) }, "declared": outcome?.declared.map { .int($0) },
            "frame_reached": job.status == .failed ? .int(job.current) : nil,
            "seconds": .double(RunJournal.milli(job.seconds)),
            "cpu_seconds": outcome.map { .double(RunJournal.milli($0.processorSeconds)) },
            "size": .int(job.job.video.status.size), "fingerprint": outcome?.fingerprint.map { .string($0) },
            "sha256": outcome?.sha256.map { .string($0) },
            "result_size": outcome?.sha256 == nil ? nil : outcome.map { .int($0.size) },
            "message": message.map { .string($0) }, "cause": message.map { .string(Cause.of($0)) },
            "kind": job.kind.map { .string($0) }, "tries": .int(job.attempt),
            "events": job.status == .completed ? outcome.map { .int($0.events) } : nil,
            "stderr": job.stderr.isEmpty ? nil : .array(job.stderr.map { .string(relative($0)) }),
        ])
        members += rest.members ?? []
        members += outcome?.facts.members ?? []
        if let summaries = outcome?.summaries, job.status == .completed {
            members.append(JSON.Member("summaries", summaries))
        }
        records.append(JSONWriter.encode(.object(members)))
    }

    private func count(_ job: EndedJob) {
        let path = job.job.video.relative
        guard job.status == .completed else {
            counts.failed += 1
            issues.append(VideoIssue(path: path, message: job.message ?? "failed", isFailure: true))
            return
        }
        counts.completed += 1
        switch job.outcome?.verdict {
        case "damaged":
            counts.damaged += 1
            if let outcome = job.outcome {
                issues.append(VideoIssue(path: path, message: RunJournal.damage(outcome), isFailure: false))
            }
        case "warning": counts.warning += 1
        default: counts.ok += 1
        }
    }

    private static func damage(_ outcome: JobOutcome) -> String {
        let claim = outcome.declared.map { " of \($0) declared" } ?? ""
        return "damaged: \(outcome.frames)\(claim) frames decoded (\(outcome.reasons.joined(separator: ", ")))"
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

    func emit(_ event: LogEvent) throws {
        try log.append(event, time: .now, now: monotonicNanoseconds())
        snapshots.note(state.apply(event))
    }

    /// Writes the snapshot of the state if it is due.
    func writeSnapshot(force: Bool = false) throws {
        guard snapshots.take(now: monotonicNanoseconds(), force: force) else { return }
        try RunSnapshot(state, logOffset: log.offset).write(layout)
    }

    /// Ends the log, and leaves what stays of the run.
    ///
    /// - Parameter seconds: since the run began.
    func finish(_ scheduler: Scheduler, started: UTCTime, seconds: Double, exitStatus: Int32) throws {
        counts.notStarted = scheduler.notStarted.count
        try emit(.runFinished(counts: counts.json, exitStatus: Int(exitStatus)))
        try writeSnapshot(force: true)
        let record = RunRecord(
            journal: self, scheduler: scheduler, options: options, started: started, seconds: seconds,
            exitStatus: exitStatus)
        try record.write()
    }
}
