import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Records that are followed as they grow") struct JobLineFollowerTests {
    private func entry(_ name: String, run: String) -> CatalogEntry? {
        let id = JobID(video: RawPath(name)).text
        let text = """
            {"job_id":"\(id)","path":"\(name)","result":"results/\(name).json","size":1,"mtime":2,"inode":3,\
            "digest":"d","verdict":"ok","frames":4,"sha256":"0","run_id":"\(run)"}
            """
        return (try? JSONReader.parse(Array(text.utf8))).flatMap { CatalogEntry($0) }
    }

    @Test func `lines are taken over as they come, torn and foreign ones are not, and a new file counts alone`() throws
    {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        let (a, b) = (JobID(video: RawPath("a.mp4")), JobID(video: RawPath("b.mp4")))
        var follower = JobLineFollower<CatalogEntry>(layout.catalogLines)
        follower.refresh()
        #expect(follower.records.isEmpty)
        let first = JSONWriter.encode(try #require(entry("a.mp4", run: "r1")).json) + [0x0a]
        let second = JSONWriter.encode(try #require(entry("b.mp4", run: "r2")).json) + [0x0a]
        let third = JSONWriter.encode(try #require(entry("a.mp4", run: "r3")).json) + [0x0a]
        func append(_ bytes: some Collection<UInt8>) throws {
            let descriptor = try Files.open(layout.catalog, Files.appendOrCreate)
            defer { Files.close(descriptor) }
            try Files.write(Array(bytes), to: descriptor, path: layout.catalog)
        }
        try append(first + Array("noise\n{\"a\":1}\n".utf8) + second.prefix(30))
        follower.refresh()
        #expect(Set(follower.records.keys) == [a] && follower.records[a]?.runID == "r1")
        try append(second.dropFirst(30) + third)
        follower.refresh()
        #expect(follower.records[a]?.runID == "r3" && follower.records[b]?.runID == "r2")
        try AtomicFile.write(second, to: layout.catalog, durable: false)
        follower.refresh()
        #expect(Set(follower.records.keys) == [b])
        Files.remove(layout.catalog)
        follower.refresh()
        #expect(follower.records.isEmpty)
    }

    @Test func `a file longer than what is read at once is read whole`() throws {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        let name = String(repeating: "long name ", count: 12)
        let lines = try (0..<4000).flatMap { number -> [UInt8] in
            JSONWriter.encode(try #require(entry("\(name)\(number).mp4", run: "r")).json) + [0x0a]
        }
        #expect(lines.count > 1 << 20)
        try AtomicFile.write(lines, to: layout.catalog, durable: false)
        var follower = JobLineFollower<CatalogEntry>(layout.catalogLines)
        follower.refresh()
        #expect(follower.records.count == 4000)
    }
}
