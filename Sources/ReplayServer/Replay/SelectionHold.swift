/// Whether a run has to stay the selected one though a newer one began: somebody who named no run is being told of it.
///
/// Moments are nanoseconds of a monotonic clock, handed in.
struct SelectionHold: Sendable {
    /// Open sockets that named no run.
    private var sockets = 0
    /// When one of them was last sent something.
    private var told: UInt64?
    /// When HTTP, asked without naming a run, last told of a job that has not ended.
    private var asked: UInt64?

    /// Nanoseconds for which a client that polls is taken to be there, and for which one that was told of the end of its
    /// job may still ask for the result.
    static let lifetime: UInt64 = 10_000_000_000

    mutating func open() { sockets += 1 }
    mutating func close() { sockets -= 1 }
    mutating func tell(_ now: UInt64) { told = now }
    mutating func ask(_ now: UInt64) { asked = now }

    /// - Parameter isOver: whether the run has come to its last line: who only polls it has seen all there is.
    func isHeld(_ now: UInt64, isOver: Bool) -> Bool {
        func isRecent(_ moment: UInt64?) -> Bool { moment.map { now < $0 + SelectionHold.lifetime } ?? false }
        return isOver ? sockets > 0 && isRecent(told) : sockets > 0 || isRecent(asked)
    }
}

/// Which run is meant where none is named: one that was chosen, or else the newest, unless somebody watches the one that
/// was the newest until now.
struct RunSelection: Sendable {
    private var chosen: String?
    private var current: String?

    /// - Parameter chosen: nil follows the newest.
    init(_ chosen: String? = nil) { self.chosen = chosen }

    /// From now on a run by its id, or with nil the newest, whoever watches another.
    mutating func choose(_ id: String?) { (chosen, current) = (id, nil) }

    mutating func id(newest: String?, isHeld: (String) -> Bool) -> String? {
        if let chosen { return chosen }
        // Names of runs sort by their time.
        if let current, let newest, current < newest, isHeld(current) { return current }
        current = newest
        return newest
    }
}
