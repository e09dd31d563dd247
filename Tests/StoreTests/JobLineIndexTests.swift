import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Records that are left in their file") struct JobLineIndexTests {
    private let folder: TemporaryFolder
    private let lines: JobLines<CatalogEntry>

    init() throws {
        folder = try TemporaryFolder()
        lines = OutputLayout(root: folder.path).catalogLines
    }

    private func entry(_ name: String, _ run: String = "r") -> CatalogEntry {
        var entry = CatalogEntry(.done(name), run: run, digest: "d")
        entry.facts = VideoFacts(codec: "h264", width: 640, duration: 3.5, classes: ["moving"])
        return entry
    }

    private func job(_ name: String) -> JobID { JobID(video: RawPath(name)) }

    /// What an index says of each job of the file, and of all that was told while it was made.
    private func read() throws -> (index: JobLineIndex<CatalogEntry>, told: [CatalogEntry?]) {
        var told: [CatalogEntry?] = []
        let index = try JobLineIndex(lines) { number, entry in
            if number == told.count { told.append(entry) } else { told[number] = entry }
        }
        return (index, told)
    }

    private func check(_ index: JobLineIndex<CatalogEntry>, _ expected: [CatalogEntry]) throws {
        #expect(index.all.count == expected.count)
        for entry in expected {
            let number = try #require(index.number(of: entry.job))
            #expect(try index.record(number) == entry)
            #expect(try index.paths(number) == (entry.path, entry.result))
        }
    }

    @Test func `each is read as it counts, whatever is added or put in the place of the file later`() throws {
        #expect(try read().index.isEmpty)
        let long = entry(String(repeating: "folder/", count: 300) + "b.mp4")
        let writer = try JobLineWriter(lines)
        try writer.append([entry("a.mp4", "old"), long, entry("c.mp4"), entry("a.mp4", "new")])
        try writer.append(entry("c.mp4").cleared(by: "s"))
        let (index, told) = try read()
        let expected = [long, entry("a.mp4", "new")]
        #expect(told == expected && index.number(of: job("c.mp4")) == nil && index.unread == 0)
        try check(index, expected)
        try writer.append(entry("a.mp4", "newest"))
        try check(index, expected)
        try AtomicFile.write(Array("another\n".utf8), to: lines.path, durable: false)
        try check(index, expected)
    }

    @Test func `lines of another form do not change what counts`() throws {
        try JobLineWriter(lines).append([entry("a.mp4"), entry("b.mp4"), entry("c.mp4")])
        var bytes = try Files.read(lines.path) + Array("no record\n".utf8)
        bytes += JSONWriter.encode(entry("b.mp4", "new").json) + [0x0a]
        bytes += JSONWriter.encode(entry("c.mp4").cleared(by: "s").json) + [0x0a]
        try AtomicFile.write(bytes, to: lines.path, durable: false)
        let (index, told) = try read()
        #expect(told == [entry("a.mp4"), entry("b.mp4", "new"), nil] && index.unread == 1)
        try check(index, [entry("a.mp4"), entry("b.mp4", "new")])
    }

    @Test func `a line that is not what it was is an error, and no made-up record`() throws {
        try JobLineWriter(lines).append([entry("a.mp4"), entry("b.mp4")])
        let index = try read().index
        let descriptor = try Files.open(lines.path, Files.readWriteOrCreate)
        defer { Files.close(descriptor) }
        try Files.truncate(descriptor, to: 40, path: lines.path)
        let number = try #require(index.number(of: job("b.mp4")))
        #expect(throws: SystemError.self) { try index.record(number) }
        #expect(throws: SystemError.self) { try index.paths(number) }
    }

    @Test func `records without a file are numbered in their order`() throws {
        let entries = [entry("a.mp4"), entry("b.mp4")]
        let index = JobLineIndex(entries)
        #expect(entries.map { index.number(of: $0.job) } == [0, 1])
        #expect(try index.record(1) == entries[1])
        #expect(try index.paths(0) == (entries[0].path, entries[0].result))
    }
}
