internal import Bytes
internal import Jobs

/// What a worker tells the run while it works: steps as often as was asked for, and signs of life.
final class Teller {
    /// Nanoseconds after which work is a reason for a line, whatever rate of progress was asked for: without one the
    /// run would take the worker for stalled.
    private static let interval: UInt64 = 1_000_000_000

    private var last = monotonicNanoseconds()
    private var isOpen = false
    /// The last frame of the pass that was told, and the one up to which nothing is told because it was before.
    private var (told, floor) = (0, 0)
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

    /// Tells of the open video, once.
    func open(_ message: WorkerMessage) {
        if !isOpen { Teller.send(message) }
        isOpen = true
    }

    /// The pass begins anew: nothing is told of it until it is further than what was.
    func restart() { floor = told }

    /// A pass begins, or begins anew.
    ///
    /// - Parameter declared: the frames that it is said to have; 0 where nobody knows.
    func begin(_ pass: Progress.Pass?, declared: Int) {
        self.pass = pass
        pacer = ProgressPacer(declared: declared, interval: rate)
    }

    /// Tells of a frame if it is time to.
    func frame(_ number: Int) {
        if number > floor, let step = pacer.frame(number, now: monotonicNanoseconds()) {
            tell(step)
        } else {
            beat()
        }
    }

    /// All frames of the pass are done.
    func finish(frames: Int) {
        if let step = pacer.finish(frames: frames) { tell(step) }
        (told, floor) = (0, 0)
    }

    /// A sign of life if it is time for one.
    func beat() {
        let now = monotonicNanoseconds()
        guard now &- last > Teller.interval else { return }
        Teller.send(.heartbeat)
        last = now
    }

    private func tell(_ step: ProgressPacer.Step) {
        told = max(told, step.current)
        Teller.send(.step(current: step.current, total: step.total, pass: pass))
        last = monotonicNanoseconds()
    }
}
