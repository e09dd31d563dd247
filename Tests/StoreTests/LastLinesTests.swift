import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("The lines that count") struct LastLinesTests {
    private let folder: TemporaryFolder
    private let lines: JobLines<FailureEntry>

    init() throws {
        folder = try TemporaryFolder()
        lines = OutputLayout(root: folder.path).failureLines
    }

    private func failure(_ name: String, _ message: String, isCleared: Bool = false) -> FailureEntry {
        let path = RawPath(name)
        var entry = FailureEntry(
            job: JobID(video: path), path: path, kind: .content, message: message, size: 1, modified: 2, inode: 3,
            digest: "d", version: "1", time: 0, runs: 1, isQuarantined: false)
        entry.isCleared = isCleared
        return entry
    }

    private func messages() throws -> [JobID: String] { try lines.latest().records.mapValues(\.message) }

    @Test func `the last line of a job counts, also one that is longer than what is read at once`() throws {
        let long = String(repeating: "x", count: 3 << 20)
        let writer = try JobLineWriter(lines)
        try writer.append(failure("a", "1"), failure("b", long), failure("a", "2"), failure("c", "3"))
        try writer.append(failure("c", "", isCleared: true))
        #expect(try messages() == [JobID(video: RawPath("a")): "2", JobID(video: RawPath("b")): long])
        var order: [String] = []
        _ = try lines.forEachChange { job, entry in order.append(entry?.path.display ?? "cleared") }
        #expect(order == ["b", "a", "cleared"])
    }

    @Test func `where the last line of a job cannot be read, the one before it counts`() throws {
        try JobLineWriter(lines).append(failure("a", "1"))
        let whole = try Files.read(lines.path)
        let id = JobID(video: RawPath("a")).text
        // It begins and ends as a line of this job and is none.
        let broken = Array("{\"job_id\":\"\(id)\",\"path\":\"a\",\"kind\":}\n".utf8)
        try AtomicFile.write(whole + broken, to: lines.path, durable: false)
        #expect(try messages() == [JobID(video: RawPath("a")): "1"])
        #expect(try lines.latest().unread == 1)
        // Members in another order are no less a line.
        let second = JobID(video: RawPath("b")).text
        let other = "{\"path\":\"b\",\"job_id\":\"\(second)\",\"kind\":\"death\",\"message\":\"2\"}\n"
        try AtomicFile.write(whole + Array(other.utf8), to: lines.path, durable: false)
        #expect(try messages().count == 2)
    }

    @Test func `lines that are added together are all there or none`() throws {
        let writer = try JobLineWriter(lines)
        try writer.append([])
        #expect(try Files.read(lines.path).isEmpty)
        try writer.append((0..<100).map { failure("v\($0)", "m") })
        #expect(try messages().count == 100)
    }

    @Test func `what tells of an absence and of what was taken back is read again`() throws {
        let path = RawPath("a/b.mp4")
        var entry = CatalogEntry(.done(path), run: "r1", digest: "d")
        entry.absence = Absence(from: "r3", time: 1_772_067_723_004, until: "r5")
        (entry.content, entry.previousRunID) = ("ab", "r0")
        #expect(CatalogEntry(entry.json) == entry)
        #expect(entry.absence.map { ["r2", "r3", "r4", "r5"].map($0.holds(for:)) } == [false, true, true, false])
        #expect(Absence(from: "r3", time: 0).holds(for: "r9"))
        let cleared = try #require(CatalogEntry(entry.cleared(by: "r7", movedTo: entry.job).json))
        #expect(cleared.isCleared && !cleared.isLive && cleared.job == entry.job && cleared.result == entry.result)
        #expect(cleared.runID == "r7" && cleared.previousRunID == "r1" && cleared.firstRunID == "r1")
        #expect(cleared.movedTo == entry.job)
        let catalog = OutputLayout(root: folder.path).catalogLines
        try JobLineWriter(catalog).append(entry, cleared)
        #expect(try catalog.latest().records.isEmpty)
    }

    @Test func `the history is read from its end, and lines are taken out of it`() throws {
        let made = try MadeOutputFolder()
        let ids = (0..<400).map { "2026\(1000 + $0)T000000Z-a" }
        for id in ids { try made.addRun(id, []) }
        let history = History(made.layout)
        func newest(_ count: Int) throws -> [String] {
            var found: [String] = []
            try history.forEachFromEnd { run in
                found.append(run.id)
                return found.count < count
            }
            return found
        }
        // More than is read at once.
        #expect(try Files.read(history.path).count > 2 << 16)
        #expect(try newest(1000) == ids.reversed())
        #expect(try newest(3) == ids.suffix(3).reversed())
        try AtomicFile.write(Files.read(history.path).dropLast(5), to: history.path, durable: false)
        #expect(try newest(1) == [ids[398]])
        #expect(try history.remove(Set(ids.dropLast(2))))
        #expect(try newest(9) == [ids[398]])
        #expect(try !history.remove(["other"]) && LinesFromEnd.count(history.path) == 1)
    }
}

extension AtomicFile {
    fileprivate static func write(_ bytes: ArraySlice<UInt8>, to path: RawPath, durable: Bool) throws {
        try write(Array(bytes), to: path, durable: durable)
    }
}
