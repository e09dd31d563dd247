import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Lines of jobs") struct JobLinesTests {
    private func failure(_ name: String, runs: Int, isCleared: Bool = false) -> FailureEntry {
        let path = RawPath(name)
        var entry = FailureEntry(
            job: JobID(video: path), path: path, kind: .content, message: "no frame", size: 1, modified: 2, inode: 3,
            digest: "d", version: "1", time: 0, runs: runs, isQuarantined: false)
        entry.isCleared = isCleared
        return entry
    }

    @Test func `a reader that keeps a part of each record ends with what counts, as one that keeps all does`() throws {
        let folder = try TemporaryFolder()
        let lines = OutputLayout(root: folder.path).failureLines
        let writer = try JobLineWriter(lines)
        for entry in [
            failure("a", runs: 1), failure("b", runs: 1), failure("a", runs: 2), failure("b", runs: 1, isCleared: true),
            failure("c", runs: 5), failure("c", runs: 5, isCleared: true), failure("c", runs: 6),
        ] { try writer.append(entry) }
        let whole = try Files.read(lines.path)
        try AtomicFile.write(
            whole + Array("{}\nnothing\n{\"job_id\":\"torn".utf8), to: lines.path, durable: false)
        var kept: [JobID: Int] = [:]
        let unread = try lines.forEachChange { kept[$0] = $1?.runs }
        #expect(unread == 3)
        #expect(kept == [JobID(video: RawPath("a")): 2, JobID(video: RawPath("c")): 6])
        let latest = try lines.latest()
        #expect(latest.unread == 3 && latest.records.mapValues(\.runs) == kept)
    }
}
