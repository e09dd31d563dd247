import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

/// What a path means that is given to `replay` and `tail`.
@Suite("A run named by a path") struct LogPlaceTests {
    @Test func `an output folder, a run's folder, its log and a link to it mean the runs that they hold`() throws {
        let made = try MadeFolder()
        let root = try Files.resolve(made.layout.root)
        let folder = try LogPlace(made.layout.root)
        #expect(folder.run == nil && folder.layout.root == made.layout.root)
        try made.layout.setLatest(run: MadeFolder.run)
        for path in [made.layout.run(MadeFolder.run), made.log, made.layout.latest] {
            let place = try LogPlace(path)
            #expect(place.run == MadeFolder.run && place.layout.root == root && !place.layout.isLone, "\(path)")
        }
    }

    @Test func `a log in no output folder is one run, whatever it is called and lies beside`() throws {
        let made = try MadeFolder()
        let folder = try TemporaryFolder()
        let log = try Files.resolve(folder.path).appending("kept.ndjson")
        try AtomicFile.write(Files.read(made.log), to: log, durable: false)
        try AtomicFile.write(
            Files.read(made.layout.catalog), to: log.parent.appending("catalog.ndjson"), durable: false)
        let place = try LogPlace(log)
        let layout = place.layout
        #expect(place.run == MadeFolder.run && layout.isLone && layout.log(run: MadeFolder.run) == log)
        #expect(try RunLogSummary.ids(layout) == [MadeFolder.run] && RunLogSummary.newest(layout) == MadeFolder.run)
        #expect(try #require(RunLogSummary(layout, run: MadeFolder.run)).status == .finished)
        // What lies beside it belongs to somebody else.
        #expect(try layout.catalogLines.latest().records.isEmpty && !Files.exists(layout.results))
        // Of a log that lost its beginning the name is all there is.
        let lines = try Files.read(log).split(separator: 0x0a)
        try AtomicFile.write(Array(lines.dropFirst().joined(separator: [0x0a])) + [0x0a], to: log, durable: false)
        #expect(try LogPlace(log).run == "kept.ndjson")
    }

    @Test func `a run that has written nothing but its lock is one to wait for, and all else is refused`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ArchiveError.self) { try LogPlace(folder.path) }
        #expect(throws: ArchiveError.self) { try LogPlace(folder.path.appending("none")) }
        let text = folder.path.appending("text")
        for content in ["", "Dear log", "{\"a\":1}\n"] {
            try AtomicFile.write(Array(content.utf8), to: text, durable: false)
            #expect(throws: ArchiveError.self, "\(content)") { try LogPlace(text) }
        }
        try AtomicFile.write([], to: OutputLayout(root: folder.path).lock, durable: false)
        #expect(try LogPlace(folder.path).run == nil)
    }
}
