internal import Bytes
internal import Glibc

/// Standard output and standard error as a person or a program sees them.
enum Terminal {
    /// Writes a line for people. Text from files has to be escaped by then.
    static func error(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    static func output(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func output(_ bytes: [UInt8]) {
        try? Files.write(bytes, to: STDOUT_FILENO, path: RawPath("standard output"))
    }

    /// A reader that went away is no reason to stop a batch.
    static func write(_ text: String, to descriptor: Int32) {
        try? Files.write(Array(text.utf8), to: descriptor, path: RawPath("standard stream"))
    }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Whether a terminal can move its cursor.
    static var isCapable: Bool {
        guard let term = environment("TERM") else { return false }
        return term != "dumb" && !term.isEmpty
    }

    /// Columns of the terminal behind standard error.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

enum Signals {
    /// Keeps this process from dying of the signals that a run answers to. To be called while there is one thread: all
    /// others inherit it, and one of them waits for the signals.
    static func block() {
        var set = wanted
        pthread_sigmask(SIG_BLOCK, &set, nil)
        Files.ignoreBrokenPipes()
    }

    /// The opposite, for a worker, which inherits its parent's mask.
    static func unblock() {
        var set = sigset_t()
        sigemptyset(&set)
        pthread_sigmask(SIG_SETMASK, &set, nil)
    }

    /// What was ignored when this process was started, as by nohup, stays ignored.
    private static var wanted: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] {
            var old = sigaction()
            sigaction(number, nil, &old)
            let isIgnored = unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1
            if !isIgnored { sigaddset(&set, number) }
        }
        return set
    }

    /// The signals that a run answers to, as they come; see ``block()``. SIGPIPE is ignored: a closed pipe is an error of `write`.
    static func stream() -> (stops: AsyncStream<Int32>, status: AsyncStream<Void>) {
        let (stops, stopSource) = AsyncStream.makeStream(of: Int32.self)
        let (status, statusSource) = AsyncStream.makeStream(of: Void.self)
        let box = SignalWaiter(set: wanted, stops: stopSource, status: statusSource)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { opaque in
                guard let opaque else { return nil }
                Unmanaged<SignalWaiter>.fromOpaque(opaque).takeRetainedValue().wait()
            }, Unmanaged.passRetained(box).toOpaque())
        pthread_detach(thread)
        return (stops, status)
    }
}

/// The thread that waits for signals.
private final class SignalWaiter: Sendable {
    private let set: sigset_t
    private let stops: AsyncStream<Int32>.Continuation
    private let status: AsyncStream<Void>.Continuation

    init(set: sigset_t, stops: AsyncStream<Int32>.Continuation, status: AsyncStream<Void>.Continuation) {
        self.set = set
        self.stops = stops
        self.status = status
    }

    func wait() -> Never {
        while true {
            var wanted = set
            var number: Int32 = 0
            guard sigwait(&wanted, &number) == 0 else { continue }
            if number == SIGUSR1 { status.yield() } else { stops.yield(number) }
        }
    }
}
