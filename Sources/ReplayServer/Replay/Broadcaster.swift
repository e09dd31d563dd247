/// What a subscriber is told: how far the run is, not what happened. Only the newest is kept for one that is slow, so
/// nobody's queue grows; the lines themselves are read from the log.
struct Advance: Equatable, Sendable {
    /// Another number means another place: after a seek, or because the log was replaced. What was sent before is void.
    var place = 0
    /// Lines of the log that have happened.
    var lines = 0
    /// Another number means another speed, or that the clock was stopped or set going.
    var clock = 0
    /// The run is known to be over, without having said so.
    var isDead = false
}

/// One who watches a run or a job of it.
struct Subscription: Sendable {
    let id: Int
    /// As of the moment of subscribing.
    let start: Advance
    let advances: AsyncStream<Advance>
}
