internal import BatchRun
internal import Bytes
internal import Glibc
internal import Synchronization

/// The signals that a run answers to: a handler writes their numbers to a pipe, and a thread reads it.
///
/// Before there is a batch, as in a queue for the lock, a signal ends the process: nothing is lost. While the batch looks for
/// videos and works on them, a signal is its to answer. While the report is written, the first one waits for it. One that comes
/// while the user's own commands run ends them, and the next one this process.
final class Signals: Sendable {
    private enum Phase { case before, working, reporting, leaving }
    private struct State {
        var phase = Phase.before
        var count = 0
        var endsCommands = false
        /// What the process ends with that SIGTERM ends.
        var terminated = 128 + SIGTERM
    }
    private let state = Mutex(State())
    private let descriptor: FileDescriptor
    private let stops: AsyncStream<Int32>
    private let stopSource: AsyncStream<Int32>.Continuation
    /// An element for each SIGUSR1.
    let status: AsyncStream<Void>
    private let statusSource: AsyncStream<Void>.Continuation

    private static let answered = [SIGINT, SIGTERM, SIGHUP, SIGUSR1]

    /// Keeps signals away from the threads that work, so that their system calls are not interrupted. To be called while
    /// there is one thread: others inherit it. It is no protection: the libraries have threads that take every signal.
    static func block() {
        var set = sigset_t()
        sigemptyset(&set)
        for number in answered { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        Files.ignoreBrokenPipes()
    }

    /// Ignores them, for a process that its run ends. Who stops a run may send them to all of its processes, as schedulers and
    /// service managers do: the run answers them, and what is under way has the run's grace.
    static func leaveToRun() {
        for number in answered { signal(number, SIG_IGN) }
        unblock()
    }

    /// The opposite of ``block()``, for a process that inherits its parent's mask.
    static func unblock() {
        var set = sigset_t()
        sigemptyset(&set)
        pthread_sigmask(SIG_SETMASK, &set, nil)
    }

    /// Starts to listen. What was ignored when this process was started, as by nohup, stays ignored.
    ///
    /// - Throws: `SystemError` when there is no descriptor left.
    static func listen() throws(SystemError) -> Signals {
        let (reading, writing) = try Files.pipe()
        signalPipe = writing.number
        for number in answered {
            var old = sigaction()
            sigaction(number, nil, &old)
            if unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
            var new = sigaction()
            new.sa_flags = SA_RESTART
            new.__sigaction_handler.sa_handler = { tellOfSignal($0) }
            sigaction(number, &new, nil)
        }
        let signals = Signals(reading)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { opaque in
                guard let opaque else { return nil }
                // There has to be one thread at least that takes signals.
                Signals.unblock()
                Unmanaged<Signals>.fromOpaque(opaque).takeRetainedValue().wait()
                return nil
            }, Unmanaged.passRetained(signals).toOpaque())
        pthread_detach(thread)
        return signals
    }

    private init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
        (stops, stopSource) = AsyncStream.makeStream(of: Int32.self)
        (status, statusSource) = AsyncStream.makeStream(of: Void.self)
    }

    /// The batch works from here on, and answers the signals in the stream.
    func begin() -> AsyncStream<Int32> {
        state.withLock { $0.phase = .working }
        return stops
    }

    /// Ends the process with another status than 143 when SIGTERM ends it.
    func answerTermination(with status: Int32) { state.withLock { $0.terminated = status } }

    /// The batch is done; report and summary are left.
    func finish() { state.withLock { $0.phase = .reporting } }

    /// Only the user's own commands are left.
    func leave() { state.withLock { $0.phase = .leaving } }

    /// Whether a signal came since then.
    var endsCommands: Bool { state.withLock { $0.endsCommands } }

    private func wait() {
        while let numbers = try? Files.read(descriptor, count: 64, path: RawPath("signals")), !numbers.isEmpty {
            for number in numbers.map({ Int32($0) }) {
                if number == SIGUSR1 { statusSource.yield() } else { stop(number) }
            }
        }
    }

    private func stop(_ number: Int32) {
        let isEnd = state.withLock { state in
            state.count += 1
            switch state.phase {
            case .before: return true
            case .working: return false
            case .reporting: return state.count > 1
            case .leaving:
                defer { state.endsCommands = true }
                return state.endsCommands
            }
        }
        guard isEnd else {
            _ = stopSource.yield(number)
            return
        }
        let status = number == SIGTERM ? state.withLock { $0.terminated } : 128 + number
        Terminal.fatal("stopped by \(StopReason.signal(number).text)", status: status)
        _exit(status)
    }
}

/// Where the handler writes the numbers of signals. Set before it is installed and never changed.
nonisolated(unsafe) private var signalPipe: Int32 = -1

/// The signal handler. It may run in the middle of anything, so it only makes a system call.
private func tellOfSignal(_ number: Int32) {
    let saved = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe, &byte, 1)
    errno = saved
}
