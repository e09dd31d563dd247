import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing

@Suite("Results that are compressed later") struct ResultFormTests {
    private let made: MadeOutputFolder
    private let video = RawPath("cam1/a.mp4")
    private var layout: OutputLayout { made.layout }

    init() throws { made = try MadeOutputFolder() }

    /// Writes a result and its line of the catalog.
    private func publish(_ video: RawPath) throws -> CatalogEntry {
        let written = try made.writeResult(video, frames: MadeOutputFolder.frames(2000))
        let record = JobRecord.done(video) { ($0.sha256, $0.resultSize) = (written.sha256, written.size) }
        let entry = CatalogEntry(record, run: "20260226T010203Z-ab12cd", digest: "d")
        try made.add([entry])
        return entry
    }

    private func compress(_ entry: CatalogEntry) throws -> CatalogEntry? {
        try ResultForm.compress(entry, layout, catalog: JobLineWriter(layout.catalogLines))
    }

    @Test func `a result is compressed in place, and the catalog says so`() throws {
        let entry = try publish(video)
        let before = try Files.read(layout.root.appending(entry.result))
        let new = try #require(try compress(entry))
        #expect(new.result == RawPath("results/cam1/a.mp4.json.gz"))
        #expect(try layout.catalogLines.latest().records[entry.job] == new)
        #expect(try Files.list(layout.results.appending("cam1")) == [RawPath("a.mp4.json.gz")])
        #expect(try ContentReader(layout.root.appending(new.result)).readAll() == before)
        #expect(new.contentSize == entry.resultSize && new.sha256 == entry.sha256)
        #expect(ResultState.of(new, layout) == .whole)
        #expect(ResultState.owner(layout.root.appending(new.result)) == entry.job)
        #expect(try compress(new) == nil)
    }

    @Test func `a result that is not the catalog's stays as it is`() throws {
        let entry = try publish(video)
        let path = layout.root.appending(entry.result)
        var bytes = try Files.read(path)
        bytes[bytes.count / 2] ^= 1
        try AtomicFile.write(bytes, to: path)
        #expect(throws: SystemError.self) { try compress(entry) }
        #expect(try Files.list(path.parent) == [path.lastComponent])
        #expect(try layout.catalogLines.latest().records[entry.job] == entry)
    }

    @Test func `one that is gone, or whose new name is taken or too long, is left alone`() throws {
        let entry = try publish(video)
        let path = layout.root.appending(entry.result)
        try AtomicFile.write(Array("mine".utf8), to: path.suffixed(".gz"))
        #expect(try compress(entry) == nil)
        Files.remove(path)
        #expect(try compress(entry) == nil)
        let long = try publish(RawPath(String(repeating: "v", count: 191) + ".mp4"))
        #expect(try compress(long) == nil)
        #expect(ResultState.of(long, layout) == .whole)
    }
}
