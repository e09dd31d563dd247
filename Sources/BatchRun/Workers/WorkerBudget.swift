/// How much a worker may write on its standard output: what the progress that was asked for can need, and some more.
///
/// One that writes without end is ended early, with the log that it fills no longer than this.
struct WorkerBudget: Equatable, Sendable {
    /// Lines that count for nothing: every worker has some to begin with.
    private static let free = 1000.0
    /// Bytes of the longest last line, and of a line of progress.
    private static let bytes = (last: 2 << 20, line: 256)
    /// Lines a second beside those of frames: signs of life.
    private static let idle = 50.0
    /// Frames a second that no decoder reaches.
    private static let fastest = 100_000.0

    private let perSecond: Double
    /// Most frames: none takes less than a byte of its file.
    private let frames: Double?
    private var lines = 0.0
    private var bytes = 0.0

    /// - Parameters:
    ///   - interval: nanoseconds between two lines of progress; 0 for one a frame.
    ///   - size: of the video in bytes.
    init(interval: UInt64, size: Int64) {
        let rate = interval == 0 ? WorkerBudget.fastest : min(WorkerBudget.fastest, 2e9 / Double(interval))
        perSecond = rate + WorkerBudget.idle
        frames = interval == 0 ? Double(max(0, size)) : nil
    }

    /// Takes a line into account.
    ///
    /// - Parameter seconds: since the worker's start.
    /// - Returns: whether it is within what it may write.
    mutating func take(bytes count: Int, after seconds: Double) -> Bool {
        lines += 1
        bytes += Double(count)
        var most = WorkerBudget.free + seconds * perSecond
        if let frames { most = min(most, WorkerBudget.free + frames + seconds * WorkerBudget.idle) }
        return lines <= most && bytes <= Double(WorkerBudget.bytes.last) + most * Double(WorkerBudget.bytes.line)
    }
}
