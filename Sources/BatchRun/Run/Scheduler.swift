internal import Bytes
internal import Jobs
internal import Store

/// What a video came to in a run.
struct EndedJob: Equatable, Sendable {
    var job: PlannedJob
    /// 1 for the first.
    var attempt: Int
    /// The number of the last frame that its worker told of; 0 before the first.
    var current = 0
    /// Its verdict, or else ``VideoStatus/failed``.
    var status: VideoStatus
    /// Of all its attempts.
    var seconds = 0.0
    /// What its worker told; nil when it told nothing.
    var outcome: JobOutcome?
    /// Why it failed.
    var message: String?
    /// The kind of failure in one word.
    var kind: String?
    /// The worker's last lines on standard error.
    var stderr: [String] = []
}

/// Decides what a run does next: a state machine that takes events and answers with actions.
///
/// It knows no file, no clock and no process. Time is a parameter: nanoseconds of any monotonic clock. Actions are to be
/// carried out in their order.
///
/// - Every planned video ends exactly once, in a ``Action/record(_:)``, or is never started.
/// - Nothing starts after a stop, and never more than ``Settings/workers`` run at a time.
/// - A video that is tried again has the machine to itself, and a decoder of one thread.
/// - An attempt whose decoder had several threads and that ran out of memory or time is repeated with one, over and above
///   all retries: what a video comes to does not depend on threads.
struct Scheduler: Sendable {
    struct Settings: Sendable {
        var workers = 1
        var threads = DecoderThreads.fixed(1)
        /// Seconds.
        var maxDuration: Double?
        var maxFailures: RunOptions.FailureLimit?
        /// Seconds that running videos get when a run is stopped.
        var grace = 5.0
        var retry = RetryPolicy(retries: 1)
        var quarantine: QuarantinePolicy
    }

    enum Event: Sendable {
        /// There is space for one more result: the next video may start. Only where ``Scheduler/wantsStart``.
        case startNext
        /// There is too little space for one more result.
        case spaceIsShort
        case message(JobID, WorkerMessage)
        case ended(JobID, Attempt)
        case signal(Int32)
        /// Time passed.
        case tick
        /// The run's own files cannot be written any more.
        case journalFailed(String)
        /// No more events follow: whatever still runs has ended.
        case close
    }

    enum Action: Equatable, Sendable {
        /// Start a worker; `attempt` is 1 for the first, `threads` are those that its decoder may have.
        case start(PlannedJob, attempt: Int, threads: Int)
        case emit(LogEvent)
        /// A result was published: into the catalog.
        case publish(PlannedJob, JobOutcome, seconds: Double)
        case remember(PlannedJob, FailureEntry.Kind, message: String, QuarantinePolicy.Streak)
        /// The video was completed: its failures do not count any more.
        case forget(FailureEntry)
        case record(EndedJob)
        /// Something a person should know, once.
        case note(String)
        /// The snapshot of the state may be due.
        case writeSnapshot
        /// End every worker that runs.
        case killAll
    }

    struct Active: Sendable {
        var job: PlannedJob
        /// 1 for the first.
        var attempt = 1
        /// Whether several threads decode it, as its worker says.
        var isThreaded = false
        /// Attempts that do not count because they had several threads.
        var spared = 0
        /// When its attempt started.
        var started: UInt64
        /// Seconds of earlier attempts.
        var earlier = 0.0
        var total = 0
        /// What the total may be, where it is not known.
        var estimatedTotal: Int?
        var current = 0
        /// Whether the log knows that it was started.
        var isAnnounced = false
        /// The highest percentage and the last step that the log knows.
        var percent = -1
        var lastStep: (current: Int, total: Int)?
        /// The pass of that step, for a job with several.
        var lastPass: Progress.Pass?
        /// Why its last attempt was lost.
        var lastReason: String?
    }

    let settings: Settings
    /// Those that are known, in their order; where ``awaited`` says so, more are to be added.
    private(set) var jobs: PlannedJobs
    /// Jobs of the run that were not added yet.
    private(set) var awaited: Int
    let begun: UInt64
    /// How many of ``jobs`` were started, from the first on.
    private(set) var started = 0
    private(set) var active: [JobID: Active] = [:]
    private var retries: [Active] = []
    private(set) var completed = 0
    private(set) var failed = 0
    private(set) var stop: StopReason?
    /// Whether a stop kept a started video from its end, or from another try.
    private var hasCut = false
    private var graceEnds: UInt64?
    private var isKilling = false
    /// Frames of all workers that said how they ended.
    private(set) var frames = 0
    /// Of all workers that said how they ended.
    private(set) var processorSeconds = 0.0
    /// The size of all planned videos.
    let bytesPlanned: Int64
    /// The size of those that have ended.
    private(set) var bytesDone: Int64 = 0
    private var actions: [Action] = []

    /// - Parameter awaited: jobs that are to follow, and the bytes of their videos.
    init(_ jobs: PlannedJobs, awaited: (jobs: Int, bytes: Int64) = (0, 0), settings: Settings, now: UInt64) {
        self.jobs = jobs
        self.awaited = awaited.jobs
        self.settings = settings
        begun = now
        bytesPlanned = jobs.sizes.reduce(awaited.bytes, &+)
    }

    /// All jobs of the run, those that are awaited included.
    var planned: Int { jobs.count + awaited }

    var isDone: Bool { active.isEmpty && (stop != nil || (started >= planned && retries.isEmpty)) }

    /// Whether a worker should be started now, provided that there is space for its result.
    var wantsStart: Bool {
        guard stop == nil else { return false }
        if started < planned { return active.count < settings.workers }
        // What is tried again has the machine to itself.
        return active.isEmpty && !retries.isEmpty
    }

    /// Whether jobs have to be added before another can start.
    var wantsJobs: Bool { wantsStart && started == jobs.count && awaited > 0 }

    /// Adds jobs behind those that are known.
    ///
    /// - Parameter awaited: how many are to follow them.
    mutating func add(_ more: [PlannedJob], awaited: Int) {
        for job in more { jobs.append(job) }
        self.awaited = awaited
    }

    /// Why the run did less than it had to do. A limit that was reached when nothing was left to do is no reason.
    var interruption: StopReason? {
        switch stop {
        case .maxDuration, .maxFailures: hasCut || started < planned ? stop : nil
        default: stop
        }
    }

    /// Planned videos that were not started, as far as they are known.
    var notStarted: PlannedJobs.SubSequence { jobs[started...] }

    mutating func handle(_ event: Event, now: UInt64) -> [Action] {
        switch event {
        case .startNext: startNext(now)
        case .spaceIsShort: beginStop(.minFree, now)
        case .message(let job, let message): receive(job, message)
        case .ended(let job, let attempt): end(job, attempt, now)
        case .signal(let number): if stop == nil { beginStop(.signal(number), now) } else { killAll() }
        case .tick: tick(now)
        case .journalFailed(let why): if stop == nil { beginStop(.failure(why), now) } else { killAll() }
        case .close: close(now)
        }
        defer { actions = [] }
        return actions
    }

    // MARK: Starting and stopping

    private mutating func startNext(_ now: UInt64) {
        guard wantsStart, !wantsJobs else { return }
        var starting: Active
        if started < jobs.count {
            starting = Active(job: jobs[started], started: now)
            started += 1
        } else {
            starting = retries.removeFirst()
            starting.attempt += 1
            (starting.started, starting.isThreaded) = (now, false)
            emit(.jobRetry(job: starting.job.id, attempt: starting.attempt, reason: starting.lastReason ?? ""))
        }
        active[starting.job.id] = starting
        // What is tried again comes when all others have ended.
        let together = min(settings.workers, active.count + planned - started)
        let threads = settings.threads.count(together: together, attempt: starting.attempt)
        actions.append(.start(starting.job, attempt: starting.attempt, threads: threads))
    }

    private mutating func tick(_ now: UInt64) {
        if let most = settings.maxDuration, stop == nil, Double(now &- begun) / 1e9 >= most {
            beginStop(.maxDuration, now)
        }
        if let graceEnds, now >= graceEnds { killAll() }
        actions.append(.writeSnapshot)
    }

    /// No new videos from here on. What is running is given its grace, or may finish where there is no hurry.
    private mutating func beginStop(_ reason: StopReason, _ now: UInt64) {
        guard stop == nil else { return }
        stop = reason
        switch reason {
        case .signal, .maxDuration, .maxFailures:
            graceEnds = now &+ UInt64(max(0, settings.grace) * 1e9)
        case .diskFull, .minFree: break
        case .failure: killAll()
        }
        let waiting = retries
        retries = []
        for job in waiting {
            let why = job.lastReason.map { "\($0); " } ?? ""
            hasCut = true
            fail(job, "\(why)stopped by \(reason.text)", kind: JobRecord.stopped, now: now)
        }
    }

    private mutating func killAll() {
        guard !isKilling else { return }
        isKilling = true
        actions.append(.killAll)
    }

    private mutating func close(_ now: UInt64) {
        let left = active.values.sorted { $0.job.video.relative < $1.job.video.relative }
        active = [:]
        if !left.isEmpty { hasCut = true }
        for job in left { fail(job, "stopped by \(stop?.text ?? "this run")", kind: JobRecord.stopped, now: now) }
    }

    // MARK: Messages of workers

    private mutating func emit(_ event: LogEvent) { actions.append(.emit(event)) }

    private mutating func receive(_ id: JobID, _ message: WorkerMessage) {
        guard var job = active[id] else { return }
        switch message {
        case .opened(let total, _, let estimate, let threads):
            job.isThreaded = threads > 1
            job.total = max(0, total)
            job.estimatedTotal = job.total > 0 ? nil : estimate.flatMap { $0 > 0 ? $0 : nil }
            emitStarted(&job)
        case .step(let current, let total, let pass):
            emitStarted(&job)
            job.current = current
            emitProgress(&job, current, total, pass)
        case .note(let text): actions.append(.note(text))
        case .heartbeat, .finished: break
        }
        active[id] = job
    }

    private mutating func emitStarted(_ job: inout Active) {
        guard !job.isAnnounced else { return }
        job.isAnnounced = true
        emit(
            .jobStarted(
                job: job.job.id, path: job.job.video.relative, totalFrames: job.total,
                size: job.job.video.status.size, estimatedTotal: job.estimatedTotal))
    }

    /// Writes a step unless it would fall behind what the log says, as in a second attempt, or where a worker begins anew
    /// because the result that it wanted to join is of no use.
    private mutating func emitProgress(
        _ job: inout Active, _ current: Int, _ total: Int, _ pass: Progress.Pass? = nil
    ) {
        let progress = Progress(currentFrame: current, totalFrames: total, pass: pass)
        let isNewPass = (pass?.completed ?? 0) > (job.lastPass?.completed ?? 0)
        let isBehind =
            !isNewPass && (job.lastStep.map { current < $0.current && total <= $0.total } ?? false)
        let isHeldBack = job.attempt > 1 ? progress.percent <= job.percent : progress.percent < job.percent || isBehind
        guard !isHeldBack else { return }
        job.percent = progress.percent
        (job.lastStep, job.lastPass) = ((current, total), pass)
        emit(.progress(job: job.job.id, progress))
    }

    // MARK: Ends of attempts and of videos

    private mutating func end(_ id: JobID, _ attempt: Attempt, _ now: UInt64) {
        guard var job = active.removeValue(forKey: id) else { return }
        if let result = attempt.result { job.job.result = result }
        emitStarted(&job)
        let seconds = job.earlier + attempt.seconds
        if case .finished(let outcome) = attempt.end {
            frames += outcome.frames
            processorSeconds += outcome.processorSeconds
            if settings.retry.allowsAnother(after: attempt, number: job.attempt) {
                return holdBack(job, outcome, seconds, now)
            }
            bytesDone &+= job.job.video.status.size
            if outcome.kind == .completed { return complete(&job, outcome, seconds) }
            return fail(job, outcome, attempt, seconds, now)
        }
        let reason = (attempt.reason ?? "stopped by \(stop?.text ?? "this run")") + attempt.holder
        if attempt.end == .stopped {
            hasCut = true
            return fail(job, reason, kind: JobRecord.stopped, stderr: attempt.stderr, seconds: seconds, now: now)
        }
        if job.isThreaded, settings.retry.mayBeOfThreads(attempt) { job.spared += 1 }
        let number = job.attempt - job.spared
        if settings.retry.allowsAnother(after: attempt, number: number) {
            if stop == nil {
                job.lastReason = reason
                job.earlier = seconds
                retries.append(job)
                return
            }
            hasCut = true
        }
        bytesDone &+= job.job.video.status.size
        let tries = job.attempt == 1 ? "" : " (\(job.attempt) tries)"
        let kind = settings.quarantine.kind(of: attempt)
        fail(
            job, reason + tries, kind: kind.rawValue, stderr: attempt.stderr, seconds: seconds,
            remembered: settings.retry.isExhausted(after: attempt, number: number) ? kind : nil, now: now)
    }

    /// A video was completed without a tool that may do better: nothing of the attempt is published, and it is tried again.
    private mutating func holdBack(_ job: Active, _ outcome: JobOutcome, _ seconds: Double, _ now: UInt64) {
        var job = job
        let reason = outcome.toolFailures.filter(\.mayEndBetter).map { "\($0.tool): \($0.message)" }
            .joined(separator: "; ")
        if let stop {
            hasCut = true
            bytesDone &+= job.job.video.status.size
            let message = "\(reason); stopped by \(stop.text)"
            return fail(job, message, kind: JobRecord.stopped, seconds: seconds, now: now)
        }
        job.lastReason = reason
        job.earlier = seconds
        retries.append(job)
    }

    private mutating func complete(_ job: inout Active, _ outcome: JobOutcome, _ seconds: Double) {
        actions.append(.publish(job.job, outcome, seconds: seconds))
        if let known = job.job.knownFailure { actions.append(.forget(known)) }
        // The last step of a pass is not that of the job, where the passes behind it did not come about.
        if job.percent < 100 {
            emitProgress(&job, outcome.frames, outcome.frames, job.lastPass?.last)
        }
        emit(.completed(job: job.job.id))
        completed += 1
        actions.append(
            .record(
                EndedJob(
                    job: job.job, attempt: job.attempt, current: job.current, status: outcome.verdict ?? .ok,
                    seconds: seconds,
                    outcome: outcome)))
        actions.append(.writeSnapshot)
    }

    /// A failure that the worker told of itself.
    private mutating func fail(
        _ job: Active, _ outcome: JobOutcome, _ attempt: Attempt, _ seconds: Double, _ now: UInt64
    ) {
        let message = outcome.message ?? VideoStatus.failed.rawValue
        if outcome.kind == .diskFull { beginStop(.diskFull, now) }
        if outcome.kind == .io { beginStop(.failure("\(job.job.video.relative.display): \(message)"), now) }
        fail(
            job, message, kind: outcome.kind.rawValue, stderr: attempt.stderr, seconds: seconds,
            remembered: settings.quarantine.kind(of: outcome.kind), outcome: outcome, now: now)
    }

    /// - Parameter remembered: how later runs are to know of it; nil when they are not.
    private mutating func fail(
        _ job: Active, _ message: String, kind: String, stderr: [String] = [], seconds: Double = 0,
        remembered: FailureEntry.Kind? = nil, outcome: JobOutcome? = nil, now: UInt64
    ) {
        let planned = job.job
        if let remembered {
            let streak = settings.quarantine.streak(
                remembered, of: planned.video.status, known: planned.knownFailure)
            actions.append(.remember(planned, remembered, message: message, streak))
        }
        emit(.error(job: planned.id, message: "\(planned.video.relative.display): \(message)"))
        failed += 1
        actions.append(
            .record(
                EndedJob(
                    job: planned, attempt: job.attempt, current: job.current, status: .failed, seconds: seconds,
                    outcome: outcome, message: message, kind: kind, stderr: stderr)))
        if let limit = settings.maxFailures, limit.isReached(failed: failed, planned: self.planned) {
            beginStop(.maxFailures, now)
        }
        actions.append(.writeSnapshot)
    }
}

extension Scheduler.Settings {
    init(_ options: RunOptions) {
        self.init(
            workers: options.workers, threads: options.threads, maxDuration: options.maxDuration,
            maxFailures: options.maxFailures,
            grace: options.grace, retry: RetryPolicy(retries: options.retries),
            quarantine: QuarantinePolicy(digest: options.digest, version: options.version))
    }
}
