internal import Bytes
internal import Jobs

/// What a worker tells the run while it works: steps as often as was asked for, and signs of life.
final class Teller {
    /// Nanoseconds after which work is a reason for a line, whatever rate of progress was asked for: without one the
    /// run would take the worker for stalled.
    private static let interval: UInt64 = 1_000_000_000

    private var last = monotonicNanoseconds()
    private var pacer: ProgressPacer
    private let rate: UInt64
    /// The pass that goes on; nil for a job that has one only.
    private(set) var pass: Progress.Pass?

    /// - Parameter interval: nanoseconds between two steps.
    init(interval: UInt64) {
        rate = interval
        pacer = ProgressPacer(declared: 0, interval: interval)
    }

    /// The run reads all we write; when it does not any more, the watch ends us.
    static func send(_ message: WorkerMessage) {
        try? Files.write(message.encode(), to: .standardOutput, path: RawPath("standard output"))
    }

    /// A pass begins.
    ///
    /// - Parameter declared: the frames that it is said to have; 0 where nobody knows.
    func begin(_ pass: Progress.Pass?, declared: Int) {
        self.pass = pass
        pacer = ProgressPacer(declared: declared, interval: rate)
    }

    /// Tells of a frame if it is time to.
    func frame(_ number: Int) {
        if let step = pacer.frame(number, now: monotonicNanoseconds()) {
            tell(step)
        } else {
            beat()
        }
    }

    /// All frames of the pass are done.
    func finish(frames: Int) {
        if let step = pacer.finish(frames: frames) { tell(step) }
    }

    /// A sign of life if it is time for one.
    func beat() {
        let now = monotonicNanoseconds()
        guard now &- last > Teller.interval else { return }
        Teller.send(.heartbeat)
        last = now
    }

    private func tell(_ step: ProgressPacer.Step) {
        Teller.send(.step(current: step.current, total: step.total, pass: pass))
        last = monotonicNanoseconds()
    }
}
