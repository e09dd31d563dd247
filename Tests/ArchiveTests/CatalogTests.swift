import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Rebuilding the catalog") struct CatalogTests {
    private func entries(_ layout: OutputLayout) throws -> [CatalogEntry] {
        try LineFile.objects(layout.catalog).objects.map { try #require(CatalogEntry($0)) }
    }

    @Test func `a missing catalog is made anew from the results`() throws {
        let made = try MadeFolder()
        let before = try entries(made.layout)
        Files.remove(made.layout.catalog)
        #expect(try CatalogRebuild.ifMissing(made.layout) == 3)
        let after = try entries(made.layout)
        #expect(Set(after.map(\.path)) == Set(made.videos))
        for entry in after {
            // The same but for what only the file system knew.
            let old = try #require(before.first { $0.job == entry.job })
            #expect(entry.result == old.result && entry.sha256 == old.sha256 && entry.digest == old.digest)
            #expect(entry.size == old.size && entry.fingerprint == old.fingerprint && entry.frames == old.frames)
            #expect(entry.verdict == old.verdict && entry.modified == nil && entry.inode == nil)
            #expect(entry.facts.codec == "h264" && entry.events == 1 && entry.runID == MadeFolder.run)
        }
        // What it lists is what there is.
        #expect(try Validation.folder(made.layout).breaches.map(\.text) == [])
    }

    @Test func `a catalog that is there is left alone`() throws {
        let made = try MadeFolder()
        let before = try Files.read(made.layout.catalog)
        #expect(try CatalogRebuild.ifMissing(made.layout) == 0)
        #expect(try Files.read(made.layout.catalog) == before)
        try AtomicFile.write([], to: made.layout.catalog, durable: false)
        #expect(try CatalogRebuild.ifMissing(made.layout) == 0)
        #expect(try Files.read(made.layout.catalog) == [])
    }

    @Test func `a result that is broken is left out`() throws {
        let made = try MadeFolder()
        Files.remove(made.layout.catalog)
        try AtomicFile.write(Array("{".utf8), to: made.result, durable: false)
        #expect(try CatalogRebuild.ifMissing(made.layout) == 2)
        #expect(try !entries(made.layout).contains { $0.path == made.videos[0] })
    }

    @Test func `a catalog that is made anew knows which tools failed`() throws {
        let made = try MadeFolder()
        Files.remove(made.layout.catalog)
        let text = String(decoding: try Files.read(made.result), as: UTF8.self)
        let failed =
            #"{"id":"p/t","version":"1.0.0","fingerprint":"p1:aa","device":"cpu","settings":{}"#
            + #","status":"failed","error":"killed by signal 11","frames_done":2},"#
        let changed = text.replacing("\"tools\":[", with: "\"tools\":[" + failed, maxReplacements: 1)
        #expect(changed != text)
        try AtomicFile.write(Array(changed.utf8), to: made.result, durable: false)
        #expect(try CatalogRebuild.ifMissing(made.layout) == 3)
        let tools = try entries(made.layout).flatMap(\.toolsFailed)
        #expect(tools == [FailedTool(id: "p/t", message: "killed by signal 11", frame: 2)])
    }

    @Test func `a folder without results gets no catalog`() throws {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        #expect(try CatalogRebuild.ifMissing(layout) == 0)
        try Files.makeDirectory(layout.results.appending("empty"), durable: false)
        #expect(try CatalogRebuild.ifMissing(layout) == 0)
        #expect(!Files.exists(layout.catalog))
    }
}
