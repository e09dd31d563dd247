import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Compaction") struct CompactionTests {
    private let folder: TemporaryFolder
    private let layout: OutputLayout

    init() throws {
        folder = try TemporaryFolder()
        layout = OutputLayout(root: folder.path.appending("out"))
    }

    private func entry(_ name: String, _ run: String, sha256: String = "0") -> CatalogEntry {
        let path = RawPath(name)
        return CatalogEntry(
            job: JobID(video: path), path: path, result: OutputLayout.result(for: path, job: JobID(video: path)),
            size: 1, modified: 2, inode: 3, fingerprint: "x1:0", digest: "d", verdict: .ok, frames: 4,
            sha256: sha256, resultSize: 5, runID: run, facts: VideoFacts(codec: "vp9"))
    }

    private func failure(_ name: String, _ run: String, isCleared: Bool = false) -> FailureEntry {
        let path = RawPath(name)
        var entry = FailureEntry(
            job: JobID(video: path), path: path, kind: .content, message: "no frame", size: 1, modified: 2, inode: 3,
            digest: "d", version: "1", time: 0, runs: 1, isQuarantined: false, runID: run)
        entry.isCleared = isCleared
        return entry
    }

    private func write<Record: JobLine>(_ records: [Record], _ lines: JobLines<Record>) throws {
        let writer = try JobLineWriter(lines)
        for record in records { try writer.append(record) }
    }

    private func lines(_ path: RawPath) throws -> [JSON] {
        try Files.read(path).split(separator: 0x0a).map { try JSONReader.parse(Array($0)) }
    }

    @Test func `what is up to twice the size of what counts stays as it is`() throws {
        try write([entry("a", "r1"), entry("b", "r1"), entry("a", "r2"), entry("b", "r2")], layout.catalogLines)
        let before = try Files.read(layout.catalog)
        #expect(try !layout.catalogLines.compact { _ in true })
        #expect(try Files.read(layout.catalog) == before)
        try write([entry("c", "r2")], layout.catalogLines)
        #expect(try !layout.catalogLines.compact { _ in true })
    }

    @Test func `the last line of each job stays, in the order of the file, and tells the first run`() throws {
        let runs = ["r3", "r4", "r5"]
        try write(runs.flatMap { run in ["b", "a"].map { entry($0, run, sha256: run) } }, layout.catalogLines)
        try write([entry("new", "r5")], layout.catalogLines)
        let before = try layout.catalogLines.latest().records
        try write([entry("a", "r6", sha256: "r6")], layout.catalogLines)
        #expect(try layout.catalogLines.compact { _ in true })
        let after = try lines(layout.catalog)
        #expect(after.map { $0["path"]?.string } == ["b", "new", "a"])
        #expect(after.map { $0["run_id"]?.string } == ["r5", "r5", "r6"])
        #expect(after.map { $0["first_run_id"]?.string } == ["r3", nil, "r3"])
        #expect(try layout.catalogLines.latest().records.keys == before.keys)
        // What was said once is not forgotten.
        try write((7...9).map { entry("a", "r\($0)") } + (7...9).map { entry("b", "r\($0)") }, layout.catalogLines)
        #expect(try layout.catalogLines.compact { _ in true })
        #expect(try lines(layout.catalog).map { $0["first_run_id"]?.string } == [nil, "r3", "r3"])
    }

    @Test func `lines of runs that left no record stay`() throws {
        try write((1...9).map { entry("a", "r\($0)") }, layout.catalogLines)
        #expect(try layout.catalogLines.compact { $0 != "r4" })
        #expect(try lines(layout.catalog).map { $0["run_id"]?.string } == ["r4", "r9"])
    }

    @Test func `such a line goes when no run is there any more for which it counted`() throws {
        try write((1...9).map { entry("a", "r\($0)") }, layout.catalogLines)
        // Of the runs that are there, r6 left no record; for r7 the line of the killed r6 counts no more.
        #expect(try layout.catalogLines.compact(runs: ["r6", "r8"]) { $0 == "r8" || $0 == "r9" })
        #expect(try lines(layout.catalog).map { $0["run_id"]?.string } == ["r6", "r9"])
        try write((10...19).map { entry("a", "s\($0)") }, layout.catalogLines)
        #expect(try layout.catalogLines.compact(runs: ["s17"]) { _ in false })
        #expect(try lines(layout.catalog).map { $0["run_id"]?.string } == ["s17", "s19"])
    }

    @Test func `a line that takes back goes when no run before it is there`() throws {
        let gone = entry("a", "r1")
        try write([gone, gone.cleared(by: "r3"), entry("b", "r3")], layout.catalogLines)
        func compact(_ runs: [String]) throws -> [String?] {
            try layout.catalogLines.compact(
                runs: runs, isNeedless: { $0.isCleared && $0.runID <= runs[0] }, isForced: true
            ) { _ in true }
            return try lines(layout.catalog).map { $0["path"]?.string }
        }
        #expect(try compact(["r2", "r3"]) == ["a", "b"])
        #expect(try compact(["r3"]) == ["b"])
    }

    @Test func `a failure that is forgotten stays so, and its video known from the run that saw it first`() throws {
        try write(
            [failure("a", "r1"), failure("a", "r2"), failure("b", "r2"), failure("a", "r3", isCleared: true)],
            layout.failureLines)
        try write([failure("b", "r3"), failure("b", "r4"), failure("b", "r5")], layout.failureLines)
        let before = try layout.failureLines.latest().records
        #expect(try layout.failureLines.compact { _ in true })
        var after = try layout.failureLines.latest().records
        #expect(after.count == 1)
        after[JobID(video: RawPath("b"))]?.firstRunID = nil
        #expect(after == before)
        #expect(try lines(layout.failures).map { $0["first_run_id"]?.string } == ["r1", "r2"])
    }

    @Test func `noise and an unfinished line go when the file is made anew, a missing file is none`() throws {
        #expect(try !layout.catalogLines.compact { _ in true })
        #expect(!Files.exists(layout.catalog))
        try write([entry("a", "r1")], layout.catalogLines)
        let line = try Files.read(layout.catalog)
        let noise = Array("noise\n\n{\"a\":1}\n".utf8)
        try AtomicFile.write(noise + line + line + noise + line + line.prefix(40), to: layout.catalog, durable: false)
        let reader = try layout.catalogLines.reader()
        var count = 0
        while try reader.next() != nil { count += 1 }
        #expect(count == 3 && reader.broken == 3 && reader.foreign == ["{\"a\":1}", "{\"a\":1}"])
        #expect(try layout.catalogLines.compact { _ in true })
        #expect(try Files.read(layout.catalog) == line)
        #expect(try layout.catalogLines.latest().unread == 0)
    }
}
