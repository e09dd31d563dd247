internal import Bytes
internal import Jobs

/// How one attempt at a video ended.
struct Attempt: Sendable {
    enum End: Equatable, Sendable {
        /// The worker said so itself.
        case finished(JobOutcome)
        /// Killed by a signal that this run did not send.
        case died(signal: Int32)
        case exited(status: Int32)
        /// No frame for so many seconds.
        case stalled(Double)
        /// Longer than so many seconds in all.
        case timedOut(Double)
        /// A line that no worker writes.
        case protocolError
        /// More lines than a worker has reason to write.
        case flooded
        /// Ended by this run.
        case stopped
        case spawnFailed(String)
    }

    var end: End
    var seconds: Double
    /// The worker's last lines on standard error.
    var stderr: [String]
    /// Where its result lies below the output folder, once it does: the file system may have refused the name planned.
    var result: RawPath?
    /// The process, where it was killed and the kernel still holds it: nobody waits for it any more.
    var heldProcess: Int32?

    /// What the worker said of its end; nil when it said nothing.
    var outcome: JobOutcome? { if case .finished(let outcome) = end { outcome } else { nil } }

    /// SIGXCPU: the signal of a worker that passes its limit of processor seconds.
    static let processorTimeUsed: Int32 = 24

    /// Whether the worker's own code found no memory and ended with Swift's message about it. Where FFmpeg finds none, the
    /// worker lives to say so.
    var isOutOfMemory: Bool {
        guard case .died = end else { return false }
        return stderr.contains { $0.contains("failed to allocate") || $0.contains("ould not allocate memory") }
    }

    /// What to add to the reason of one whose process is still there.
    var holder: String { heldProcess.map { "; the kernel still holds its process \($0)" } ?? "" }

    /// One line; nil when the worker said how it ended.
    var reason: String? {
        switch end {
        case .finished, .stopped: nil
        case .died(Attempt.processorTimeUsed):
            "used more processor time than its --timeout allows; raise --timeout if it only is slow"
        case .died where isOutOfMemory: "out of memory; raise --memory-limit"
        case .died(let signal): "killed by signal \(signal)"
        case .exited(let status): "worker ended with status \(status) and without a result"
        case .stalled(let seconds): "no frame for \(Attempt.text(seconds)); raise --stall if it only is slow"
        case .timedOut(let seconds): "not done after \(Attempt.text(seconds)); raise --timeout if it only is slow"
        case .protocolError: "worker wrote something that is no progress"
        case .flooded: "worker wrote more than the progress of a video can need"
        case .spawnFailed(let why): "worker could not be started: \(why)"
        }
    }

    static func text(_ seconds: Double) -> String {
        seconds >= 120
            ? "\(Int(seconds / 60)) min" : seconds >= 10 ? "\(Int(seconds)) s" : "\((seconds * 10).rounded() / 10) s"
    }
}

/// When an attempt has taken too long, on a monotonic clock.
struct Deadlines: Sendable {
    /// Seconds without a frame.
    var stall: Double
    /// Seconds in all; nil for the default, which follows the video's length.
    var timeout: Double?
    /// Bytes.
    var size: Int64
    /// Whether the video is also worked by plugins, whose time nobody can reckon: without a ``timeout`` it has no limit then,
    /// but for that of silence.
    var hasPlugins = false

    /// The time between two looks at a monotonic clock. A sign of life may be noted after a look was taken, by another
    /// thread; it is then no time ago, and not the age of the universe.
    static func seconds(from earlier: UInt64, to later: UInt64) -> Double {
        later > earlier ? Double(later - earlier) / 1e9 : 0
    }

    /// Seconds that a video of this duration, as its worker reports it, may take.
    func limit(duration: Double?) -> Double {
        if timeout == nil, hasPlugins { return .infinity }
        return TimeLimit.seconds(timeout: timeout, duration: duration, size: size)
    }
}
