internal import Archive
internal import Jobs

/// What a subscriber is told: how far the run is, not what happened. Only the newest is kept for one that is slow, so
/// nobody's queue grows; the lines themselves are read from the log.
struct ReplayPosition: Equatable, Sendable {
    /// Another number after a seek, and when the log was replaced: what was sent before is void.
    var generation = 0
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
    let start: ReplayPosition
    let positions: AsyncStream<ReplayPosition>
}

/// Those who watch a run, and how far it is as they were told. It knows no file and no clock.
struct Broadcaster: Sendable {
    private(set) var position = ReplayPosition()
    private var subscribers: [Int: (job: JobID?, continuation: AsyncStream<ReplayPosition>.Continuation)] = [:]
    private var next = 0

    /// Adds one who watches a job, or with nil the whole run. It has to be removed again.
    mutating func subscribe(_ job: JobID?) -> Subscription {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ReplayPosition.self, bufferingPolicy: .bufferingNewest(1))
        defer { next += 1 }
        subscribers[next] = (job, continuation)
        return Subscription(id: next, start: position, positions: stream)
    }

    /// Removes one and ends its stream.
    mutating func unsubscribe(_ id: Int) { subscribers.removeValue(forKey: id)?.continuation.finish() }

    /// Goes on to a later line, and tells those whom the lines up to there concern.
    mutating func advance(to lines: Int, of index: LogIndex) {
        guard lines > position.lines else { return }
        var touched: Set<JobID> = []
        for line in position.lines..<lines {
            if let owner = index.owner(line) { touched.insert(index.jobs[owner].id) }
        }
        position.lines = lines
        for subscriber in subscribers.values where subscriber.job.map({ touched.contains($0) }) ?? true {
            subscriber.continuation.yield(position)
        }
    }

    /// Changes how the run is in any other way, and tells everybody.
    mutating func change(_ body: (inout ReplayPosition) -> Void) {
        body(&position)
        for subscriber in subscribers.values { subscriber.continuation.yield(position) }
    }
}
