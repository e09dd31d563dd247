import Bytes
import Glibc
import Jobs
import Synchronization
import TestSupport

@testable import ReplayServer

/// A run that was made up: a log whose lines are a given time apart.
struct MadeRun {
    let made: MadeOutputFolder
    let id: String
    private let start: Int64

    /// - Parameter start: of the log, milliseconds since 1970.
    init(id: String = "20260226T010203Z-abcdef", start: Int64 = MadeOutputFolder.start) throws {
        made = try MadeOutputFolder()
        self.id = id
        self.start = start
        try Files.makeDirectory(layout.run(id))
    }

    var layout: OutputLayout { made.layout }

    static let a = JobID(video: RawPath("a.mp4"))
    static let b = JobID(video: RawPath("b.mp4"))

    /// Writes a log: events, each with its milliseconds since the first.
    func write(_ events: [(Int64, LogEvent)]) throws {
        try made.writeLog(id, events, start: start)
        // It was not written just now.
        let hour = timeval(tv_sec: Int(start / 1000) + 3600, tv_usec: 0)
        _ = layout.log(run: id).withCString { utimes($0, [hour, hour]) }
    }

    /// Holds the folder's lock as the writer of this run, until the descriptor is closed.
    func lock() throws -> FileDescriptor { try made.lock(run: id) }

    func append(_ bytes: [UInt8]) throws {
        let descriptor = try Files.open(layout.log(run: id), Files.appendOrCreate)
        defer { Files.close(descriptor) }
        try Files.write(bytes, to: descriptor, path: layout.log(run: id))
    }

    func line(_ event: LogEvent, _ time: Int64, _ seq: Int) -> [UInt8] {
        event.encode(time: UTCTime(milliseconds: start + time), seq: seq) + [0x0a]
    }

    static func progress(_ job: JobID, _ frame: Int, of total: Int = 100) -> LogEvent {
        .progress(job: job, Progress(currentFrame: frame, totalFrames: total))
    }

    /// A run of two jobs: `a` completes, `b` fails.
    static func events(step: Int64 = 10) -> [(Int64, LogEvent)] {
        var events: [LogEvent] = [
            .runStarted(runID: "20260226T010203Z-abcdef", version: "1", jobs: 2, settings: "s"),
            .jobStarted(job: a, path: RawPath("a.mp4"), totalFrames: 100, size: 5),
            .jobStarted(job: b, path: RawPath("b.mp4"), totalFrames: 100, size: 5),
        ]
        for frame in stride(from: 10, through: 100, by: 10) {
            events.append(progress(a, frame))
            if frame <= 50 { events.append(progress(b, frame)) }
            if frame == 50 { events.append(.error(job: b, message: "b.mp4: decode: broken")) }
        }
        events += [.completed(job: a), .runFinished(counts: ["completed": 1, "failed": 1], exitStatus: 3)]
        return events.enumerated().map { (Int64($0.offset) * step, $0.element) }
    }
}

/// A client that keeps what it is sent.
final class RecordingSocket: TextSocket {
    struct Closed: Error {}
    private let texts = Mutex<[String]>([])
    private let hindrance = Mutex<Bool>(false)

    func send(_ text: [UInt8]) async throws {
        while hindrance.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        texts.withLock { $0.append(String(decoding: text, as: UTF8.self)) }
    }

    /// While it does not read, a send waits.
    func setReading(_ reads: Bool) { hindrance.withLock { $0 = !reads } }

    var received: [String] { texts.withLock { $0 } }

    var percents: [Int] {
        received.compactMap { (try? JSONReader.parse(Array($0.utf8)))?["percent"]?.int }
    }
}
