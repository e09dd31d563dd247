internal import Jobs
internal import Synchronization

/// What happens in a run, from the tasks that see it to the one loop that answers.
///
/// Signals and ticks overtake messages. Only so many messages wait; whoever brings one more waits itself, and with it the
/// worker whose it is.
final class RunEvents: Sendable {
    private struct State {
        var signals: [Int32] = []
        var isTickDue = false
        /// Messages and ends, in order; those before `first` are taken.
        var queue: [Scheduler.Event] = []
        var first = 0
        var senders: [CheckedContinuation<Void, Never>] = []
        var receiver: CheckedContinuation<Void, Never>?

        var count: Int { queue.count - first }

        mutating func take() -> Scheduler.Event? {
            if !signals.isEmpty { return .signal(signals.removeFirst()) }
            if isTickDue {
                isTickDue = false
                return .tick
            }
            guard first < queue.count else { return nil }
            let event = queue[first]
            first += 1
            if first == queue.count || first >= RunEvents.capacity {
                queue.removeFirst(first)
                first = 0
            }
            return event
        }
    }

    /// Messages that may wait.
    static let capacity = 256

    private let state = Mutex(State())

    /// How many messages and ends wait.
    var waiting: Int { state.withLock { $0.count } }

    /// Whether there is a signal that was not answered yet.
    var firstSignal: Int32? { state.withLock { $0.signals.first } }

    func signal(_ number: Int32) { add { $0.signals.append(number) } }

    /// Ticks that nobody has taken are one.
    func tick() { add { $0.isTickDue = true } }

    /// Adds the end of a worker, which never waits: there is one for each.
    func end(_ job: JobID, _ attempt: Attempt) { add { $0.queue.append(.ended(job, attempt)) } }

    /// Adds a worker's message, and returns when there is room for the next.
    func send(_ job: JobID, _ message: WorkerMessage) async {
        add { $0.queue.append(.message(job, message)) }
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.count >= RunEvents.capacity else { return true }
                state.senders.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func add(_ change: (inout State) -> Void) {
        let receiver = state.withLock { state in
            change(&state)
            defer { state.receiver = nil }
            return state.receiver
        }
        receiver?.resume()
    }

    /// The next event. To be called by one task only.
    func next() async -> Scheduler.Event {
        while true {
            let (event, senders) = state.withLock {
                state -> (Scheduler.Event?, [CheckedContinuation<Void, Never>]) in
                let event = state.take()
                guard state.count < RunEvents.capacity else { return (event, []) }
                defer { state.senders = [] }
                return (event, state.senders)
            }
            for sender in senders { sender.resume() }
            if let event { return event }
            await withCheckedContinuation { continuation in
                let hasCome = state.withLock { state in
                    if !state.signals.isEmpty || state.isTickDue || state.count > 0 { return true }
                    state.receiver = continuation
                    return false
                }
                if hasCome { continuation.resume() }
            }
        }
    }
}
