internal import Archive

/// How fast a replay goes.
package enum ReplaySpeed: Equatable, Sendable {
    /// So many times as fast as the run was.
    case times(Double)
    /// The run is simply over.
    case max
}

/// Where the replay of an archived run is: one for all who watch it.
///
/// It stands at its beginning until it is started; at the speed ``ReplaySpeed/max`` it is at its end from the first moment
/// on. Moments of the wall are nanoseconds of a monotonic clock, handed in.
struct ReplayClock: Sendable {
    private(set) var timeline: Timeline
    private(set) var speed: ReplaySpeed
    private(set) var isStarted = false
    private var isRunning: Bool
    /// Played seconds at the moment `since`.
    private var origin: Double
    private var since: UInt64 = 0
    /// Lines of the log whose gaps the timeline knows.
    private var known = 1

    init(timeline: Timeline, speed: ReplaySpeed, from start: Double, isPaused: Bool) {
        self.timeline = timeline
        self.speed = speed
        isRunning = !isPaused
        // At this speed the run is over, whoever asks.
        isStarted = speed == .max && !isPaused
        origin = timeline.played(Swift.max(0, start))
    }

    /// Run seconds from the first line.
    func position(_ now: UInt64) -> Double {
        if speed == .max, isStarted, isRunning { return timeline.duration }
        return min(timeline.duration, timeline.time(played(now)))
    }

    /// Where it will be as soon as it is started.
    var beginning: Double {
        speed == .max && isRunning ? timeline.duration : min(timeline.duration, timeline.time(origin))
    }

    private func played(_ now: UInt64) -> Double {
        guard isStarted, isRunning, case .times(let factor) = speed, now > since else { return origin }
        return origin + Double(now - since) / 1e9 * factor
    }

    /// Whether it moves: at the end it does not.
    func isPlaying(_ now: UInt64) -> Bool { isRunning && position(now) < timeline.duration }

    /// Begins, if it has not begun.
    mutating func start(_ now: UInt64) {
        guard !isStarted else { return }
        isStarted = true
        since = now
    }

    mutating func seek(to time: Double, _ now: UInt64) {
        isStarted = true
        origin = timeline.played(min(Swift.max(0, time), timeline.duration))
        since = now
        // At this speed there is no other place than the end.
        if speed == .max { speed = .times(1) }
    }

    mutating func setPlaying(_ playing: Bool, _ now: UInt64) {
        hold(now)
        isStarted = true
        isRunning = playing
    }

    mutating func setSpeed(_ speed: ReplaySpeed, _ now: UInt64) {
        hold(now)
        self.speed = speed
        if speed == .max { isStarted = true }
    }

    private mutating func hold(_ now: UInt64) {
        origin = timeline.played(position(now))
        since = now
    }

    /// The moment of the wall at which the replay comes to a run time; nil while it stands.
    func deadline(_ time: Double, _ now: UInt64) -> UInt64? {
        guard isStarted, isRunning, case .times(let factor) = speed, factor > 0 else { return nil }
        let ahead = (timeline.played(time) - played(now)) / factor
        guard ahead > 0 else { return now }
        // A hair later, so that rounding never wakes anybody too early.
        return now + UInt64(min(ahead, 1e9) * 1e9) + 10_000
    }

    /// Takes over how long the log is, and the gaps in what was added to it.
    mutating func learn(_ index: LogIndex) {
        // A clock that was kept knows gaps that the log's new reader has not come to yet.
        if index.count > known {
            for gap in index.gaps(longerThan: timeline.longestGap ?? .infinity, from: known) {
                timeline.add(gap: gap.start, to: gap.end)
            }
            known = index.count
        }
        timeline.extend(to: index.duration)
    }

    /// Another log follows.
    mutating func forgetGaps() { known = 1 }
}
