import Archive
import Bytes
import Jobs
import Store
import Testing

@Suite("Comparing two runs") struct ComparisonTests {
    private typealias Done = MadeRuns.Done

    private func video(_ path: String, _ change: (inout MadeRuns.Done) -> Void) -> MadeRuns.Done {
        var done = MadeRuns.Done(path)
        change(&done)
        return done
    }

    @Test func `runs are told apart as before when later lines have taken the place of theirs`() throws {
        let runs = try MadeRuns()
        func done(_ name: String, _ sha256: String, _ verdict: String = "ok") -> MadeRuns.Done {
            var done = MadeRuns.Done(name)
            (done.sha256, done.verdict) = (sha256, verdict)
            return done
        }
        let lost = MadeRuns.Done.failed("cam/bad.avi", "no frame")
        try runs.add(MadeRuns.first, [done("a.mkv", "1"), done("b.mkv", "2", "damaged"), lost])
        try runs.add(
            MadeRuns.second, [done("new.webm", "3")],
            skipped: [
                (MadeRuns.first, "up_to_date", ["a.mkv"]), (MadeRuns.first, "damaged", ["b.mkv"]),
                (MadeRuns.first, "failed", ["cam/bad.avi"]),
            ])
        let later = (3...8).map { "2026010\($0)T000000Z-cccccc" }
        for id in later {
            let lost = MadeRuns.Done.failed("cam/bad.avi", "another cause")
            try runs.add(id, [done("a.mkv", id, "damaged"), done("b.mkv", id), lost], scope: "elsewhere")
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
        let made = try MadeRuns()
        try made.add(
            MadeRuns.first,
            [
                Done("breaks"), Done("damages"), .failed("mends"), Done("goes"), Done("changes"), Done("drifts"),
                Done("slows"), Done("stays"), video("ails") { $0.verdict = "damaged" }, .failed("fails"),
            ])
        try made.add(
            MadeRuns.second,
            [
                .failed("breaks"), video("damages") { ($0.verdict, $0.sha256) = ("damaged", "2") }, Done("mends"),
                Done("comes"), video("changes") { ($0.fingerprint, $0.sha256) = ("x1:2", "2") },
                video("drifts") { $0.sha256 = "2" }, video("slows") { $0.processorSeconds = 13.1 },
            ],
            skipped: [
                (MadeRuns.first, "up_to_date", ["stays"]), (MadeRuns.first, "damaged", ["ails"]),
                (MadeRuns.first, "failed", ["fails"]),
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
        let made = try MadeRuns()
        try made.add(MadeRuns.first, [Done("a")])
        try made.add(MadeRuns.second, [video("a") { $0.processorSeconds = seconds }])
        #expect(try made.compare()[.slower].isEmpty != isSlower)
    }

    @Test func `slower is also a second more in all, and only with the same content`() throws {
        let made = try MadeRuns()
        try made.add(
            MadeRuns.first, [video("short") { $0.processorSeconds = 0.9 }, Done("other"), .failed("broken")])
        try made.add(
            MadeRuns.second,
            [
                video("short") { $0.processorSeconds = 1.9 },
                video("other") { ($0.fingerprint, $0.sha256, $0.processorSeconds) = ("x1:2", "2", 100) },
                .failed("broken"),
            ])
        #expect(try made.compare().paths == ["changed": ["other"]])
    }

    @Test func `other settings are no drift, and may be slower`() throws {
        let made = try MadeRuns()
        try made.add(MadeRuns.first, [Done("a"), Done("b")])
        try made.add(
            MadeRuns.second,
            [video("a") { $0.sha256 = "2" }, video("b") { ($0.sha256, $0.processorSeconds) = ("2", 20) }], digest: "e")
        let comparison = try made.compare()
        #expect(comparison.paths == ["other_settings": ["a", "b"], "slower": ["b"]] && !comparison.isSameSettings)
    }

    @Test func `a skipped video stands as in the run it came from, however many runs lie between`() throws {
        let made = try MadeRuns()
        let third = "20260103T000000Z-cccccc"
        try made.add(MadeRuns.first, [Done("a"), .failed("b"), Done("c")])
        try made.add(
            MadeRuns.second, [video("a") { ($0.fingerprint, $0.sha256) = ("x1:2", "2") }, Done("b")],
            skipped: [(MadeRuns.first, "up_to_date", ["c"])])
        try made.add(
            third, [],
            skipped: [(MadeRuns.second, "up_to_date", ["a", "b"]), (MadeRuns.first, "up_to_date", ["c"])])
        #expect(try made.compare(MadeRuns.second, third).isSame)
        let far = try made.compare(MadeRuns.first, third)
        #expect(far.paths == ["fixed": ["b"], "changed": ["a"]] && far.unchanged == 1)
        // And backwards.
        #expect(try made.compare(third, MadeRuns.first).paths == ["newly_failing": ["b"], "changed": ["a"]])
    }

    @Test func `runs that looked in different places call nothing removed, and new only what nobody had seen`() throws {
        let made = try MadeRuns()
        let third = "20260103T000000Z-cccccc"
        try made.add(MadeRuns.first, [Done("a"), Done("b")])
        try made.add(MadeRuns.second, [.failed("a")], scope: "narrow")
        let narrowed = try made.compare()
        #expect(narrowed.paths == ["newly_failing": ["a"]] && narrowed.unjudged == 1 && !narrowed.isSameScope)
        try made.add(third, [Done("c")], skipped: [(MadeRuns.first, "up_to_date", ["b"])])
        let widened = try made.compare(MadeRuns.second, third)
        #expect(widened.paths == ["new": ["c"]] && widened.unjudged == 2)
    }

    @Test func `what could not be looked at, was too young or not begun is not judged`() throws {
        let made = try MadeRuns()
        try made.add(
            MadeRuns.first, [Done("locked/a"), Done("young"), Done("late"), Done("stopped"), Done("gone")])
        let late = JSON.object(
            [JSON.Member("job_id", .string(JobID(video: RawPath("late")).text))] + RawPath("late").members())
        try made.add(
            MadeRuns.second, [.failed("stopped", kind: "stopped", "stopped by SIGTERM")],
            more: [
                JSON.Member("unread", .array([.object(RawPath("locked").members())])),
                JSON.Member("too_young", .array([.object(RawPath("young").members())])),
                JSON.Member("not_started", .array([late])),
            ], interrupted: true)
        let comparison = try made.compare()
        #expect(comparison.paths == ["removed": ["gone"]] && comparison.unjudged == 4 && comparison.unchanged == 0)
    }

    @Test func `a record that only counts what it skipped is not taken for the whole`() throws {
        let made = try MadeRuns()
        try made.add(MadeRuns.first, [Done("a"), Done("b")])
        try made.add(
            MadeRuns.second, [Done("b")], skipped: [(MadeRuns.first, "up_to_date", ["a"])], listsSkipped: false)
        let comparison = try made.compare()
        #expect(comparison.isSame && comparison.unjudged == 1 && !comparison.isSameScope)
    }

    @Test func `names that are no text keep their bytes`() throws {
        let made = try MadeRuns()
        var odd = Done("x")
        odd.path = RawPath(bytes: [0x61, 0xff, 0x22, 0x0a])
        try made.add(MadeRuns.first, [Done("a")])
        try made.add(MadeRuns.second, [odd], skipped: [(MadeRuns.first, "up_to_date", ["a"])])
        let comparison = try made.compare()
        #expect(comparison[.new].map(\.path) == [odd.path])
        let text = JSONWriter.encode(comparison.json)
        let entry = try #require(try JSONReader.parse(text)["new"]?.array?.first)
        #expect(RawPath(entry) == odd.path && entry["was"] == nil && entry["now"]?["status"] == "ok")
    }

    @Test func `a run without a record cannot be compared`() throws {
        let made = try MadeRuns()
        try made.add(MadeRuns.first, [Done("a")])
        #expect(throws: ArchiveError.self) { try made.compare() }
        try AtomicFile.write(Array("{".utf8), to: made.layout.summary(run: MadeRuns.second), durable: false)
        #expect(throws: ArchiveError.self) { try made.compare() }
    }

    @Test func `ten thousand videos are compared by their records alone`() throws {
        let made = try MadeRuns()
        let names = (0..<10_000).map { "cam\($0 % 97)/video \($0).mp4" }
        try made.add(MadeRuns.first, names.map { Done($0) })
        try made.add(MadeRuns.second, [], skipped: [(MadeRuns.first, "up_to_date", Array(names.dropFirst(3)))])
        // There is no result at all, so none can have been read.
        let comparison = try made.compare()
        #expect(comparison.paths == ["removed": names.prefix(3).sorted()] && comparison.unchanged == 9_997)
    }
}
