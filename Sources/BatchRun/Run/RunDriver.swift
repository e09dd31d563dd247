internal import Bytes
internal import Jobs
internal import Store

/// Where a run has jobs from that are read as its videos are handed out.
protocol JobSource: AnyObject {
    /// Jobs that were not handed out yet; 0 when there are no more.
    var awaited: Int { get }
    /// Bytes of their videos.
    var awaitedBytes: Int64 { get }

    /// The next jobs; none only when there are no more.
    func next() throws -> [PlannedJob]
}

/// Carries out what the scheduler decides: starts and ends workers, and has the journal write the files.
final class RunDriver {
    private(set) var scheduler: Scheduler
    private let journal: RunJournal
    private let options: RunOptions
    private let kill = KillSwitch()
    private let folders = ResultFolders()
    /// The processes of plugins; nil in a run without.
    private let pool: PluginPool?
    /// What jobs behind those of the plan are read from.
    private let source: (any JobSource)?
    /// Workers that were started and have not ended.
    private var running = 0
    /// Whether a file of the run's own could not be written.
    private var hasFailed = false

    /// - Parameters:
    ///   - source: of more jobs than those of the plan.
    ///   - begun: when the run began, in nanoseconds of the monotonic clock.
    init(
        _ plan: Plan, more source: (any JobSource)? = nil, journal: RunJournal, options: RunOptions,
        pool: PluginPool? = nil, begun: UInt64
    ) {
        scheduler = Scheduler(
            plan.jobs, awaited: (source?.awaited ?? 0, source?.awaitedBytes ?? 0),
            settings: Scheduler.Settings(options),
            now: begun)
        self.source = source
        self.journal = journal
        self.options = options
        self.pool = pool
    }

    /// Runs the plan to its end. The one consumer of all events; workers, the clock and signals are their producers.
    func run(_ events: RunEvents, display: (RunView) -> Void) async {
        let workBegan = monotonicNanoseconds()
        let folders = folders
        func show() {
            display(RunView(journal.state, scheduler, now: monotonicNanoseconds(), workBegan: workBegan))
        }
        // The shortest run is seen once, too.
        var isShown = false
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(100))) != nil { events.tick() }
            }
            while true {
                do {
                    while scheduler.wantsStart {
                        if scheduler.wantsJobs, let source {
                            try readOn(source)
                            continue
                        }
                        for worker in try handle(hasSpace() ? .startNext : .spaceIsShort) {
                            running += 1
                            let id = worker.request.job
                            group.addTask {
                                let attempt = await worker.runAndPublish(folders) { await events.send(id, $0) }
                                events.end(id, attempt)
                            }
                        }
                    }
                    if running == 0, scheduler.isDone || hasFailed { break }
                    if !isShown {
                        isShown = true
                        show()
                    }
                    let event = await events.next()
                    if case .ended = event { running -= 1 }
                    _ = try handle(event)
                    if case .tick = event { show() }
                } catch {
                    abandon(error)
                    if running == 0 { break }
                }
            }
            group.cancelAll()
        }
        await options.zygotes?.close()
    }

    /// Takes over the next jobs of a list that is read as videos are handed out.
    private func readOn(_ source: any JobSource) throws {
        let jobs = try source.next()
        try journal.tell(jobs)
        scheduler.add(jobs, awaited: source.awaited)
    }

    /// Has the scheduler take one event, and carries out what it answers but for the starts.
    ///
    /// - Returns: the workers to start.
    private func handle(_ event: Scheduler.Event) throws -> [WorkerProcess] {
        var workers: [WorkerProcess] = []
        var actions = scheduler.handle(event, now: monotonicNanoseconds())[...]
        while let action = actions.popFirst() {
            if case .start(let job, let attempt, let threads) = action {
                workers.append(worker(job, attempt, threads: threads))
                continue
            }
            do {
                try perform(action)
            } catch {
                goOn(actions, behind: action, error)
                throw error
            }
        }
        return workers
    }

    /// Does what is left behind an action that failed, as far as it can be done: a video that has ended is told of in log and
    /// record. One whose result is not in the catalog has failed: the next run makes it again.
    private func goOn(_ rest: ArraySlice<Scheduler.Action>, behind failed: Scheduler.Action, _ error: any Error) {
        var lost: PlannedJob?
        if case .publish(let job, _, _) = failed { lost = job }
        let message = "the result could not be entered into the catalog: \(error)"
        for action in rest {
            switch action {
            case .start: break
            case .emit(.completed(let job)) where job == lost?.id:
                let path = lost?.video.relative.display ?? ""
                try? journal.emit(.error(job: job, message: "\(path): \(message)"))
            case .record(let ended) where ended.job.id == lost?.id:
                try? journal.record(
                    EndedJob(
                        job: ended.job, attempt: ended.attempt, current: ended.current, status: .failed,
                        seconds: ended.seconds, message: message, kind: JobOutcome.Kind.io.rawValue))
            default: try? perform(action)
            }
        }
    }

    private func perform(_ action: Scheduler.Action) throws {
        switch action {
        case .start: break
        case .killAll: kill.turnOn()
        case .emit(let event): try journal.emit(event)
        case .publish(let job, let outcome, let seconds): try journal.publish(job, outcome, seconds)
        case .remember(let job, let kind, let message, let streak):
            try journal.remember(job, kind, message, streak)
        case .forget(let entry): try journal.forget(entry)
        case .record(let job): try journal.record(job)
        case .note(let text): journal.note(text)
        case .writeSnapshot: try journal.writeSnapshot()
        }
    }

    private func worker(_ job: PlannedJob, _ attempt: Int, threads: Int) -> WorkerProcess {
        let request = request(job, threads: threads)
        var child = ChildProcess(
            program: options.worker, arguments: options.workerArguments, lineLimit: WorkerMessage.lineLimit)
        child.zygotes = options.zygotes
        return WorkerProcess(
            child: child,
            request: request,
            deadlines: Deadlines(
                stall: options.stall, timeout: options.timeout, size: job.video.status.size,
                hasPlugins: !request.workedTools.isEmpty),
            kill: kill, pool: pool, retry: scheduler.settings.retry, number: attempt)
    }

    private func request(_ job: PlannedJob, threads: Int) -> JobRequest {
        let tools = options.requests(job.tools)
        let kept = job.tools?.kept ?? []
        // Stills are made of decoded pictures.
        let rest = tools.filter { !kept.contains($0.id) && $0.leftOut == nil }
        let isDecoded = kept.isEmpty || !rest.isEmpty || job.moved != nil
        var request = JobRequest(
            job: job.id, input: job.video.path, relative: job.video.relative, root: options.output,
            result: job.result, tools: tools, kept: kept, threads: threads, nice: options.nice,
            memory: options.memory, timeout: options.timeout, sandbox: options.sandbox,
            progressInterval: options.progressInterval,
            stills: options.stills && isDecoded, size: job.video.status.size, modified: job.video.status.modified,
            inode: job.video.status.inode)
        request.origin = job.moved.map {
            JobRequest.Origin(job: $0.entry.job, path: $0.entry.path, result: $0.entry.result, content: $0.content)
        }
        request.threadedPixels = options.threads.threadedPixels
        request.wantsContent = options.identity == .hash
        if !kept.isEmpty, job.stored != job.result { request.stored = job.stored }
        return request
    }

    private func hasSpace() throws -> Bool {
        guard options.minFree > 0 else { return true }
        return try Files.freeSpace(options.output) >= options.minFree
    }

    /// Ends in the log whatever has not ended by now.
    func close() throws { _ = try handle(.close) }

    /// The run's own files cannot be written any more: stops. What can still be written of that is.
    func abandon(_ error: any Error) {
        hasFailed = true
        for action in scheduler.handle(.journalFailed("\(error)"), now: monotonicNanoseconds()) {
            try? perform(action)
        }
    }

    /// Seconds since the run began.
    var seconds: Double { Double(monotonicNanoseconds() &- scheduler.begun) / 1e9 }
}
