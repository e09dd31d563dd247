internal import Bytes
internal import Jobs
internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// Lets a run end all of its workers at once.
final class KillSwitch: Sendable {
    private let flag = Atomic<Bool>(false)
    var isOn: Bool { flag.load(ordering: .relaxed) }
    func turnOn() { flag.store(true, ordering: .relaxed) }
}

/// One worker process for one video: request in, messages out, ended by SIGKILL to its whole group.
struct WorkerProcess: Sendable {
    let program: RawPath
    let arguments: [String]
    var request: JobRequest
    let deadlines: Deadlines
    let kill: KillSwitch

    /// How often deadlines and the kill switch are looked at.
    private static let tick = Duration.milliseconds(50)
    /// Nanoseconds between two looks that only a pause of this process explains.
    private static let pause: UInt64 = 1_000_000_000

    /// Runs the worker to its end.
    ///
    /// - Parameter receive: called for every message but the last, in order.
    func run(_ receive: @escaping @Sendable (WorkerMessage) -> Void) async -> Attempt {
        let start = monotonicNanoseconds()
        let monitor = WorkerMonitor(start: start)
        var options = PlatformOptions()
        options.createSession = true
        let name = FilePath(String(decoding: program.bytes, as: UTF8.self))
        let command = Arguments(executablePathOverride: "forgebatch", remainingValues: arguments)
        do {
            let result = try await Subprocess.run(
                .path(name), arguments: command, platformOptions: options, input: .inputWriter, output: .sequence,
                error: .sequence
            ) { execution in
                _ = try? await execution.standardInputWriter.write(request.encode())
                await withTaskGroup { group in
                    group.addTask {
                        await readMessages(execution.standardOutput, monitor, receive) {
                            try? execution.send(signal: .kill, toProcessGroup: true)
                        }
                    }
                    group.addTask { await collect(execution.standardError, monitor) }
                    let watchdog = Task {
                        await watchDeadlines(monitor) { try? execution.send(signal: .kill, toProcessGroup: true) }
                    }
                    await group.waitForAll()
                    watchdog.cancel()
                }
            }
            return Attempt(
                end: monitor.end(result.terminationStatus), seconds: seconds(since: start),
                stderr: monitor.lastLines)
        } catch {
            return Attempt(
                end: .spawnFailed("\(error)".replacingNewlines), seconds: seconds(since: start), stderr: [])
        }
    }

    private func seconds(since start: UInt64) -> Double { Double(monotonicNanoseconds() &- start) / 1e9 }

    private func readMessages(
        _ output: SubprocessOutputSequence, _ monitor: WorkerMonitor, _ receive: @Sendable (WorkerMessage) -> Void,
        _ end: @Sendable () -> Void
    ) async {
        var pending: [UInt8] = []
        do {
            for try await buffer in output {
                pending.append(contentsOf: buffer.withUnsafeBytes { Array($0) })
                while let feed = pending.firstIndex(of: 0x0a) {
                    let line = Array(pending[..<feed])
                    pending.removeSubrange(...feed)
                    guard let message = WorkerMessage(line), !monitor.isFinished else {
                        monitor.recordEnd(.protocolError)
                        return end()
                    }
                    monitor.note(message)
                    if case .finished = message { continue }
                    receive(message)
                }
                if pending.count > WorkerMessage.lineLimit {
                    monitor.recordEnd(.protocolError)
                    return end()
                }
            }
            if !pending.isEmpty { monitor.recordEnd(.protocolError) }
        } catch {
            monitor.recordEnd(.protocolError)
            end()
        }
    }

    /// Keeps the last lines; reads on so that the worker never waits for us.
    private func collect(_ output: SubprocessOutputSequence, _ monitor: WorkerMonitor) async {
        var pending: [UInt8] = []
        func add(_ line: ArraySlice<UInt8>) {
            if !line.isEmpty { monitor.keep(Escape.visible(bytes: line.prefix(500))) }
        }
        do {
            for try await buffer in output {
                pending.append(contentsOf: buffer.withUnsafeBytes { Array($0) })
                while let feed = pending.firstIndex(of: 0x0a) {
                    add(pending[..<feed])
                    pending.removeSubrange(...feed)
                }
                // A line without an end is cut, not kept growing.
                if pending.count > 4096 { pending.removeFirst(pending.count - 512) }
            }
        } catch {
            add(ArraySlice(Array("standard error could not be read".utf8)))
        }
        add(pending[...])
    }

    private func watchDeadlines(_ monitor: WorkerMonitor, _ end: @Sendable () -> Void) async {
        var lastLook = monotonicNanoseconds()
        while !Task.isCancelled {
            let now = monotonicNanoseconds()
            // Time in which this process was stopped, as by ^Z, is not the worker's.
            if now &- lastLook > WorkerProcess.pause { monitor.leaveOut(now &- lastLook) }
            lastLook = now
            if kill.isOn {
                monitor.recordEnd(.stopped)
                return end()
            }
            let (idle, total, duration) = monitor.times(now: now)
            let limit = deadlines.limit(duration: duration)
            if idle > deadlines.stall {
                monitor.recordEnd(.stalled(deadlines.stall))
                return end()
            }
            if total > limit {
                monitor.recordEnd(.timedOut(limit))
                return end()
            }
            try? await Task.sleep(for: WorkerProcess.tick)
        }
    }
}

/// What is known of a running worker, shared by the tasks that listen to it.
private final class WorkerMonitor: Sendable {
    private struct State {
        var lastHeartbeat: UInt64
        /// Nanoseconds that count for nothing.
        var leftOut: UInt64 = 0
        var duration: Double?
        var outcome: JobOutcome?
        /// Why we ended it, when we did.
        var ownEnd: Attempt.End?
        var lines: [String] = []
    }
    private static let mostLines = 20
    private let start: UInt64
    private let state: Mutex<State>

    init(start: UInt64) {
        self.start = start
        state = Mutex(State(lastHeartbeat: start))
    }

    var isFinished: Bool { state.withLock { $0.outcome != nil } }

    func note(_ message: WorkerMessage) {
        let now = monotonicNanoseconds()
        state.withLock { state in
            state.lastHeartbeat = now
            switch message {
            case .opened(_, let duration): state.duration = duration
            case .finished(let outcome): state.outcome = outcome
            case .step, .heartbeat, .note: break
            }
        }
    }

    func recordEnd(_ end: Attempt.End) { state.withLock { $0.ownEnd = $0.ownEnd ?? end } }

    /// The last lines of standard error.
    var lastLines: [String] { state.withLock { $0.lines } }

    func keep(_ line: String) {
        state.withLock { state in
            state.lines.append(line)
            if state.lines.count > WorkerMonitor.mostLines { state.lines.removeFirst() }
        }
    }

    func leaveOut(_ nanoseconds: UInt64) {
        state.withLock { state in
            state.leftOut &+= nanoseconds
            // A sign that came meanwhile is later than this would make it.
            state.lastHeartbeat = min(state.lastHeartbeat &+ nanoseconds, monotonicNanoseconds())
        }
    }

    /// Seconds since the last sign of life and since the start, and the duration of the video.
    func times(now: UInt64) -> (idle: Double, total: Double, duration: Double?) {
        state.withLock { state in
            (
                Deadlines.seconds(from: state.lastHeartbeat, to: now),
                Deadlines.seconds(from: start &+ state.leftOut, to: now), state.duration
            )
        }
    }

    /// A result that the worker told of stands, whatever happened to it afterwards.
    func end(_ status: TerminationStatus) -> Attempt.End {
        state.withLock { state in
            if let outcome = state.outcome { return .finished(outcome) }
            if let end = state.ownEnd { return end }
            switch status {
            case .exited(let code): return .exited(status: Int32(code))
            case .signaled(let code): return .died(signal: Int32(code))
            }
        }
    }
}

extension String {
    /// The same on one line.
    var replacingNewlines: String { String(map { $0.isNewline ? " " : $0 }) }
}
