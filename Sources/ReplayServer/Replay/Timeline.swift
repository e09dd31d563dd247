/// How time runs through a replay: as it ran, but for long gaps, which are shortened.
///
/// Two scales, in seconds from the first line of the log: *run time*, as it was, and *played time*, in which no gap is
/// longer than the limit.
struct Timeline: Equatable, Sendable {
    private struct Gap: Equatable {
        let start: Double
        let end: Double
        /// Played seconds at the start.
        let played: Double
    }

    /// Seconds that a gap may last; nil leaves all as they were.
    let longestGap: Double?
    private var gaps: [Gap] = []
    /// Run seconds up to the end.
    private(set) var duration: Double

    init(duration: Double, longestGap: Double? = nil) {
        self.duration = duration
        self.longestGap = longestGap
    }

    /// Adds a gap behind those there are. One that is not too long changes nothing.
    mutating func add(gap start: Double, to end: Double) {
        guard let longestGap, end - start > longestGap else { return }
        gaps.append(Gap(start: start, end: end, played: played(start)))
    }

    mutating func extend(to end: Double) { duration = max(duration, end) }

    /// The played time at a run time.
    func played(_ time: Double) -> Double {
        guard let longestGap, let gap = gaps.last(where: { $0.start < time }) else { return time }
        if time >= gap.end { return gap.played + longestGap + (time - gap.end) }
        // A gap is played at its own speed until its share is used up, and then jumped.
        return gap.played + min(time - gap.start, longestGap)
    }

    /// The run time at a played time.
    func time(_ played: Double) -> Double {
        guard let longestGap, let gap = gaps.last(where: { $0.played < played }) else { return played }
        let inside = played - gap.played
        return inside < longestGap ? gap.start + inside : gap.end + (inside - longestGap)
    }
}
