internal import Bytes
internal import Jobs
internal import Store

/// One thing that happened, in the order in which the run takes note of it.
enum BatchEvent: Sendable {
    case message(JobID, WorkerMessage)
    case ended(JobID, Attempt)
    case signal(Int32)
    case tick
}

/// The state of a run, and the only writer of its files: takes events one by one, says what to start next.
final class Batch {
    private struct Active {
        var job: PlannedJob
        var attempt: Int
        var started: UInt64
        /// Seconds of earlier attempts.
        var earlier = 0.0
        var total = 0
        var current = 0
        /// Whether the log knows that it was started.
        var isAnnounced = false
        /// The highest percentage and the last step that the log knows.
        var percent = -1
        var lastStep: (current: Int, total: Int)?
        var lastReason: String?
    }

    let options: RunOptions
    let layout: OutputLayout
    let runID: String
    let kill = KillSwitch()
    let plan: Plan
    private let log: ProgressLog
    private let catalog: JobLineWriter<CatalogEntry>
    private let failures: JobLineWriter<FailureEntry>
    private let begun: UInt64
    private var state = RunState()
    private var snapshots = SnapshotPacer()
    private(set) var next = 0
    private var retries: [Active] = []
    private var active: [JobID: Active] = [:]
    private(set) var counts = RunCounts()
    private(set) var troubles: [Trouble] = []
    /// What each job came to, as JSON texts: a tree of values would take eight times the memory.
    private(set) var records: [[UInt8]] = []
    private(set) var notes: [String] = []
    private(set) var stop: StopReason?
    private var graceEnds: UInt64?
    private var framesDone = 0
    /// Of all workers that said how they ended.
    private(set) var processorSeconds = 0.0
    private var bytesDone: Int64 = 0
    private let bytesPlanned: Int64

    init(_ plan: Plan, options: RunOptions, runID: String, counts: RunCounts) throws {
        self.plan = plan
        self.options = options
        self.runID = runID
        self.counts = counts
        layout = OutputLayout(root: options.output)
        begun = monotonicNanoseconds()
        bytesPlanned = plan.jobs.reduce(0) { $0 &+ $1.video.status.size }
        log = try ProgressLog(layout.log(run: runID))
        catalog = try JobLineWriter(layout.catalogLines)
        failures = try JobLineWriter(layout.failureLines)
        try emit(
            .runStarted(runID: runID, version: options.version, jobs: plan.jobs.count, settings: options.digest))
        for skip in plan.skipped { try emit(.jobSkipped(job: skip.id, path: skip.path, reason: skip.reason)) }
        try writeSnapshot(force: true)
    }

    var isDone: Bool { active.isEmpty && (stop != nil || (next >= plan.jobs.count && retries.isEmpty)) }

    /// The next worker to start, or nil when none may be started now.
    func nextStart() throws -> WorkerProcess? {
        guard stop == nil else { return nil }
        if next < plan.jobs.count {
            guard active.count < options.workers else { return nil }
        } else {
            // What is tried again has the machine to itself.
            guard active.isEmpty, !retries.isEmpty else { return nil }
        }
        guard try hasSpace() else { return nil }
        var starting: Active
        if next < plan.jobs.count {
            starting = Active(job: plan.jobs[next], attempt: 1, started: monotonicNanoseconds())
            next += 1
        } else {
            starting = retries.removeFirst()
            starting.attempt += 1
            starting.started = monotonicNanoseconds()
            try emit(
                .jobRetry(job: starting.job.id, attempt: starting.attempt, reason: starting.lastReason ?? ""))
        }
        active[starting.job.id] = starting
        return WorkerProcess(
            program: options.worker, arguments: options.workerArguments, order: order(starting.job),
            deadlines: Deadlines(
                stall: options.stall, timeout: options.timeout, size: starting.job.video.status.size), kill: kill)
    }

    private func order(_ job: PlannedJob) -> WorkerOrder {
        WorkerOrder(
            job: job.id, input: job.video.path, relative: job.video.relative, root: options.output,
            result: job.result, tools: options.tools, threads: options.threads, memory: options.memory,
            progressInterval: options.progressInterval, stills: options.stills, size: job.video.status.size,
            modified: job.video.status.modified, inode: job.video.status.inode)
    }

    private func hasSpace() throws -> Bool {
        guard options.minFree > 0, try Files.freeSpace(layout.root) < options.minFree else { return true }
        try beginStop(.minFree)
        return false
    }

    // MARK: Events

    func handle(_ event: BatchEvent) throws {
        switch event {
        case .message(let job, let message): try receive(job, message)
        case .ended(let job, let attempt): try end(job, attempt)
        case .signal(let number): try signal(number)
        case .tick: try tick()
        }
    }

    private func tick() throws {
        let now = monotonicNanoseconds()
        if let most = options.maxDuration, stop == nil, Double(now &- begun) / 1e9 >= most {
            try beginStop(.maxDuration)
        }
        if let graceEnds, now >= graceEnds { kill.turnOn() }
        try writeSnapshot()
    }

    private func signal(_ number: Int32) throws {
        if stop == nil { try beginStop(.signal(number)) } else { kill.turnOn() }
    }

    /// No new videos from here on. What is running is given its grace, or may finish where there is no hurry.
    private func beginStop(_ reason: StopReason) throws {
        guard stop == nil else { return }
        stop = reason
        switch reason {
        case .signal, .maxDuration, .maxFailures:
            graceEnds = monotonicNanoseconds() &+ UInt64(max(0, options.grace) * 1e9)
        case .diskFull, .minFree: break
        case .failure: kill.turnOn()
        }
        for waiting in retries {
            let why = waiting.lastReason.map { "\($0); " } ?? ""
            try fail(waiting, message: "\(why)stopped by \(reason.text)", kind: "stopped", stderr: [], memory: nil)
        }
        retries = []
    }

    private func receive(_ id: JobID, _ message: WorkerMessage) throws {
        guard var job = active[id] else { return }
        switch message {
        case .opened(let total, _):
            job.total = max(0, total)
            try announce(&job)
        case .step(let current, let total):
            try announce(&job)
            job.current = current
            try tell(&job, current, total)
        case .note(let text): note(text)
        case .alive, .finished: break
        }
        active[id] = job
    }

    func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }

    private func announce(_ job: inout Active) throws {
        guard !job.isAnnounced else { return }
        job.isAnnounced = true
        try emit(
            .jobStarted(
                job: job.job.id, path: job.job.video.relative, totalFrames: job.total,
                size: job.job.video.status.size))
    }

    /// Writes a step unless it would fall behind what the log says, as in a second attempt.
    private func tell(_ job: inout Active, _ current: Int, _ total: Int) throws {
        let progress = Progress(currentFrame: current, totalFrames: total)
        let isHeldBack = job.attempt > 1 ? progress.percent <= job.percent : progress.percent < job.percent
        guard !isHeldBack else { return }
        job.percent = progress.percent
        job.lastStep = (current, total)
        try emit(.progress(job: job.job.id, progress))
    }

    private func end(_ id: JobID, _ attempt: Attempt) throws {
        guard var job = active.removeValue(forKey: id) else { return }
        try announce(&job)
        let seconds = job.earlier + attempt.seconds
        if case .finished(let outcome) = attempt.end {
            framesDone += outcome.frames
            processorSeconds += outcome.processorSeconds
            bytesDone &+= job.job.video.status.size
            if outcome.kind == .completed { return try complete(&job, outcome, seconds) }
            return try fail(job, outcome, attempt, seconds)
        }
        let reason = attempt.reason ?? "stopped by \(stop?.text ?? "this run")"
        if attempt.end == .stopped {
            return try fail(
                job, message: reason, kind: "stopped", stderr: attempt.stderr, seconds: seconds, memory: nil)
        }
        if attempt.canBeRetried, job.attempt <= options.retries, stop == nil {
            job.lastReason = reason
            job.earlier = seconds
            retries.append(job)
            return
        }
        bytesDone &+= job.job.video.status.size
        let tries = job.attempt == 1 ? "" : " (\(job.attempt) tries)"
        let isLastTry = job.attempt > options.retries || attempt.isOutOfMemory
        let kind: FailureEntry.Kind =
            switch attempt.end {
            case .stalled, .timedOut: .timeout
            case .died where attempt.isOutOfMemory: .memory
            default: .death
            }
        try fail(
            job, message: reason + tries, kind: kind.rawValue, stderr: attempt.stderr, seconds: seconds,
            memory: isLastTry ? kind : nil)
    }

    // MARK: Ends of jobs

    private func complete(_ job: inout Active, _ outcome: JobOutcome, _ seconds: Double) throws {
        let planned = job.job
        let entry = CatalogEntry(
            job: planned.id, path: planned.video.relative, result: planned.result, size: planned.video.status.size,
            modified: planned.video.status.modified, inode: planned.video.status.inode,
            fingerprint: outcome.fingerprint, digest: options.digest, verdict: outcome.verdict ?? "ok",
            frames: outcome.frames, sha256: outcome.sha256 ?? "",
            resultSize: outcome.size > 0 ? outcome.size : nil, runID: runID, facts: outcome.facts,
            events: outcome.events, seconds: Batch.milli(seconds),
            processorSeconds: Batch.milli(outcome.processorSeconds))
        try catalog.append(entry)
        if var memory = planned.memory {
            memory.isCleared = true
            try remember(memory)
        }
        if job.lastStep.map({ $0 != (outcome.frames, outcome.frames) }) ?? true, job.percent < 100 {
            try tell(&job, outcome.frames, outcome.frames)
        }
        try emit(.completed(job: planned.id))
        counts.completed += 1
        switch outcome.verdict {
        case "damaged":
            counts.damaged += 1
            troubles.append(
                Trouble(path: planned.video.relative, message: Batch.damage(outcome), isFailure: false))
        case "warning": counts.warning += 1
        default: counts.ok += 1
        }
        record(job, status: "completed", seconds: seconds, outcome: outcome, message: nil, stderr: [])
        try writeSnapshot()
    }

    private static func damage(_ outcome: JobOutcome) -> String {
        let claim = outcome.declared.map { " of \($0) declared" } ?? ""
        return "damaged: \(outcome.frames)\(claim) frames decoded (\(outcome.reasons.joined(separator: ", ")))"
    }

    private func fail(_ job: Active, _ outcome: JobOutcome, _ attempt: Attempt, _ seconds: Double) throws {
        let memory: FailureEntry.Kind? =
            switch outcome.kind {
            case .content: .content
            case .memory: .memory
            case .completed, .changed, .input, .io, .diskFull: nil
            }
        let message = outcome.message ?? "failed"
        if outcome.kind == .diskFull { try beginStop(.diskFull) }
        if outcome.kind == .io { try beginStop(.failure("\(job.job.video.relative.display): \(message)")) }
        try fail(
            job, message: message, kind: outcome.kind.rawValue, stderr: attempt.stderr, seconds: seconds,
            memory: memory, outcome: outcome)
    }

    private func fail(
        _ job: Active, message: String, kind: String, stderr: [String], seconds: Double = 0,
        memory: FailureEntry.Kind?, outcome: JobOutcome? = nil
    ) throws {
        let planned = job.job
        if let memory { try remember(failure(planned, memory, message)) }
        try emit(.error(job: planned.id, message: "\(planned.video.relative.display): \(message)"))
        counts.failed += 1
        troubles.append(Trouble(path: planned.video.relative, message: message, isFailure: true))
        record(job, status: "failed", seconds: seconds, outcome: outcome, message: message, kind: kind, stderr: stderr)
        if let limit = options.maxFailures, limit.isReached(failed: counts.failed, planned: plan.jobs.count) {
            try beginStop(.maxFailures)
        }
        try writeSnapshot()
    }

    /// Two runs in a row in which every try was lost put a video into quarantine.
    private func failure(_ job: PlannedJob, _ kind: FailureEntry.Kind, _ message: String) -> FailureEntry {
        var runs = 1
        if kind != .content, let known = job.memory, known.kind != .content, known.size == job.video.status.size,
            known.modified == job.video.status.modified, known.digest == options.digest,
            known.version == options.version
        {
            runs = known.runs + 1
        }
        var entry = FailureEntry(
            job: job.id, path: job.video.relative, kind: kind, message: message, size: job.video.status.size,
            modified: job.video.status.modified, inode: job.video.status.inode, digest: options.digest,
            version: options.version, time: UTCTime.now.milliseconds, runs: runs,
            isQuarantined: kind != .content && runs >= 2, runID: runID)
        if kind == .memory { entry.memoryLimit = options.memory.most }
        return entry
    }

    private func remember(_ entry: FailureEntry) throws {
        try failures.append(entry)
    }

    private func record(
        _ job: Active, status: String, seconds: Double, outcome: JobOutcome?, message: String?, kind: String? = nil,
        stderr: [String]
    ) {
        var members = [JSON.Member("job_id", .string(job.job.id.text))] + job.job.video.relative.members()
        if status == "completed" { members += job.job.result.members("result") }
        let rest = JSON.members([
            "status": .string(status), "verdict": outcome?.verdict.map { .string($0) },
            "reasons": outcome?.verdict == nil ? nil : .array((outcome?.reasons ?? []).map { .string($0) }),
            "frames": outcome.map { .int($0.frames) }, "declared": outcome?.declared.map { .int($0) },
            "frame_reached": status == "failed" ? .int(job.current) : nil,
            "seconds": .double(Batch.milli(seconds)),
            "cpu_seconds": outcome.map { .double(Batch.milli($0.processorSeconds)) },
            "size": .int(job.job.video.status.size), "fingerprint": outcome?.fingerprint.map { .string($0) },
            "sha256": outcome?.sha256.map { .string($0) },
            "result_size": outcome?.sha256 == nil ? nil : outcome.map { .int($0.size) },
            "message": message.map { .string($0) }, "cause": message.map { .string(Cause.of($0)) },
            "kind": kind.map { .string($0) }, "tries": .int(job.attempt),
            "events": status == "completed" ? outcome.map { .int($0.events) } : nil,
            "stderr": stderr.isEmpty ? nil : .array(stderr.map { .string(relative($0)) }),
        ])
        members += rest.members ?? []
        members += outcome?.facts.members ?? []
        if let summaries = outcome?.summaries, status == "completed" {
            members.append(JSON.Member("summaries", summaries))
        }
        records.append(JSONWriter.encode(.object(members)))
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

    private func emit(_ event: LogEvent) throws {
        try log.append(event, time: .now, now: monotonicNanoseconds())
        state.apply(event)
        snapshots.note(event)
    }

    private func writeSnapshot(force: Bool = false) throws {
        guard snapshots.take(now: monotonicNanoseconds(), force: force) else { return }
        let bytes = JSONWriter.encode(state.snapshot(offset: log.offset)) + [0x0a]
        // Only a reader's convenience: a crash may lose it, so it is not synced.
        try AtomicFile.write(bytes, to: layout.state(run: runID), durable: false)
    }

    /// Ends the log. Whatever has not ended by now is ended in it.
    func finish(exitStatus: Int32) throws {
        for job in active.values.sorted(by: { $0.job.video.relative < $1.job.video.relative }) {
            active[job.job.id] = nil
            try fail(
                job, message: "stopped by \(stop?.text ?? "this run")", kind: "stopped", stderr: [], memory: nil)
        }
        counts.notStarted = plan.jobs.count - next
        try emit(.runFinished(counts: counts.json, exitStatus: Int(exitStatus)))
        try writeSnapshot(force: true)
    }

    /// Our own files cannot be written any more.
    func abandon(_ error: any Error) {
        if stop == nil { stop = .failure("\(error)") }
        kill.turnOn()
    }

    var seconds: Double { Double(monotonicNanoseconds() &- begun) / 1e9 }

    var view: RunView {
        let now = monotonicNanoseconds()
        var running = 0.0
        var frames = framesDone
        let workers = active.values.sorted { $0.started < $1.started }.map { job in
            let seconds = max(0.001, Double(now &- job.started) / 1e9)
            let total = job.lastStep?.total ?? job.total
            if total > 0 {
                running += Double(job.job.video.status.size) * min(1, Double(job.current) / Double(total))
            }
            frames += job.current
            return RunView.Worker(
                path: job.job.video.relative,
                progress: job.current > 0 ? Progress(currentFrame: job.current, totalFrames: total) : nil,
                attempt: job.attempt, speed: Double(job.current) / seconds)
        }
        let done = Double(bytesDone) + running
        let left = Double(bytesPlanned) - done
        let elapsed = seconds
        return RunView(
            planned: plan.jobs.count, done: counts.completed + counts.failed, failed: counts.failed,
            skipped: plan.skipped.count, workers: workers, frames: frames, elapsed: elapsed,
            remaining: done > 0 && elapsed > 1 ? max(0, elapsed * left / done) : nil, stop: stop)
    }

    /// Frames of all workers so far.
    var frames: Int { framesDone }
}
