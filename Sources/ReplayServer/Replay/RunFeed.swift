internal import Archive
internal import Bytes
internal import Jobs
internal import Synchronization

/// One run for all who ask for it at once: keeps its replay behind a lock, and drives it in a task.
final class RunFeed: Sendable {
    struct Options: Sendable {
        var speed = ReplaySpeed.times(1)
        /// Seconds from the first line.
        var start = 0.0
        var isPaused = false
        /// Seconds; nil keeps gaps as they were.
        var longestGap: Double?
    }

    let id: String
    /// Seconds after which a gap is jumped.
    let longestGap: Double?
    private let layout: OutputLayout
    private let replay: Mutex<RunReplay>
    private let isDriven = Mutex(false)
    private let wakeup = WakeableSleep()
    private let recorded = Mutex<RecordedRun?>(nil)
    private let hold = Mutex(SelectionHold())

    /// - Parameter clock: where the replay of this run was left; at its beginning when nil.
    /// - Returns: nil when the run has no log.
    init?(_ layout: OutputLayout, run id: String, options: Options, clock: ReplayClock? = nil) {
        guard let summary = RunLogSummary(layout, run: id) else { return nil }
        self.id = id
        longestGap = options.longestGap
        self.layout = layout
        let timeline = Timeline(duration: summary.duration, longestGap: options.longestGap)
        let clock =
            clock
            ?? ReplayClock(timeline: timeline, speed: options.speed, from: options.start, isPaused: options.isPaused)
        replay = Mutex(RunReplay(source: LogSource(layout, run: id, status: summary.status), clock: clock))
    }

    // MARK: Reading

    var status: RunStatus { replay.withLock { $0.source.status } }

    var isLive: Bool { status == .running }

    /// Begins the replay, if it has not begun; reads the log, if it was not read.
    func start(_ now: UInt64 = monotonicNanoseconds()) {
        let begins = replay.withLock { $0.start(now) }
        load()
        if begins { wakeup.signal() }
    }

    /// Waits until so much of the log was read that `isEnough` is answered with something, or all of it.
    func whenLoaded<Answer: Sendable>(_ isEnough: @Sendable (LogIndex, Double) -> Answer?) async -> Answer? {
        load()
        while true {
            let (answer, isLoaded) = replay.withLock { replay in
                (isEnough(replay.source.index, replay.moment(monotonicNanoseconds())), replay.source.isLoaded)
            }
            if answer != nil || isLoaded { return answer }
            try? await Task.sleep(for: .milliseconds(5))
            if Task.isCancelled { return nil }
        }
    }

    /// Waits until the log was read as far as its moment is.
    func whenLoadedToNow() async {
        _ = await whenLoaded { index, moment in index.duration > moment ? true : nil }
    }

    /// Waits until the log was read up to a moment, seconds from its first line, or all of it.
    func whenLoaded(to time: Double) async {
        _ = await whenLoaded { index, _ in index.duration > time ? true : nil }
    }

    /// Waits until the line of a sequence number was read, if it is there.
    func whenKnown(seq: Int?) async {
        guard let seq else { return }
        _ = await whenLoaded { index, _ in index.count > 0 && index.seq(index.count - 1) >= seq ? true : nil }
    }

    /// Waits until the log has named what the run will do, at most ``planPatience``: a run that has just begun may be
    /// writing its plan.
    ///
    /// - Returns: false when it has not.
    func whenPlanned() async -> Bool {
        load()
        let end = monotonicNanoseconds() + RunFeed.planPatience
        while true {
            let (isKnown, mayFollow) = replay.withLock { replay in
                (replay.source.index.isPlanKnown, replay.isLive || !replay.source.isLoaded)
            }
            if isKnown || !mayFollow { return true }
            guard monotonicNanoseconds() < end else { return false }
            try? await Task.sleep(for: .milliseconds(5))
            if Task.isCancelled { return false }
        }
    }

    /// Nanoseconds: a plan of many thousand videos is written in less.
    private static let planPatience: UInt64 = 10_000_000_000

    /// How far the run is at this moment, or will be as soon as its clock is started.
    var positionNow: ReplayPosition { replay.withLock { $0.position(monotonicNanoseconds()) } }

    /// Calls `body` with the index, and how many of its lines have happened.
    ///
    /// What was told to subscribers has happened for everybody, and the other way round: HTTP never lags behind.
    func read<Answer>(_ body: (LogIndex, Int, RunStatus) -> sending Answer) -> sending Answer {
        replay.withLock { replay in
            body(replay.source.index, replay.linesUntilNow(monotonicNanoseconds()), replay.source.status)
        }
    }

    func bytes(_ range: (offset: Int64, length: Int)) throws(SystemError) -> [UInt8] { try lines().line(range) }

    func bytes(_ offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        try lines().bytes(offset, count: count)
    }

    private func lines() throws(SystemError) -> LogLineCache {
        try replay.withLock { replay throws(SystemError) in try replay.lines() }
    }

    /// What `run.json` says; nil before it is written.
    var facts: RecordedRun? {
        recorded.withLock { recorded in
            if recorded == nil { recorded = RecordedRun(layout.summary(run: id)) }
            return recorded
        }
    }

    // MARK: Those who named no run

    /// Whether somebody who named no run is being told of this one: see ``SelectionHold``.
    var isHeld: Bool {
        let now = monotonicNanoseconds()
        let isOver = replay.withLock { $0.isOver(now) }
        return hold.withLock { $0.isHeld(now, isOver: isOver) }
    }

    /// Whether all that there is to tell of it has happened.
    var isOver: Bool { replay.withLock { $0.isOver(monotonicNanoseconds()) } }

    func noteSocket(isOpen: Bool) { hold.withLock { isOpen ? $0.open() : $0.close() } }
    func noteTold() { hold.withLock { $0.tell(monotonicNanoseconds()) } }
    func noteAsked() { hold.withLock { $0.ask(monotonicNanoseconds()) } }

    // MARK: The clock

    var clock: ClockState { replay.withLock { $0.clockState(monotonicNanoseconds()) } }

    /// Changes the clock of a run that is over.
    ///
    /// - Returns: false for a run that is being written: its clock is now.
    func change(at time: Double?, speed: ReplaySpeed?, isPlaying: Bool?) -> Bool {
        let isChanged = replay.withLock { replay in
            replay.change(at: time, speed: speed, isPlaying: isPlaying, monotonicNanoseconds())
        }
        load()
        wakeup.signal()
        return isChanged
    }

    // MARK: Subscribers

    /// Adds one who watches a job, or with nil the whole run. It has to be removed again.
    func subscribe(_ job: JobID?) -> Subscription {
        let subscription = replay.withLock { $0.subscribe(job) }
        load()
        return subscription
    }

    func unsubscribe(_ subscription: Subscription) { replay.withLock { $0.unsubscribe(subscription.id) } }

    // MARK: The loop

    /// Begins to read the log and to follow it, unless that was begun. The clock does not start.
    func load() {
        let isFirst = isDriven.withLock { isDriven in
            defer { isDriven = true }
            return !isDriven
        }
        guard isFirst else { return }
        // It does not keep the feed: one that nobody has any more ends, and gives back its files.
        Task { [weak self, wakeup] in
            while let next = self?.step() {
                switch next {
                case .again: await Task.yield()
                case .at(let deadline): await wakeup.wait(until: deadline)
                case .whenAsked: await wakeup.wait(until: nil)
                }
            }
        }
    }

    private func step() -> RunReplay.Next { replay.withLock { $0.step(monotonicNanoseconds()) } }

    deinit { wakeup.signal() }

    /// Whether another feed could take this one's place at any time: nothing more will come of its log.
    var isReplaceable: Bool { replay.withLock { $0.source.nextLook(monotonicNanoseconds()) == nil } }

    /// Whether the run's own log says all that this feed made of the logs of shards; see ``LogSource``.
    var isTakenOver: Bool { replay.withLock { $0.source.isTakenOver } }

    /// Where the log is made of those of shards: a descriptor of it, for whoever closes it, once it was read; else nil.
    func joinedLog() async throws(SystemError) -> FileDescriptor? {
        guard replay.withLock({ $0.source.isJoining }) else { return nil }
        await whenLoaded(to: .infinity)
        return try replay.withLock { replay throws(SystemError) in
            guard replay.source.isJoining else { return nil }
            return try replay.source.sharedDescriptor()
        }
    }

    /// The run as this feed has it where its log is made of those of shards; else as it was given.
    func summary(_ given: RunLogSummary) -> RunLogSummary {
        replay.withLock { replay in
            guard replay.source.isJoining else { return given }
            var summary = given
            (summary.size, summary.status) = (replay.source.size, replay.source.status)
            let index = replay.source.index
            guard index.count > 0 else { return summary }
            (summary.events, summary.duration) = (index.seq(index.count - 1), index.duration)
            return summary
        }
    }

    /// Where the replay is; nil while it stands at its beginning.
    var clockToKeep: ReplayClock? { replay.withLock { $0.clock.isStarted ? $0.clock : nil } }
}
