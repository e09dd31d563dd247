import Bytes
import Jobs
import TestSupport
import Testing

@Suite("The log") struct ProgressLogTests {
    private let job = JobID(video: RawPath("a.mp4"))
    private let time = UTCTime(milliseconds: 0)

    private func lines(_ path: RawPath) throws -> [LogLine] {
        let bytes = try Files.read(path)
        #expect(bytes.last == 0x0a)
        return try bytes.split(separator: 0x0a).map { try LogLine.parse(Array($0)) }
    }

    @Test func `numbers count from 1, and a second writer goes on`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("runs/x/progress.ndjson")
        var log: ProgressLog? = try ProgressLog(path)
        #expect(log?.offset == 0)
        try log?.append(.runStarted(runID: "x", version: "1", jobs: 1, settings: ""), time: time, now: 0)
        try log?.append(.completed(job: job), time: time, now: 1)
        #expect(try log?.offset == Files.status(path).size)
        log = nil
        let second = try ProgressLog(path)
        try second.append(.runFinished(counts: .object([]), exitStatus: 0), time: time, now: 2)
        #expect(try lines(path).map(\.seq) == [1, 2, 3])
    }

    @Test func `a log cut anywhere in its last three lines is repaired and continued`() throws {
        let folder = try TemporaryFolder()
        let whole = folder.path.appending("whole.ndjson")
        let log = try ProgressLog(whole)
        try log.append(
            .jobStarted(job: job, path: RawPath("a.mp4"), totalFrames: 3, size: 9), time: time, now: 0)
        for frame in 1...3 {
            try log.append(.progress(job: job, Progress(currentFrame: frame, totalFrames: 3)), time: time, now: 0)
        }
        try log.append(.completed(job: job), time: time, now: 0)
        let bytes = try Files.read(whole)
        let feeds = bytes.indices.filter { bytes[$0] == 0x0a }
        #expect(feeds.count == 5)
        let path = folder.path.appending("cut.ndjson")
        for length in (feeds[1] + 1)...bytes.count {
            try AtomicFile.write(Array(bytes.prefix(length)), to: path, durable: false)
            let kept = bytes.prefix(length).filter { $0 == 0x0a }.count
            let isTorn = bytes[length - 1] != 0x0a
            let repaired = try ProgressLog(path)
            try repaired.append(.logRepaired(bytes: 0), time: time, now: 0)
            let found = try lines(path)
            #expect(found.map(\.seq) == Array(1...found.count), "cut at \(length)")
            #expect(found.count == kept + (isTorn ? 2 : 1), "cut at \(length)")
            if isTorn {
                let whole = feeds.last { $0 < length }.map { $0 + 1 } ?? 0
                #expect(found[kept].event == .logRepaired(bytes: length - whole))
            }
            #expect(try repaired.offset == Files.status(path).size)
        }
    }

    @Test func `a log that is nothing but a torn line starts at 1`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        try AtomicFile.write(Array("{\"type\":\"run_sta".utf8), to: path, durable: false)
        _ = try ProgressLog(path)
        #expect(try lines(path).map(\.event) == [.logRepaired(bytes: 16)])
        #expect(try lines(path).map(\.seq) == [1])
    }
}
