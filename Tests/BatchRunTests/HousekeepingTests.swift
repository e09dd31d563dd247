import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

@Suite("Keeping house")
struct HousekeepingTests {
    private func run(_ number: Int, hasRecord: Bool = true) -> RunRetention.Run {
        RunRetention.Run(id: "r\(number)", started: Int64(number) * 1000, hasRecord: hasRecord)
    }

    @Test("Of runs those go that every rule lets go; the newest, the newest finished and what is spared stay")
    func retention() {
        let runs = (1...6).map { run($0, hasRecord: $0 < 5) }
        #expect(RunRetention(keep: nil).removable(runs) == [])
        #expect(RunRetention(keep: 3).removable(runs) == ["r1", "r2", "r3"])
        // r5 and r6 were killed: the newest finished one is r4.
        #expect(RunRetention(keep: 1).removable(runs) == ["r1", "r2", "r3", "r5"])
        #expect(RunRetention(keep: 1).removable(runs, spared: ["r2", "r5"]) == ["r1", "r3"])
        #expect(RunRetention(keep: nil, before: 3000).removable(runs) == ["r1", "r2"])
        #expect(RunRetention(keep: 5, before: 3000).removable(runs) == ["r1"])
        #expect(RunRetention(keep: nil, before: .max).removable(runs) == ["r1", "r2", "r3", "r5"])
        #expect(RunRetention(keep: 9).removable(runs) == [])
        #expect(RunRetention(keep: 1).removable([]) == [])
        // When it began is not known, so it is not old.
        let odd = RunRetention.Run(id: "a", started: nil, hasRecord: true)
        #expect(RunRetention(keep: nil, before: .max).removable([odd] + runs) == ["r1", "r2", "r3", "r5"])
    }

    @Test("An id tells when its run began, and a report which run it shows")
    func names() throws {
        let time = UTCTime(milliseconds: 1_772_067_723_456)
        #expect(RunRemoval.started(BatchRunner.newRunID(time)) == 1_772_067_723_000)
        for id in ["", "run", "20260226T0102033-aaaaaa", "2026022xT010203Z-aaaaaa"] {
            #expect(RunRemoval.started(id) == nil, "\(id)")
        }
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        #expect(RunRemoval.shownByReport(layout) == nil)
        let page = "<a href=\"/\">x</a><a href=\"../runs/20260226T010203Z-aaaaaa/run.json\">data</a>"
        try AtomicFile.write(Array(page.utf8), to: layout.reportIndex, durable: false)
        #expect(RunRemoval.shownByReport(layout) == "20260226T010203Z-aaaaaa")
    }

    @Test("Runs go with their lines of the history; what is of others stays, and what a kill leaves is removed later")
    func removal() throws {
        let made = try MadeOutputFolder()
        let ids = (1...5).map { "2026010\($0)T000000Z-aaaaaa" }
        for id in ids {
            try made.addRun(id, [.done("a.mp4")])
            try made.writeLog(id, [])
        }
        try AtomicFile.write([1], to: made.layout.run(ids[0]).appending("mine.txt"), durable: false)
        // As a kill leaves them: without a log, without a record, and with a line but no folder.
        Files.remove(made.layout.log(run: ids[1]))
        RunFolders.remove(made.layout, run: ids[2])
        #expect(try RunRemoval.find(made.layout, RunRetention(keep: 2)) == Array(ids.prefix(3)))
        #expect(try RunRemoval.removeAll(but: 2, made.layout) > 0)
        #expect(try RunFolders.ids(made.layout) == [ids[0], ids[3], ids[4]])
        #expect(try Files.list(made.layout.run(ids[0])) == [RawPath("mine.txt")])
        #expect(try History(made.layout).runs().keys.sorted() == [ids[0], ids[3], ids[4]])
    }

    // MARK: Where videos are

    private func discovery(_ names: [String], roots: [InputRoot], walked: [String]) -> Discovery {
        var discovery = Discovery()
        discovery.candidates = Candidates(names.map { Planned.candidate($0) })
        (discovery.roots, discovery.walked) = (roots, walked.map { RawPath($0) })
        return discovery
    }

    @Test("A walk tells only of what it would have taken: below its folders, by its rules, where it found something")
    func coverage() {
        let roots = [
            InputRoot(prefix: RawPath(""), path: RawPath("/in")),
            InputRoot(prefix: RawPath("cam2"), path: RawPath("/two")),
        ]
        let names = RootNames(roots)
        var options = DiscoveryOptions(now: 0)
        func place(_ path: String, _ found: Discovery) -> String? {
            WalkCoverage(found, names, options).place(of: RawPath(path))?.display
        }
        let one = discovery(["a.mp4"], roots: [roots[0]], walked: ["/in"])
        #expect(place("cam/b.mp4", one) == "/in/cam/b.mp4")
        // A video of a root that this run did not look at.
        #expect(place("cam2/b.mp4", one) == nil)
        let both = discovery(["a.mp4", "cam2/c.mp4"], roots: roots, walked: ["/in", "/two"])
        #expect(place("cam2/b.mp4", both) == "/two/b.mp4")
        // Nothing was found there: it may not be mounted.
        let empty = discovery(["a.mp4"], roots: roots, walked: ["/in", "/two"])
        #expect(place("cam2/b.mp4", empty) == nil && place("b.mp4", empty) == "/in/b.mp4")
        // A file that was given is no walk of its folder.
        #expect(place("b.mp4", discovery(["a.mp4"], roots: [roots[0]], walked: [])) == nil)
        for (path, isTaken) in [("cam/b.mp4", true), (".hid/b.mp4", false), ("x/y/z/b.mp4", true)] {
            #expect((place(path, one) != nil) == isTaken, "\(path)")
        }
        options.maxDepth = 2
        #expect(place("cam/b.mp4", one) != nil && place("x/y/b.mp4", one) == nil)
        options.maxDepth = nil
        options.rules = [.include(Glob("cam3/**"))]
        #expect(place("cam3/b.mp4", one) != nil && place("cam/b.mp4", one) == nil)
        options.rules = [.exclude(Glob("cam"))]
        #expect(place("cam/b.mp4", one) == nil && place("cam3/b.mp4", one) != nil)
        options.rules = []
        options.extensions = ["mkv"]
        #expect(place("b.mp4", one) == nil && place("b.mkv", one) != nil)
        options.extensions = nil
        var blind = one
        (blind.young, blind.unread) = ([RawPath("new.mp4")], [RawPath("locked")])
        #expect(place("new.mp4", blind) == nil && place("locked/b.mp4", blind) == nil && place("c.mp4", blind) != nil)
    }

    @Test("That a file is not there is sure where its folder is, and holds something")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let root = try Files.resolve(folder.path)
        for name in ["in/a.mp4", "in/cam1/b.mp4", "in/file"] {
            try AtomicFile.write([1], to: root.appending(name), durable: false)
        }
        try Files.makeDirectory(root.appending("in/cam2"), durable: false)
        let names = [
            "in/a.mp4", "in/gone.mp4", "in/cam1/gone.mp4", "in/cam2/gone.mp4", "in/cam3/deep/gone.mp4",
            "in/file/gone.mp4",
        ]
        let looker = Looker(program: nil, stall: 60, deadline: nil)
        // cam2 is empty, as the place of a share that is not mounted.
        let missing = try await looker.missing(names.map { root.appending($0) })
        #expect(missing.map(\.index) == [1, 2, 3, 4, 5] && missing.map(\.isSure) == [true, true, false, true, true])
    }

    @Test("A video has moved when its file is the same under another name, or its whole content, and each result once")
    func moves() {
        var (a, b) = (Planned.entry("old/a.mp4"), Planned.entry("old/b.mp4", fingerprint: "g"))
        b.inode = 9
        func take(_ lost: [CatalogEntry], _ identity: RunOptions.Identity, _ names: [(String, UInt64)]) -> [String?] {
            let moves = MovedVideos(lost.map { Whereabouts.Lost(entry: $0) }, identity: identity)
            return names.map { name, inode in
                moves.take(Planned.candidate(name, inode: inode)) { _ in inode == 9 ? "g" : "f" }?.entry.path.display
            }
        }
        #expect(take([a, b], .stat, [("x.mp4", 3), ("y.mp4", 3), ("z.mp4", 9)]) == ["old/a.mp4", nil, "old/b.mp4"])
        #expect(take([a], .stat, [("x.mp4", 4)]) == [nil])
        // Another inode, and nobody has read the whole: the three pieces alone prove nothing.
        #expect(take([a], .hash, [("x.mp4", 4)]) == [nil])
        a.content = "whole"
        #expect(take([a], .hash, [("x.mp4", 4), ("y.mp4", 4)]) == ["old/a.mp4", nil])
        #expect(take([a], .stat, [("x.mp4", 4)]) == [nil])
        let unsure = MovedVideos([.init(entry: a, isSure: false)], identity: .hash)
        #expect(unsure.take(Planned.candidate("x.mp4", inode: 4)) { _ in "f" } == nil)
        #expect(unsure.take(Planned.candidate("x.mp4")) { _ in "f" }?.entry == a)
        let moves = MovedVideos([.init(entry: a)], identity: .hash)
        #expect(moves.take(Planned.candidate("x.mp4", inode: 4)) { _ in "f" }?.content == "whole")
        // Of two names of one file the one with the same last part goes first.
        let twin = Planned.entry("old/x.mp4")
        #expect(take([a, twin], .stat, [("new/x.mp4", 3)]) == ["old/x.mp4"])
    }

    @Test("A record of a run with nothing to do is as long for many videos as for few")
    func record() async throws {
        func night(_ count: Int) async throws -> Int64 {
            let names = (0..<count).map { "cam\($0 % 7)/video \($0).mp4" }
            let bench = try RunTests.Bench(videos: names, script: RunTests.good)
            bench.options.workers = 4
            bench.options.stills = false
            #expect(try await bench.run().counts.completed == count)
            let second = try await bench.run()
            #expect(second.counts.skipped == count)
            return try Files.status(bench.layout.summary(run: second.runID)).size
        }
        let (few, many) = (try await night(2), try await night(60))
        #expect(abs(many - few) < 20, "\(few) and \(many) bytes")
    }
}
