internal import Bytes
internal import Jobs
internal import Synchronization

/// Lets a run end all of its workers at once.
final class KillSwitch: Sendable {
    private let flag = Atomic<Bool>(false)
    var isOn: Bool { flag.load(ordering: .relaxed) }
    func turnOn() { flag.store(true, ordering: .relaxed) }
}

/// One worker process for one video: request in, messages out.
struct WorkerProcess: Sendable {
    var child: ChildProcess
    var request: JobRequest
    let deadlines: Deadlines
    let kill: KillSwitch
    /// Where its external tools have their processes from; nil in a run without plugins.
    var pool: PluginPool?
    /// Says whether another attempt follows, for which this one's result is held back.
    var retry = RetryPolicy(retries: 0)
    /// Of the attempt, 1 for the first.
    var number = 1

    /// Runs the worker to its end.
    ///
    /// - Parameter receive: called for every message but the last, in order; the worker waits for it.
    func run(_ receive: @escaping @Sendable (WorkerMessage) async -> Void) async -> Attempt {
        let start = monotonicNanoseconds()
        let monitor = WorkerMonitor(
            start: start, budget: WorkerBudget(interval: request.progressInterval, size: request.size))
        let errors = LastLines()
        let end = await child.run(request.encode(), errors: errors) {
            monitor.hasToEnd(deadlines, isStopped: kill.isOn)
        } receive: { output in
            guard case .line(let line) = output else {
                monitor.recordEnd(.protocolError)
                return false
            }
            switch monitor.take(line) {
            case .refused: return false
            case .kept: return true
            case .handed(let message):
                await receive(message)
                monitor.resume()
                return true
            }
        }
        if let text = monitor.notesLeftOut(request.relative) { await receive(.note(text)) }
        if let text = child.zygotes?.takeNote() { await receive(.note(text)) }
        var attempt = Attempt(
            end: monitor.end(end), seconds: Double(monotonicNanoseconds() &- start) / 1e9, stderr: errors.texts)
        if case .held(let process) = end { attempt.heldProcess = process }
        return attempt
    }
}

/// What is known of a running worker, shared by the tasks that listen to it.
private final class WorkerMonitor: Sendable {
    /// What is done about a line.
    enum Answer {
        /// It ends the worker.
        case refused
        case kept
        /// The run has to know. Until ``WorkerMonitor/resume()`` the worker waits for us.
        case handed(WorkerMessage)
    }

    private struct State {
        var lastHeartbeat: UInt64
        var lastLook: UInt64
        /// Nanoseconds that count for nothing.
        var leftOut: UInt64 = 0
        var duration: Double?
        var outcome: JobOutcome?
        /// Why we ended it, when we did.
        var ownEnd: Attempt.End?
        var budget: WorkerBudget
        var notes = 0
        var isWaitingForUs = false
    }

    /// Nanoseconds between two looks that only a pause of this process explains.
    private static let pause: UInt64 = 1_000_000_000
    /// Notes of one worker that a person is shown, and characters of each.
    private static let notes = (most: 20, length: 500)

    private let start: UInt64
    private let state: Mutex<State>

    init(start: UInt64, budget: WorkerBudget) {
        self.start = start
        state = Mutex(State(lastHeartbeat: start, lastLook: start, budget: budget))
    }

    func take(_ line: [UInt8]) -> Answer {
        let now = monotonicNanoseconds()
        let isWithin = state.withLock {
            $0.budget.take(bytes: line.count, after: Deadlines.seconds(from: start, to: now))
        }
        guard isWithin else {
            recordEnd(.flooded)
            return .refused
        }
        guard let message = WorkerMessage(line) else {
            recordEnd(.protocolError)
            return .refused
        }
        return state.withLock { state in
            guard state.outcome == nil else {
                state.ownEnd = state.ownEnd ?? .protocolError
                return .refused
            }
            state.lastHeartbeat = now
            switch message {
            case .opened(_, let duration, _, _): state.duration = duration
            case .finished(let outcome): state.outcome = outcome
            case .step, .heartbeat, .described: break
            case .note(let text):
                state.notes += 1
                guard state.notes <= WorkerMonitor.notes.most else { return .kept }
                state.isWaitingForUs = true
                return .handed(.note(String(text.prefix(WorkerMonitor.notes.length))))
            }
            switch message {
            case .finished, .heartbeat: return .kept
            default: break
            }
            state.isWaitingForUs = true
            return .handed(message)
        }
    }

    /// The run has taken what it was handed.
    func resume() {
        state.withLock { state in
            state.isWaitingForUs = false
            state.lastHeartbeat = max(state.lastHeartbeat, monotonicNanoseconds())
        }
    }

    /// What is told in the place of notes that nobody is shown.
    func notesLeftOut(_ video: RawPath) -> String? {
        let count = state.withLock { $0.notes } - WorkerMonitor.notes.most
        return count > 0 ? "\(video.display): \(count) more notes of its worker are left out" : nil
    }

    func recordEnd(_ end: Attempt.End) { state.withLock { $0.ownEnd = $0.ownEnd ?? end } }

    /// Whether the worker has to be ended now, and keeps why.
    func hasToEnd(_ deadlines: Deadlines, isStopped: Bool) -> Bool {
        let now = monotonicNanoseconds()
        return state.withLock { state in
            // Time in which this process was stopped, as by ^Z, is not the worker's.
            let gap = now > state.lastLook ? now - state.lastLook : 0
            if gap > WorkerMonitor.pause {
                state.leftOut &+= gap
                // A sign that came meanwhile is later than this would make it.
                state.lastHeartbeat = min(state.lastHeartbeat &+ gap, now)
            }
            state.lastLook = now
            let idle = state.isWaitingForUs ? 0 : Deadlines.seconds(from: state.lastHeartbeat, to: now)
            let total = Deadlines.seconds(from: start &+ state.leftOut, to: now)
            let limit = deadlines.limit(duration: state.duration)
            let end: Attempt.End? =
                isStopped
                ? .stopped
                : idle > deadlines.stall ? .stalled(deadlines.stall) : total > limit ? .timedOut(limit) : nil
            guard let end else { return false }
            state.ownEnd = state.ownEnd ?? end
            return true
        }
    }

    /// A result that the worker told of stands, whatever happened to it afterwards.
    func end(_ end: ChildProcess.End) -> Attempt.End {
        state.withLock { state in
            if let outcome = state.outcome { return .finished(outcome) }
            if let own = state.ownEnd { return own }
            switch end {
            case .exited(let status): return .exited(status: status)
            case .died(let signal): return .died(signal: signal)
            case .held: return .stopped
            case .spawnFailed(let why): return .spawnFailed(why)
            // Ours, and not the video's.
            case .pipeFailed(let why): return .finished(JobOutcome(kind: .io, message: "worker: \(why)"))
            }
        }
    }
}
