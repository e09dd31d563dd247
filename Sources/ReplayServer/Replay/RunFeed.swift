internal import Archive
internal import Bytes
internal import Jobs
internal import Synchronization

/// One run as it is replayed, or as it goes on: the index of its log, its clock, and those who watch.
///
/// A run that is being written is live: its moment is now. Once it ends it stands at its end, and can be replayed.
final class RunFeed: Sendable {
    struct Options: Sendable {
        var speed = ReplaySpeed.times(1)
        /// Seconds from the first line.
        var start = 0.0
        var isPaused = false
        /// Seconds; nil keeps gaps as they were.
        var longestGap: Double?
    }

    /// What HTTP and the sockets tell of a run's clock.
    struct ClockState: Equatable, Sendable {
        var at: Double
        var duration: Double
        var speed: ReplaySpeed
        var isPlaying: Bool
        var isLive: Bool
    }

    let id: String
    /// Seconds after which a gap is jumped.
    let longestGap: Double?
    private let layout: OutputLayout
    private let state: Mutex<State>
    private let wakeup = Wakeup()
    private let summary = Mutex<RunFacts?>(nil)

    private struct State {
        var index = LogIndex()
        var follower: LogFollower
        var reader: LineReader?
        var clock: ReplayClock
        var standing: RunStatus
        /// The whole log was read once.
        var isLoaded = false
        var advance = Advance()
        var subscribers: [Int: (job: JobID?, continuation: AsyncStream<Advance>.Continuation)] = [:]
        var nextSubscriber = 0
        var isPumping = false
        /// It was being written while it was watched, so it may be taken up again.
        var wasLive = false
        /// When the writer was last looked for.
        var checked: UInt64 = 0
        /// When lines last came.
        var heard: UInt64 = 0
        /// Lines that the timeline knows the gaps of.
        var timed = 1
    }

    /// Bytes of a log that are taken in at once, so that who asks meanwhile need not wait long.
    private static let slice = 1 << 20
    /// Nanoseconds between two looks at a log that has just grown.
    private static let tick: UInt64 = 20_000_000
    /// Nanoseconds between two looks at one that is silent: a look costs about a quarter of a millisecond.
    private static let slowTick: UInt64 = 50_000_000
    /// Nanoseconds after which a log counts as silent, and between two looks for its writer.
    private static let patience: UInt64 = 1_000_000_000

    /// - Returns: nil when the run has no log.
    init?(_ layout: OutputLayout, run id: String, options: Options) {
        guard let glance = RunGlance(layout, run: id) else { return nil }
        self.id = id
        longestGap = options.longestGap
        self.layout = layout
        let timeline = Timeline(duration: glance.duration, longestGap: options.longestGap)
        let clock = ReplayClock(
            timeline: timeline, speed: options.speed, from: options.start, isPaused: options.isPaused)
        state = Mutex(
            State(follower: LogFollower(layout.log(run: id)), clock: clock, standing: glance.status))
    }

    // MARK: Reading

    var standing: RunStatus { state.withLock { $0.standing } }

    var isLive: Bool { standing == .running }

    /// Begins the replay, if it has not begun; reads the log, if it was not read.
    func start(_ now: UInt64 = monotonicNanoseconds()) {
        let begins = state.withLock { state in
            defer { state.clock.start(now) }
            return !state.clock.isStarted
        }
        pump()
        if begins { wakeup.signal() }
    }

    /// Reads the log without starting the clock.
    func load() { pump() }

    /// Waits until so much of the log was read that `isEnough` is answered with something, or all of it.
    func whenLoaded<Answer: Sendable>(_ isEnough: @Sendable (LogIndex, Double) -> Answer?) async -> Answer? {
        load()
        while true {
            let (answer, isLoaded) = state.withLock { state in
                (isEnough(state.index, moment(state)), state.isLoaded)
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

    /// How far the run is at this moment, or will be as soon as its clock is started.
    var standingNow: Advance {
        state.withLock { state in
            var advance = state.advance
            advance.lines = happened(state, monotonicNanoseconds())
            if state.standing != .running, !state.clock.isStarted, state.clock.beginning > 0 {
                advance.lines = state.index.lines(until: state.clock.beginning)
            }
            return advance
        }
    }

    /// Waits until the line of a sequence number was read, if it is there.
    func whenKnown(seq: Int?) async {
        guard let seq else { return }
        _ = await whenLoaded { index, _ in index.count > 0 && index.seq(index.count - 1) >= seq ? true : nil }
    }

    /// Calls `body` with the index, and how many of its lines have happened.
    ///
    /// What was told to subscribers has happened for everybody, and the other way round: HTTP never lags behind.
    func read<Answer>(_ body: (LogIndex, Int, RunStatus) -> sending Answer) -> sending Answer {
        state.withLock { state in body(state.index, happened(state, monotonicNanoseconds()), state.standing) }
    }

    func bytes(_ range: (offset: Int64, length: Int)) throws(SystemError) -> [UInt8] { try reader().line(range) }

    func bytes(_ offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        try reader().bytes(offset, count: count)
    }

    private func reader() throws(SystemError) -> LineReader {
        let path = layout.log(run: id)
        return try state.withLock { state throws(SystemError) in
            if let reader = state.reader { return reader }
            let reader = try LineReader(path)
            state.reader = reader
            return reader
        }
    }

    /// What `run.json` says; nil before it is written.
    var facts: RunFacts? {
        summary.withLock { summary in
            if summary == nil { summary = RunFacts(layout.summary(run: id)) }
            return summary
        }
    }

    private func moment(_ state: borrowing State) -> Double {
        state.standing == .running ? state.index.duration : state.clock.position(monotonicNanoseconds())
    }

    private func happened(_ state: borrowing State, _ now: UInt64) -> Int {
        if state.standing == .running { return state.index.count }
        guard state.clock.isStarted else { return 0 }
        return max(state.index.lines(until: state.clock.position(now)), 0)
    }

    // MARK: The clock

    var clock: ClockState {
        let now = monotonicNanoseconds()
        return state.withLock { clock($0, now) }
    }

    private func clock(_ state: borrowing State, _ now: UInt64) -> ClockState {
        if state.standing == .running {
            let end = state.index.duration
            return ClockState(at: end, duration: end, speed: .times(1), isPlaying: true, isLive: true)
        }
        return ClockState(
            at: state.clock.position(now), duration: state.clock.timeline.duration, speed: state.clock.speed,
            isPlaying: state.clock.isPlaying(now), isLive: false)
    }

    /// Changes the clock of a run that is over.
    ///
    /// - Returns: false for a run that is being written: its clock is now.
    func change(at time: Double?, speed: ReplaySpeed?, isPlaying: Bool?) -> Bool {
        let now = monotonicNanoseconds()
        let isChanged = state.withLock { state in
            guard state.standing != .running else { return false }
            if let speed { state.clock.setSpeed(speed, now) }
            if let isPlaying { state.clock.setPlaying(isPlaying, now) }
            if let time { state.clock.seek(to: time, now) }
            state.advance.clock += 1
            if time != nil {
                state.advance.place += 1
                state.advance.lines = happened(state, now)
            }
            publish(&state)
            return true
        }
        pump()
        wakeup.signal()
        return isChanged
    }

    // MARK: Subscribers

    /// Adds one who watches a job, or with nil the whole run. It has to be removed again.
    func subscribe(_ job: JobID?) -> Subscription {
        let (stream, continuation) = AsyncStream.makeStream(of: Advance.self, bufferingPolicy: .bufferingNewest(1))
        let subscription = state.withLock { state in
            let number = state.nextSubscriber
            state.nextSubscriber += 1
            state.subscribers[number] = (job, continuation)
            return Subscription(id: number, start: state.advance, advances: stream)
        }
        pump()
        return subscription
    }

    func unsubscribe(_ subscription: Subscription) {
        let removed = state.withLock { $0.subscribers.removeValue(forKey: subscription.id) }
        removed?.continuation.finish()
    }

    /// Tells those whom it concerns how far the run is; with no range, everybody.
    private func publish(_ state: inout State, lines: Range<Int>? = nil) {
        guard let lines else {
            for subscriber in state.subscribers.values { subscriber.continuation.yield(state.advance) }
            return
        }
        var touched: Set<JobID> = []
        for line in lines { if let owner = state.index.owner(line) { touched.insert(state.index.jobs[owner].id) } }
        for subscriber in state.subscribers.values where subscriber.job.map({ touched.contains($0) }) ?? true {
            subscriber.continuation.yield(state.advance)
        }
    }

    // MARK: The pump

    /// Starts what drives this run, unless it is at work.
    private func pump() {
        let isIdle = state.withLock { state in
            defer { state.isPumping = true }
            return !state.isPumping
        }
        if isIdle { Task { await drive() } }
    }

    /// Reads the log, follows it while it grows, and tells subscribers of each line as its moment comes.
    private func drive() async {
        while true {
            switch step(monotonicNanoseconds()) {
            case .again: await Task.yield()
            case .at(let deadline): await wakeup.wait(until: deadline)
            case .whenAsked:
                await wakeup.wait(until: nil)
            }
        }
    }

    private enum Next {
        case again
        case at(UInt64)
        case whenAsked
    }

    private func step(_ now: UInt64) -> Next {
        state.withLock { state in
            let isGrowing = advance(&state, now)
            let lines = happened(state, now)
            if lines > state.advance.lines {
                let new = state.advance.lines..<lines
                state.advance.lines = lines
                publish(&state, lines: new)
            }
            if isGrowing { return .again }
            if state.standing == .running {
                return .at(now + (now - state.heard < RunFeed.patience ? RunFeed.tick : RunFeed.slowTick))
            }
            tellOfTheEnd(&state, now)
            if lines < state.index.count, let next = state.clock.deadline(state.index.time(lines), now) {
                return .at(next)
            }
            // A writer that died may be followed by another.
            return state.wasLive && state.standing == .interrupted ? .at(now + RunFeed.patience) : .whenAsked
        }
    }

    /// A run that ended without saying so is over for its watchers when the replay has come to its last line.
    private func tellOfTheEnd(_ state: inout State, _ now: UInt64) {
        let isAtEnd = state.isLoaded && state.clock.isStarted && state.advance.lines == state.index.count
        let isDead = state.standing == .interrupted && isAtEnd
        guard isDead != state.advance.isDead else { return }
        state.advance.isDead = isDead
        publish(&state)
    }

    /// Takes in what the log has. Returns whether there may be more at once.
    private func advance(_ state: inout State, _ now: UInt64) -> Bool {
        guard !state.isLoaded || state.standing == .running || (state.wasLive && state.standing == .interrupted)
        else { return false }
        let news: LogFollower.News
        do throws(SystemError) {
            news = try state.follower.advance(&state.index, limit: RunFeed.slice)
        } catch {
            // A log that went away: what is known of it stays.
            state.isLoaded = true
            if state.standing == .running { state.standing = .interrupted }
            return false
        }
        switch news {
        case .replaced:
            state.index = LogIndex()
            (state.reader, state.timed, state.isLoaded) = (nil, 1, false)
            state.advance.place += 1
            state.advance.lines = 0
            publish(&state)
            return true
        case .lines:
            learnTimes(&state)
            if state.isLoaded, state.standing == .interrupted {
                state.standing = .running
                state.advance.clock += 1
            }
            (state.checked, state.heard) = (now, now)
            if state.index.status == .finished, state.standing == .running { end(&state, .finished, now) }
            return !state.isLoaded
        case .nothing:
            state.isLoaded = true
            // What is open before the first client is no descriptor of theirs.
            if state.reader == nil { state.reader = try? LineReader(layout.log(run: id)) }
            if state.standing == .running, now - state.checked >= RunFeed.patience { lookForWriter(&state, now) }
            return false
        }
    }

    private func learnTimes(_ state: inout State) {
        for gap in state.index.gaps(longerThan: state.clock.timeline.longestGap ?? .infinity, from: state.timed) {
            state.clock.timeline.add(gap: gap.start, to: gap.end)
        }
        state.timed = max(1, state.index.count)
        state.clock.timeline.extend(to: state.index.duration)
    }

    private func lookForWriter(_ state: inout State, _ now: UInt64) {
        state.checked = now
        let modified = (try? Files.status(layout.log(run: id)))?.modified ?? 0
        if !RunGlance.isBeingWritten(layout, run: id, modified: modified) { end(&state, .interrupted, now) }
    }

    /// A live run is over: its clock stands at its end.
    private func end(_ state: inout State, _ standing: RunStatus, _ now: UInt64) {
        (state.standing, state.wasLive) = (standing, true)
        state.clock.seek(to: state.index.duration, now)
        state.advance.clock += 1
        publish(&state)
    }
}
