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
            Rerun.command(run, ReportVideo(job: JobID(video: path), path: path))
        }
        #expect(
            command(RawPath("-a [1].mp4"))
                == "forgebatch run --include '/-a \\[1\\].mp4' --retry-failed 'my videos' -o out")
        #expect(
            command(RawPath(bytes: [0x61, 0xff]))
                == "forgebatch run --include $'/a\\xff' --retry-failed 'my videos' -o out")
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
        let schemes = styles.split(separator: ":root {").dropFirst().prefix(2).map { block in
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
