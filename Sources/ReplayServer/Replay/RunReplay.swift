internal import Archive
internal import Bytes
internal import Jobs

/// What HTTP and the sockets tell of a run's clock.
struct ClockState: Equatable, Sendable {
    /// Seconds from the first line.
    var at: Double
    var duration: Double
    var speed: ReplaySpeed
    var isPlaying: Bool
    var isLive: Bool
    /// Of a log that is made of those of shards, which of the makings this is.
    var made: String?
}

/// A run as it is replayed, or as it goes on: puts its log, its clock and its watchers together. It decides and tells,
/// and never waits.
///
/// A run that is being written is live: its moment is now. Once it ends it stands at its end, and can be replayed.
/// Moments of the wall are nanoseconds of a monotonic clock, handed in.
struct RunReplay {
    /// When the next step is due.
    enum Next: Equatable, Sendable {
        case again
        case at(UInt64)
        case whenAsked
    }

    private(set) var source: LogSource
    private(set) var clock: ReplayClock
    private(set) var audience = Broadcaster()

    init(source: LogSource, clock: ReplayClock) { (self.source, self.clock) = (source, clock) }

    var isLive: Bool { source.status == .running }

    /// Whether all that there is to tell of it has happened.
    func isOver(_ now: UInt64) -> Bool {
        !isLive && source.isLoaded && clock.isStarted && linesUntilNow(now) == source.index.count
    }

    /// Run seconds from the first line.
    func moment(_ now: UInt64) -> Double { isLive ? source.index.duration : clock.position(now) }

    /// How many lines have happened.
    func linesUntilNow(_ now: UInt64) -> Int {
        if isLive { return source.index.count }
        return clock.isStarted ? source.index.lines(until: clock.position(now)) : 0
    }

    /// How far the run is, or will be as soon as its clock is started.
    func position(_ now: UInt64) -> ReplayPosition {
        var position = audience.position
        position.lines = linesUntilNow(now)
        if !isLive, !clock.isStarted, clock.beginning > 0 {
            position.lines = source.index.lines(until: clock.beginning)
        }
        return position
    }

    func clockState(_ now: UInt64) -> ClockState {
        if isLive {
            let end = source.index.duration
            return ClockState(
                at: end, duration: end, speed: .times(1), isPlaying: true, isLive: true, made: source.made)
        }
        return ClockState(
            at: clock.position(now), duration: clock.timeline.duration, speed: clock.speed,
            isPlaying: clock.isPlaying(now), isLive: false, made: source.made)
    }

    /// Begins the replay.
    ///
    /// - Returns: false when it had begun.
    mutating func start(_ now: UInt64) -> Bool {
        defer { clock.start(now) }
        return !clock.isStarted
    }

    /// Changes the clock of a run that is over.
    ///
    /// - Returns: false for a run that is being written: its clock is now.
    mutating func change(at time: Double?, speed: ReplaySpeed?, isPlaying: Bool?, _ now: UInt64) -> Bool {
        guard !isLive else { return false }
        if let speed { clock.setSpeed(speed, now) }
        if let isPlaying { clock.setPlaying(isPlaying, now) }
        if let time { clock.seek(to: time, now) }
        let lines = linesUntilNow(now)
        audience.change { position in
            position.clock += 1
            guard time != nil else { return }
            position.generation += 1
            position.lines = lines
        }
        return true
    }

    mutating func subscribe(_ job: JobID?) -> Subscription { audience.subscribe(job) }

    mutating func unsubscribe(_ id: Int) { audience.unsubscribe(id) }

    /// What reads lines of the log.
    mutating func lines() throws(SystemError) -> LogLineCache { try source.lines() }

    /// Reads on in the log, and tells the watchers of each line as its moment comes.
    mutating func step(_ now: UInt64) -> Next {
        let hasMore = readOn(now)
        let lines = linesUntilNow(now)
        audience.advance(to: lines, of: source.index)
        if hasMore { return .again }
        if !isLive {
            tellOfTheEnd()
            if lines < source.index.count, let next = clock.deadline(source.index.time(lines), now) { return .at(next) }
        }
        return source.nextLook(now).map { .at($0) } ?? .whenAsked
    }

    /// Returns whether there may be more at once.
    private mutating func readOn(_ now: UInt64) -> Bool {
        let (news, hasMore) = source.advance(now)
        switch news {
        case .nothing: break
        case .replaced:
            clock.forgetGaps()
            audience.change { position in
                position.generation += 1
                position.lines = 0
            }
        case .lines: clock.learn(source.index)
        case .resumed:
            clock.learn(source.index)
            audience.change { $0.clock += 1 }
        case .ended:
            clock.learn(source.index)
            // It stands at its end.
            clock.seek(to: source.index.duration, now)
            audience.change { $0.clock += 1 }
        }
        return hasMore
    }

    /// A run that ended without saying so is over for its watchers when the replay has come to its last line.
    private mutating func tellOfTheEnd() {
        let isAtEnd = source.isLoaded && clock.isStarted && audience.position.lines == source.index.count
        let isDead = source.status == .interrupted && isAtEnd
        if isDead != audience.position.isDead { audience.change { $0.isDead = isDead } }
    }
}
