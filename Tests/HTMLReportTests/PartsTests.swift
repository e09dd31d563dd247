import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing

@testable import HTMLReport

@Suite struct PartsTests {
    private func run(_ counts: KeyValuePairs<String, JSON?>, stopped: String? = nil) -> RunSummary {
        var run = RunSummary(id: "r")
        run.tally = RunCounts(.members(counts))
        run.stopped = stopped
        return run
    }

    @Test func `the first sentence says whether it worked`() {
        let known: [(RunSummary, String)] = [
            (run(["found": 16, "completed": 14, "failed": 2, "damaged": 1]), "2 of 16 videos failed, 1 is damaged"),
            (run(["found": 16, "completed": 15, "failed": 1, "damaged": 3]), "1 of 16 videos failed, 3 are damaged"),
            (run(["found": 14, "completed": 14]), "All 14 videos processed"),
            (run(["found": 10000, "completed": 9988, "failed": 12]), "12 of 10,000 videos failed"),
            (run(["found": 5, "completed": 5, "damaged": 1]), "1 of 5 videos is damaged"),
            (run(["found": 3, "failed": 3]), "All 3 videos failed"),
            (run(["found": 1, "completed": 1]), "The only video was processed"),
            (run(["found": 1, "failed": 1]), "The only video failed"),
            (run(["found": 7, "skipped": 7]), "Nothing new: 7 videos were known"),
            (run([:]), "No videos found"),
            (
                run(["found": 16, "completed": 6, "failed": 1], stopped: "SIGTERM"),
                "Stopped early by SIGTERM: 7 of 16 videos processed, 1 failed"
            ),
        ]
        for (run, sentence) in known { #expect(Phrases.verdict(run) == sentence) }
    }

    @Test func `a run that leaves failed videos alone says how many still fail`() {
        func folder(_ videos: Int, failed: Int, quarantined: Int = 0, before: Int? = nil) -> FolderCounts {
            var counts = FolderCounts()
            (counts.videos, counts.failed, counts.failing) = (videos, failed, failed + quarantined)
            counts.failingBefore = before ?? failed
            return counts
        }
        let night = run(["found": 13, "skipped": 2, "skipped_failed": 10, "quarantined": 1])
        let single = run(["found": 1, "failed": 1])
        let known: [(RunSummary, FolderCounts, String, VideoStatus)] = [
            (night, folder(13, failed: 9, quarantined: 1), "Nothing new to do; 10 of 13 videos still fail", .failed),
            (night, folder(13, failed: 1), "Nothing new to do; 1 of 13 videos still fails", .failed),
            (night, folder(13, failed: 13), "Nothing new to do; all 13 videos still fail", .failed),
            (night, folder(1, failed: 1), "Nothing new to do; the only video still fails", .failed),
            (night, folder(13, failed: 0), "Nothing new: 13 videos were known", .ok),
            (
                single, folder(13, failed: 10, before: 9), "One video failed; 9 others still fail from earlier runs",
                .failed
            ),
            (single, folder(1, failed: 1, before: 0), "The only video failed", .failed),
            (run(["found": 1, "completed": 1]), folder(13, failed: 0), "One video processed", .ok),
            (
                run(["found": 13, "completed": 3, "skipped_failed": 1]), folder(13, failed: 1),
                "All 3 videos processed; 1 still fails from earlier runs", .ok
            ),
        ]
        for (run, folder, sentence, status) in known {
            #expect(Phrases.verdict(run, folder) == sentence)
            #expect(Phrases.status(run, folder) == status, "\(sentence)")
        }
    }

    @Test func `a start is shown as given and in UTC`() {
        let known = [
            ("2026-11-23T16:12:59+02:00", "2026-11-23 16:12:59 +02:00", "2026-11-23 14:12:59 UTC"),
            ("2027-01-01T01:30:00.250+05:45", "2027-01-01 01:30:00 +05:45", "2026-12-31 19:45:00 UTC"),
            ("2028-02-28T23:00:00-02:00", "2028-02-28 23:00:00 -02:00", "2028-02-29 01:00:00 UTC"),
            ("2026-03-01T00:00:00Z", "2026-03-01 00:00:00 UTC", "2026-03-01 00:00:00 UTC"),
        ]
        for (text, local, universal) in known {
            #expect(Moment(text)?.local == local)
            #expect(Moment(text)?.universal == universal)
        }
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23T16:12:59", "2026-11-23T16:12:59+0200"] {
            #expect(Moment(text) == nil)
        }
    }

    @Test func `a result is read alike in lines and in one piece`() throws {
        let folder = try TemporaryFolder()
        let clip = Fixture.standard[0]
        let lines = try clip.resultBytes()
        let compact = JSONWriter.encode(try JSONReader.parse(lines))
        let spaced = String(decoding: compact, as: UTF8.self).split(separator: ",\"frames\":[{\"frame_index\"")
            .joined(separator: " ,\n \"frames\" :\t[ {\"frame_index\"")
        for bytes in [lines, compact, Array(spaced.utf8)] {
            let path = folder.path.appending("result.json")
            try AtomicFile.write(bytes, to: path, durable: false)
            let reader = try ResultReader(path)
            #expect(reader.facts.totalFrames == clip.frames)
            #expect(reader.facts.rate == 25)
            #expect(reader.facts.summaries?["luma"]?["frames"]?.array?.count == 2)
            var count = 0
            while let frame = try reader.nextFrame() {
                #expect(frame["frame_index"]?.int == count)
                count += 1
            }
            #expect(count == clip.frames)
        }
    }

    @Test func `what several tools see at one frame is one row, what lasts is a row of its own`() throws {
        func event(_ type: String, _ start: Int, _ end: Int) -> EventRecord {
            EventRecord(
                tool: type, type: type, startFrame: start, endFrame: end, start: Double(start), end: Double(end),
                isOpenAtEnd: false, values: [])
        }
        let rows = EventTables.joined([
            event("black", 20, 40), event("scene", 20, 20), event("cut", 20, 20), event("content_cut", 20, 20),
            event("cut", 21, 21), event("freeze", 50, 60), event("motion", 50, 60),
        ])
        #expect(rows.map(\.types) == [["black"], ["scene", "cut", "content_cut"], ["cut"], ["freeze"], ["motion"]])
    }

    @Test func `the rerun command names one video and keeps the run's settings`() throws {
        let run = try #require(
            RunDocument([
                "run_id": "r",
                "command": .array([
                    "/opt/forgebatch", "run", "my videos", "--exclude", "*.tmp", "--force", "-o", "out", "--include=a*",
                ]),
            ]))
        func command(_ path: RawPath) -> String {
            Rerun(run, names: RootNames()).command(ReportVideo(job: JobID(video: path), path: path))
        }
        #expect(
            command(RawPath("-a [1].mp4"))
                == "forgebatch run --include '/-a \\[1\\].mp4' --retry-failed 'my videos' -o out")
        #expect(
            command(RawPath(bytes: [0x61, 0xff]))
                == "forgebatch run --include $'/a\\xff' --retry-failed 'my videos' -o out")
    }

    /// A run as its record tells of it.
    private func recorded(
        _ inputs: [String], _ options: [Invocation.Option], roots: [(String, String)], config: Bool = false
    ) -> RunDocument {
        var run = RunDocument(RunSummary(id: "r"))
        var invocation = Invocation()
        (invocation.folder, invocation.output) = (RawPath("/srv/work"), RawPath("/srv/work/out"))
        (invocation.options, invocation.inputs) = (options, inputs.map { RawPath($0) })
        run.invocation = invocation
        run.roots = roots.map { InputRoot(prefix: RawPath($0.0), path: RawPath($0.1)) }
        run.settings = config ? ["jobs": 2, "config": "/etc/forgebatch.yaml"] : ["jobs": 2]
        return run
    }

    private func command(_ run: RunDocument, _ path: RawPath) -> String {
        Rerun(run, names: RootNames()).command(ReportVideo(job: JobID(video: path), path: path))
    }

    @Test func `of several inputs the video is named by its own path, with the settings of all layers`() {
        let run = recorded(
            ["cam1", "/mnt/cam2"],
            [
                .init("set", RawPath("black.duration=0.5"), source: "FORGEBATCH_SET"),
                .init("jobs", RawPath("2"), source: "/etc/forgebatch.yaml"), .init("include", RawPath("*.mp4")),
                .init("files-from", RawPath("list"), source: "FORGEBATCH_FILES_FROM"), .init("no-stills"),
                .init("min-age", RawPath("1h")), .init("junit", RawPath("j.xml")),
            ], roots: [("cam1", "/srv/work/cam1"), ("cam2", "/mnt/cam2")], config: true)
        #expect(
            command(run, RawPath("cam1/a/b.mp4"))
                == "env -u FORGEBATCH_FILES_FROM forgebatch run cam1/a/b.mp4 -o out --retry-failed "
                + "--set black.duration=0.5 --jobs 2 --no-stills --no-config")
        #expect(command(run, RawPath("cam2/b c.mp4")).contains(" run '/mnt/cam2/b c.mp4' -o out "))
        let rerun = Rerun(run, names: RootNames())
        #expect(rerun.folder == "/srv/work")
        #expect(
            rerun.whole
                == "forgebatch run cam1 /mnt/cam2 --set black.duration=0.5 --jobs 2 --include '*.mp4' --files-from list "
                + "--no-stills --min-age 1h --junit j.xml --no-config")
        #expect(
            RunSetting.all(run).map { "\($0.name)=\($0.value) (\($0.origin))" }.prefix(3) == [
                "jobs=2 (/etc/forgebatch.yaml)", "config=/etc/forgebatch.yaml ()",
                "set=black.duration=0.5 (FORGEBATCH_SET)",
            ])
    }

    @Test func `names that a shell or forgebatch would take for something else are made safe`() {
        let run = recorded(["in"], [], roots: [("", "/srv/work")])
        #expect(command(run, RawPath("-rf.mp4")) == "forgebatch run ./-rf.mp4 -o out --retry-failed")
        #expect(command(run, RawPath("~a.mp4")) == "forgebatch run './~a.mp4' -o out --retry-failed")
        #expect(command(run, RawPath(bytes: [0x61, 0xff])) == "forgebatch run $'a\\xff' -o out --retry-failed")
        // Behind a link to a folder only a walk from the input finds it by its name.
        let links = recorded(["in"], [.init("follow")], roots: [("", "/srv/work/in")])
        #expect(
            command(links, RawPath("a [1].mp4"))
                == "forgebatch run in --include '/a \\[1\\].mp4' -o out --retry-failed --follow")
    }

    @Test func `a record without parts of the command still gives a pattern below the video's own root`() throws {
        let run = try #require(
            RunDocument([
                "run_id": "r", "command": .array(["forgebatch", "run", "videos", "--jobs", "2"]),
                "roots": .array([["path": "/srv/videos", "prefix": ""]]),
            ]))
        #expect(command(run, RawPath("a.mp4")) == "forgebatch run --include /a.mp4 --retry-failed videos --jobs 2")
        let several = try #require(
            RunDocument([
                "run_id": "r", "command": .array(["forgebatch", "run", "cam1", "cam2", "--jobs", "2"]),
                "roots": .array([["path": "/srv/cam1", "prefix": "cam1"], ["path": "/srv/cam2", "prefix": "cam2"]]),
            ]))
        #expect(
            command(several, RawPath("cam2/a.mp4"))
                == "forgebatch run /srv/cam2/a.mp4 -o forgebatch-out --retry-failed --jobs 2")
        #expect(Rerun(several, names: RootNames()).folder == nil)
    }

    @Test func `a page links to its video where the run found it, by the bytes of its name`() {
        let run = recorded(
            ["in"], [], roots: [("", "/srv/work/in"), ("far", "/mnt/far"), ("out", "/srv/work/out/sub")])
        func link(_ path: RawPath) -> String? {
            Rerun(run, names: RootNames()).link(path, from: RawPath("report/v/ab/x.html"))
        }
        #expect(link(RawPath("a.mp4")) == "../../../../in/a.mp4")
        #expect(link(RawPath(bytes: Array("#? ".utf8) + [0xff])) == "../../../../in/%23%3F%20%FF")
        #expect(link(RawPath("javascript:x")) == "../../../../in/javascript%3Ax")
        #expect(link(RawPath("far/a.mp4")) == "../../../../../../mnt/far/a.mp4")
        #expect(link(RawPath("out/a.mp4")) == "../../../sub/a.mp4")
        var old = run
        old.invocation = nil
        #expect(Rerun(old, names: RootNames()).link(RawPath("a.mp4"), from: RawPath("report/index.html")) == nil)
    }

    @Test func `the words of verdicts keep their flags whole`() {
        let parts = VerdictPage.parts("A changed one; --retry-failed. Or --force")
        #expect(parts.map(\.code) == ["--retry-failed", "--force", nil])
        #expect(parts.map(\.text) == ["A changed one; ", ". Or ", ""])
        let page = VerdictPage()
        #expect(page.statuses.map(\.id) == VideoStatus.settled.map(\.rawValue))
        for (row, reason) in zip(page.reasons, Reason.allCases) {
            #expect(VerdictPage.place(reason: reason.rawValue) == "verdicts.html#\(row.id)")
            #expect(row.meaning.map { $0.text + ($0.code ?? "") }.joined() == reason.words.meaning)
            #expect(row.advice.map { $0.text + ($0.code ?? "") }.joined() == reason.words.advice)
        }
        #expect(VerdictPage.place(reason: "of a later version") == nil && VerdictPage.place(.running) == nil)
    }

    @Test func `numbers read the same in every locale`() {
        #expect([0, 999, 1000, 1_234_567].map { Text.count($0) } == ["0", "999", "1,000", "1,234,567"])
        #expect([12, 999, 3_400_000, 48_213].map { Text.bytes($0) } == ["12 B", "999 B", "3.4 MB", "48 kB"])
        #expect([0.84, 12, 184, 7500].map { Text.span($0) } == ["0.8 s", "12 s", "3 min 04 s", "2 h 05 min"])
        #expect([4.2, 3723].map { Text.clock($0) } == ["0:04.2", "1:02:03.0"])
    }

    @Test func `text keeps a contrast of 4.5 to 1 in both schemes`() throws {
        let asset = try #require(try Templates(override: nil).assets.first { $0.name == "report.css" })
        let styles = String(decoding: asset.bytes, as: UTF8.self)
        let schemes = styles.split(separator: ":root {", omittingEmptySubsequences: false).dropFirst().prefix(2).map {
            block in
            var colors: [String: Double] = [:]
            for line in block.prefix(while: { $0 != "}" }).split(separator: "\n") {
                let parts = line.split(separator: ":").map { $0.filter { !" ;".contains($0) } }
                guard parts.count == 2, parts[1].hasPrefix("#") else { continue }
                colors[parts[0]] = Self.luminance(parts[1].dropFirst())
            }
            return colors
        }
        #expect(schemes.count == 2)
        let statuses = [VideoStatus.failed, .quarantined, .damaged, .warning, .ok, .skipped].map { "--\($0.rawValue)" }
        for scheme in schemes {
            for ground in ["--paper", "--sheet", "--wash"] {
                for text in ["--ink", "--soft", "--link"] + statuses {
                    let pair = [try #require(scheme[ground]), try #require(scheme[text])].sorted()
                    #expect((pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, "\(text) on \(ground)")
                }
            }
        }
    }

    /// The relative luminance of WCAG 2, without a mathematics library.
    private static func luminance(_ hex: Substring) -> Double {
        let digits = Array(hex)
        let parts = [0, 2, 4].map { start -> Double in
            let value = Double(Int(String(digits[start..<start + 2]), radix: 16) ?? 0) / 255
            if value <= 0.04045 { return value / 12.92 }
            let base = (value + 0.055) / 1.055
            // base^2.4 = base² · base^0.4, and base^0.4 is the fifth root of base², by Newton's method.
            let square = base * base
            var root = 1.0
            for _ in 0..<60 { root -= (root * root * root * root * root - square) / (5 * root * root * root * root) }
            return square * root
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
}
