import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("The log of a run, plain and compressed") struct RunLogTests {
    private let made: MadeOutputFolder
    private let run = "20260226T010203Z-ab12cd"
    private var plain: RawPath { made.layout.log(run: run) }
    private var packed: RawPath { plain.suffixed(".gz") }

    init() throws {
        made = try MadeOutputFolder()
        let job = JobID(video: RawPath("a.mp4"))
        let steps = (0..<2000).map { frame in
            LogEvent.progress(job: job, Progress(currentFrame: frame, totalFrames: 2000))
        }
        try made.writeLog(run, steps.enumerated().map { (Int64($0.offset), $0.element) })
    }

    private func names() throws -> [String] { try Files.list(made.layout.run(run)).map(\.display) }

    private func whole() throws -> [UInt8] { try RunLog.content(plain).readAll() }

    @Test func `a log is compressed in place, and is the same to its readers`() throws {
        let before = try Files.read(plain)
        let sizes = try #require(try RunLog.compress(plain))
        #expect(sizes.before == Int64(before.count))
        #expect(sizes.after == (try Files.status(packed).size))
        #expect(sizes.after * 5 < sizes.before)
        #expect(try names() == ["progress.ndjson.gz"])
        #expect(RunLog.file(plain) == packed)
        #expect(try whole() == before)
        let descriptor = try RunLog.open(plain)
        defer { Files.close(descriptor) }
        #expect(try Files.read(descriptor, at: 1000, count: 500, path: plain) == Array(before[1000..<1500]))
        #expect(try Files.status(descriptor: descriptor, path: plain).size == Int64(before.count))
    }

    @Test func `compressing twice, or what is not there, does nothing`() throws {
        try RunLog.compress(plain)
        let bytes = try Files.read(packed)
        #expect(try RunLog.compress(plain) == nil)
        #expect(try Files.read(packed) == bytes)
        #expect(try RunLog.compress(made.layout.log(run: "other")) == nil)
    }

    @Test func `after a crash between the two steps the plain log counts, and the next time it goes`() throws {
        let before = try Files.read(plain)
        try AtomicFile.write(Gzip.compress(Array("older\n".utf8)), to: packed)
        #expect(RunLog.file(plain) == plain)
        #expect(try whole() == before)
        try RunLog.compress(plain)
        #expect(try names() == ["progress.ndjson.gz"])
        #expect(try whole() == before)
    }

    @Test func `a log stays as it is when its compressed form cannot be written`() throws {
        let before = try Files.read(plain)
        try Files.makeDirectory(packed.appending("in the way"))
        #expect(throws: SystemError.self) { try RunLog.compress(plain) }
        #expect(try Files.read(plain) == before)
        #expect(try names() == ["progress.ndjson", "progress.ndjson.gz"])
    }

    @Test func `a log that somebody compressed under its plain name is read`() throws {
        let before = try Files.read(plain)
        try AtomicFile.write(Gzip.compress(before), to: plain)
        #expect(try whole() == before)
    }

    @Test func `what is wrong with a log that is not there is said`() throws {
        #expect(RunLog.lack(made.layout, run: run) == nil)
        try RunLog.compress(plain)
        #expect(RunLog.lack(made.layout, run: run) == nil)
        Files.remove(packed)
        // An empty folder was never a run.
        #expect(RunLog.lack(made.layout, run: run) == nil)
        try AtomicFile.write([1], to: made.layout.state(run: run))
        #expect(RunLog.lack(made.layout, run: run)?.hasPrefix("its log is missing") == true)
        try AtomicFile.write([1], to: plain.suffixed(".zst"))
        let lack = try #require(RunLog.lack(made.layout, run: run))
        #expect(lack.contains("progress.ndjson.zst") && lack.contains("unpack it"))
    }
}
