internal import NIOCore

/// Decides when a silent client is pinged and when it is given up. Pure: time comes from outside.
struct Liveness {
    enum Action: Equatable { case none, ping, drop }

    private let pingAfter: TimeAmount
    private let dropAfter: TimeAmount
    private var lastHeard: NIODeadline
    private var lastPing: NIODeadline

    init(limits: WebSocketLimits, now: NIODeadline) {
        pingAfter = .milliseconds(Int64(limits.pingAfter))
        dropAfter = .milliseconds(Int64(limits.dropAfter))
        lastHeard = now
        lastPing = now
    }

    mutating func heard(_ now: NIODeadline) { lastHeard = now }

    /// What is due now.
    mutating func due(_ now: NIODeadline) -> Action {
        if now >= lastHeard + dropAfter { return .drop }
        guard now >= max(lastHeard, lastPing) + pingAfter else { return .none }
        lastPing = now
        return .ping
    }

    /// When to ask again, if nothing is heard.
    var next: NIODeadline { min(lastHeard + dropAfter, max(lastHeard, lastPing) + pingAfter) }
}
