import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Comparing two runs") struct ComparisonTests {
    @Test func `runs are told apart as before when later lines have taken the place of theirs`() throws {
        let runs = try MadeOutputFolder()
        func done(_ name: String, _ sha256: String, _ verdict: VideoStatus = .ok) -> JobRecord {
            .done(name, verdict) { $0.sha256 = sha256 }
        }
        let lost = JobRecord.failed("cam/bad.avi", "no frame")
        try runs.addRun(MadeRuns.first, [done("a.mkv", "1"), done("b.mkv", "2", .damaged), lost])
        try runs.addRun(
            MadeRuns.second, [done("new.webm", "3")],
            skipped: [
                .init(run: MadeRuns.first, ["a.mkv"]), .init(run: MadeRuns.first, ["b.mkv"], .damaged),
                .init(run: MadeRuns.first, ["cam/bad.avi"], .failed),
            ])
        let later = (3...8).map { "2026010\($0)T000000Z-cccccc" }
        for id in later {
            let lost = JobRecord.failed("cam/bad.avi", "another cause")
            try runs.addRun(id, [done("a.mkv", id, .damaged), done("b.mkv", id), lost]) {
                $0.summary.scope = "elsewhere"
            }
        }
        func documents() throws -> [String] {
            let pairs = [
                (MadeRuns.first, MadeRuns.second), (MadeRuns.second, later[0]), (MadeRuns.first, later[5]),
                (later[0], MadeRuns.second),
            ]
            return try pairs.map { JSONWriter.text(try runs.compare($0, $1).json) }
        }
        let before = try documents()
        let size = try Files.status(runs.layout.catalog).size
        try runs.layout.compact()
        #expect(try Files.status(runs.layout.catalog).size < size / 2)
        #expect(try documents() == before)
    }

    @Test func `every video is in the category that it belongs to, and in no other`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(
            MadeRuns.first,
            [
                .done("breaks"), .done("damages"), .failed("mends"), .done("goes"), .done("changes"), .done("drifts"),
                .done("slows"), .done("stays"), .done("ails", .damaged), .failed("fails"),
            ])
        try made.addRun(
            MadeRuns.second,
            [
                .failed("breaks"), .done("damages", .damaged) { $0.sha256 = "2" }, .done("mends"),
                .done("comes"), .done("changes") { ($0.fingerprint, $0.sha256) = ("x1:2", "2") },
                .done("drifts") { $0.sha256 = "2" }, .done("slows") { $0.processorSeconds = 13.1 },
            ],
            skipped: [
                .init(run: MadeRuns.first, ["stays"]), .init(run: MadeRuns.first, ["ails"], .damaged),
                .init(run: MadeRuns.first, ["fails"], .failed),
            ])
        let comparison = try made.compare()
        #expect(
            comparison.paths == [
                "newly_failing": ["breaks", "damages"], "fixed": ["mends"], "new": ["comes"], "removed": ["goes"],
                "changed": ["changes"], "drifted": ["drifts"], "slower": ["slows"],
            ])
        #expect(comparison.unchanged == 3 && comparison.unjudged == 0 && !comparison.isSame)
        #expect(comparison.isSameScope && comparison.isSameSettings)
        let broken = try #require(comparison[.newlyFailing].first)
        #expect(broken.was?.status == .ok && broken.now?.status == .failed && broken.now?.message == "no frame")
        #expect(comparison[.removed].first?.now == nil && comparison[.removed].first?.was?.frames == 100)
        #expect(comparison.before.tally.failed == 2 && comparison.after.tally.failed == 1)
        #expect(try made.compare(MadeRuns.first, MadeRuns.first).isSame)
    }

    @Test(arguments: [(13.0, false), (13.01, true)])
    func `slower is over 1.3 times a frame`(seconds: Double, isSlower: Bool) throws {
        let made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a")])
        try made.addRun(MadeRuns.second, [.done("a") { $0.processorSeconds = seconds }])
        #expect(try made.compare()[.slower].isEmpty != isSlower)
    }

    @Test func `slower is also a second more in all, and only with the same content`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(
            MadeRuns.first, [.done("short") { $0.processorSeconds = 0.9 }, .done("other"), .failed("broken")])
        try made.addRun(
            MadeRuns.second,
            [
                .done("short") { $0.processorSeconds = 1.9 },
                .done("other") { ($0.fingerprint, $0.sha256, $0.processorSeconds) = ("x1:2", "2", 100) },
                .failed("broken"),
            ])
        #expect(try made.compare().paths == ["changed": ["other"]])
    }

    @Test func `a result that drifted says when it was decoded with other libraries`() throws {
        let made = try MadeOutputFolder()
        func add(_ id: String, _ version: String, _ sha256: String, _ names: [String], skipped: String? = nil) throws {
            try made.addRun(
                id, names.map { .done($0) { $0.sha256 = sha256 } },
                skipped: skipped.map { [.init(run: MadeRuns.first, [$0])] } ?? []
            ) {
                $0.libraries = [.init(name: "libavcodec", version: version)]
            }
        }
        try add(MadeRuns.first, "59.1.0", "1", ["drifts", "stays"])
        try add(MadeRuns.second, "60.1.0", "2", ["drifts"], skipped: "stays")
        try add("20260103T000000Z-cccccc", "60.1.0", "3", ["drifts"], skipped: "stays")
        let upgrade = try made.compare()
        #expect(upgrade[.drifted].map(\.hasOtherLibraries) == [true] && upgrade.unchanged == 1)
        #expect(upgrade.json["drifted"]?.array?.first?["other_libraries"] == .bool(true))
        let same = try made.compare(MadeRuns.second, "20260103T000000Z-cccccc")
        #expect(same[.drifted].map(\.hasOtherLibraries) == [false])
    }

    @Test func `a video with more tools than its run asked for has settings of its own`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a")])
        try made.addRun(MadeRuns.second, [.done("a") { ($0.sha256, $0.digest) = ("2", "joined") }])
        let changes = try made.compare()
        #expect(changes.paths == ["other_settings": ["a"]])
        #expect(changes[.otherSettings].first?.now?.settingsDigest == "joined")
    }

    @Test func `other settings are no drift, and may be slower`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a"), .done("b")])
        try made.addRun(
            MadeRuns.second,
            [.done("a") { $0.sha256 = "2" }, .done("b") { ($0.sha256, $0.processorSeconds) = ("2", 20) }]
        ) {
            $0.summary.settingsDigest = "e"
        }
        let comparison = try made.compare()
        #expect(comparison.paths == ["other_settings": ["a", "b"], "slower": ["b"]] && !comparison.isSameSettings)
    }

    @Test func `a skipped video stands as in the run it came from, however many runs lie between`() throws {
        let made = try MadeOutputFolder()
        let third = "20260103T000000Z-cccccc"
        try made.addRun(MadeRuns.first, [.done("a"), .failed("b"), .done("c")])
        try made.addRun(
            MadeRuns.second, [.done("a") { ($0.fingerprint, $0.sha256) = ("x1:2", "2") }, .done("b")],
            skipped: [.init(run: MadeRuns.first, ["c"])])
        try made.addRun(
            third, [],
            skipped: [.init(run: MadeRuns.second, ["a", "b"]), .init(run: MadeRuns.first, ["c"])])
        #expect(try made.compare(MadeRuns.second, third).isSame)
        let far = try made.compare(MadeRuns.first, third)
        #expect(far.paths == ["fixed": ["b"], "changed": ["a"]] && far.unchanged == 1)
        // And backwards.
        #expect(try made.compare(third, MadeRuns.first).paths == ["newly_failing": ["b"], "changed": ["a"]])
    }

    @Test func `runs that looked in different places call nothing removed, and new only what nobody had seen`() throws {
        let made = try MadeOutputFolder()
        let third = "20260103T000000Z-cccccc"
        try made.addRun(MadeRuns.first, [.done("a"), .done("b")])
        try made.addRun(MadeRuns.second, [.failed("a")]) { $0.summary.scope = "narrow" }
        let narrowed = try made.compare()
        #expect(narrowed.paths == ["newly_failing": ["a"]] && narrowed.unjudged == 1 && !narrowed.isSameScope)
        try made.addRun(third, [.done("c")], skipped: [.init(run: MadeRuns.first, ["b"])])
        let widened = try made.compare(MadeRuns.second, third)
        #expect(widened.paths == ["new": ["c"]] && widened.unjudged == 2)
    }

    @Test func `what could not be looked at, was too young or not begun is not judged`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(
            MadeRuns.first, [.done("locked/a"), .done("young"), .done("late"), .done("stopped"), .done("gone")])
        let late = RawPath("late")
        try made.addRun(
            MadeRuns.second, [.failed("stopped", kind: JobRecord.stopped, "stopped by SIGTERM")]
        ) {
            ($0.unread, $0.tooYoung) = ([RawPath("locked")], [RawPath("young")])
            $0.notStarted = [.init(job: JobID(video: late), path: late)]
            $0.summary.isInterrupted = true
        }
        let comparison = try made.compare()
        #expect(comparison.paths == ["removed": ["gone"]] && comparison.unjudged == 4 && comparison.unchanged == 0)
    }

    @Test func `a record that only counts what it skipped is not taken for the whole`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a"), .done("b")])
        try made.addRun(
            MadeRuns.second, [.done("b")], skipped: [.init(run: MadeRuns.first, ["a"])]
        ) { $0.skipped = [] }
        let comparison = try made.compare()
        #expect(comparison.isSame && comparison.unjudged == 1 && !comparison.isSameScope)
    }

    /// Runs whose records do not list what was unchanged, and the same with lists.
    private func nights(isListed: Bool, compacts: Bool = false) throws -> MadeOutputFolder {
        let made = try MadeOutputFolder()
        func night(_ number: Int, _ done: [JobRecord], _ skipped: [(Int, [String])], unseen: [String] = []) throws {
            let groups = skipped.map { MadeOutputFolder.Skipped(run: MadeRuns.night($0.0), $0.1) }
            try made.addRun(MadeRuns.night(number), done, skipped: groups) { document in
                if isListed { return }
                document.skipped = []
                document.seen = SeenVideos(
                    skipped.flatMap { $0.1.map { (RawPath($0), true) } } + unseen.map { (RawPath($0), false) })
            }
        }
        func again(_ name: String, _ night: Int, after: Int?) -> JobRecord {
            .done(name) { record in
                record.sha256 = "\(night)"
                record.previousRunID = after.map { MadeRuns.night($0) }
            }
        }
        func enter(_ records: [JobRecord], _ night: Int) throws {
            // As a run writes them: the line says which run's result it replaced.
            try made.add(
                records.map { record in
                    var entry = CatalogEntry(record, run: MadeRuns.night(night), digest: "d")
                    entry.previousRunID = record.previousRunID
                    return entry
                })
        }
        let first = ["a", "b", "cam/c", "cam/d"].map { again($0, 1, after: nil) }
        try night(1, first, [])
        try night(2, [again("a", 2, after: 1)], [(1, ["b", "cam/c", "cam/d"])])
        try enter([again("a", 2, after: 1)], 2)
        try night(3, [], [(1, ["b", "cam/c"]), (2, ["a"])], unseen: ["cam/d"])
        try night(4, [again("a", 4, after: 2), again("b", 4, after: 1)], [(1, ["cam/c"])], unseen: ["cam/d"])
        try enter([again("a", 4, after: 2), again("b", 4, after: 1)], 4)
        try night(5, [again("a", 5, after: 4)], [(4, ["b"]), (1, ["cam/c"])], unseen: ["cam/d"])
        try enter([again("a", 5, after: 4)], 5)
        if compacts { try made.layout.compact(isForced: true) }
        return made
    }

    @Test(arguments: [false, true])
    func `runs that do not list what was unchanged compare as those that do, also from records alone`(compacts: Bool)
        throws
    {
        let (listed, counted) = (try nights(isListed: true), try nights(isListed: false, compacts: compacts))
        if compacts {
            #expect(try LinesFromEnd.count(counted.layout.catalog) == 4)
        }
        for before in 1...5 {
            for after in 1...5 {
                let (one, other) = (MadeRuns.night(before), MadeRuns.night(after))
                let wanted = try listed.compare(one, other)
                let found = try counted.compare(one, other)
                #expect(found.paths == wanted.paths, "\(before) and \(after)")
                #expect(
                    found.unchanged == wanted.unchanged && found.unjudged == wanted.unjudged && found.isSameScope,
                    "\(before) and \(after)")
            }
        }
        #expect(try counted.compare(MadeRuns.night(2), MadeRuns.night(3)).paths == ["removed": ["cam/d"]])
        #expect(try counted.compare(MadeRuns.night(3), MadeRuns.night(5)).paths == ["drifted": ["a", "b"]])
    }

    @Test func `of a result whose line and run are both gone, nobody says how it was`() throws {
        let made = try nights(isListed: false, compacts: true)
        for night in 1...2 { RunFolders.remove(made.layout, run: MadeRuns.night(night)) }
        let comparison = try made.compare(MadeRuns.night(3), MadeRuns.night(5))
        // a was made by the second run and b by the first, and both have been made anew.
        #expect(comparison.paths == [:] && comparison.unjudged == 2 && comparison.unchanged == 1)
    }

    @Test func `a video that was gone for a run was not seen by it, and counts as gone where both missed it`() throws {
        let made = try nights(isListed: false)
        var entry = CatalogEntry(.done("cam/c"), run: MadeRuns.night(1), digest: "d")
        entry.absence = Absence(from: MadeRuns.night(3), time: 0)
        try made.add([entry])
        #expect(try made.compare(MadeRuns.night(3), MadeRuns.night(4)).gone == 1)
        #expect(try made.compare(MadeRuns.night(2), MadeRuns.night(4)).gone == 0)
        entry.absence?.until = MadeRuns.night(5)
        try made.add([entry])
        #expect(try made.compare(MadeRuns.night(4), MadeRuns.night(5)).gone == 0)
    }

    @Test func `names that are no text keep their bytes`() throws {
        let made = try MadeOutputFolder()
        let odd = JobRecord.done(RawPath(bytes: [0x61, 0xff, 0x22, 0x0a]))
        try made.addRun(MadeRuns.first, [.done("a")])
        try made.addRun(MadeRuns.second, [odd], skipped: [.init(run: MadeRuns.first, ["a"])])
        let comparison = try made.compare()
        #expect(comparison[.new].map(\.path) == [odd.path])
        let text = JSONWriter.encode(comparison.json)
        let entry = try #require(try JSONReader.parse(text)["new"]?.array?.first)
        #expect(RawPath(entry) == odd.path && entry["was"] == nil && entry["now"]?["status"] == "ok")
    }

    @Test func `a run without a record cannot be compared`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a")])
        #expect(throws: ArchiveError.self) { try made.compare() }
        try AtomicFile.write(Array("{".utf8), to: made.layout.summary(run: MadeRuns.second), durable: false)
        #expect(throws: ArchiveError.self) { try made.compare() }
    }

    @Test func `ten thousand videos are compared by their records alone`() throws {
        let made = try MadeOutputFolder()
        let names = (0..<10_000).map { "cam\($0 % 97)/video \($0).mp4" }
        try made.addRun(MadeRuns.first, names.map { .done($0) })
        try made.addRun(MadeRuns.second, [], skipped: [.init(run: MadeRuns.first, Array(names.dropFirst(3)))])
        // There is no result at all, so none can have been read.
        let comparison = try made.compare()
        #expect(comparison.paths == ["removed": names.prefix(3).sorted()] && comparison.unchanged == 9_997)
    }
}
