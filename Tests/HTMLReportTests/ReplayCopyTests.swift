import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import HTMLReport

@Suite("The static copy of a replay")
struct ReplayCopyTests {
    private let folder: TemporaryFolder
    private let fixture: Fixture

    init() throws {
        folder = try TemporaryFolder()
        fixture = try Fixture(folder.path)
    }

    private var data: RawPath { fixture.layout.report.appending("data") }

    private func writeReport() throws {
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions(pages: .basic))
    }

    private func writeLog(_ lines: [[UInt8]], torn: String = "") throws {
        let bytes = lines.flatMap { $0 + [0x0a] } + Array(torn.utf8)
        try AtomicFile.write(bytes, to: fixture.layout.log(run: Fixture.run), durable: false)
    }

    private func script(_ name: String) throws -> [UInt8] { try Files.read(data.appending(name)) }

    private func chunks() throws -> Int {
        try #require(ScriptCall("Replay.index", try script("replay.js")))["chunks"]?.int ?? 0
    }

    /// The lines that the chunks hold, as the viewer writes them out again.
    private func copiedLines() throws -> [[UInt8]] {
        try (0..<chunks()).flatMap { number in
            let chunk = try #require(ScriptCall("Replay.chunk", try script("replay-\(number).js")))
            return try CopiedChunk(chunk).lines
        }
    }

    /// Lines of every kind there is, and some that no version of forgebatch writes.
    private static let oddLines: [[UInt8]] = {
        let a = JobID(video: RawPath("a.mp4"))
        let b = JobID(video: RawPath("</script><script>alert(1)</script>\u{2028}.mp4"))
        let hostile = RawPath("</script><script>alert(1)</script>\u{2028}.mp4")
        let raw = RawPath(bytes: Array("bad".utf8) + [0xff, 0xfe])
        var events: [LogEvent] = [
            .runStarted(runID: Fixture.run, version: "1", jobs: 3, settings: "s"),
            .jobPlanned(job: a, path: RawPath("a.mp4"), size: 7), .jobPlanned(job: b, path: hostile, size: 7),
            .jobPlanned(job: JobID(video: raw), path: raw, size: 7),
            .jobsSkipped(count: 9, reasons: [.skipped: 8, .failed: 1]),
            .jobSkipped(job: JobID(video: raw), path: raw, reason: "known"),
            .jobStarted(job: a, path: RawPath("a.mp4"), totalFrames: 0, size: 7),
            .jobStarted(job: b, path: hostile, totalFrames: 30, size: 7),
        ]
        for frame in 1...30 {
            events.append(.progress(job: b, Progress(currentFrame: frame, totalFrames: 30)))
            events.append(.progress(job: a, Progress(currentFrame: frame, totalFrames: 0)))
        }
        let pass = Progress.Pass(tool: "yolo/<radar>", completed: 1, total: 2)
        events += [
            .progress(job: a, Progress(currentFrame: 1, totalFrames: 4, pass: pass)),
            .jobRetry(job: a, attempt: 2, reason: "killed"), .completed(job: b),
            .error(job: a, message: "a.mp4: decode: \"quoted\" \\ <b> \u{2029} \u{1f3a5}"),
            .runFinished(counts: ["completed": 1], exitStatus: 3),
        ]
        var lines = events.enumerated().map { place, event in
            // The clock steps back once.
            event.encode(
                time: UTCTime(milliseconds: 1_795_000_000_000 + (place == 20 ? -5000 : 37 * Int64(place))),
                seq: place + 1)
        }
        // Not as this version would write it: spaces, another order, a number that jumps, no JSON, no UTF-8, nothing.
        let id = a.text
        lines.insert(
            Array(
                "{\"current_frame\": 3, \"job_id\": \"\(id)\", \"ts\": \"2026-11-20T00:00:00.000Z\", \"seq\": 900}".utf8
            ), at: 40)
        lines.insert(
            Array(
                "{\"job_id\":\"\(id)\",\"current_frame\":3,\"total_frames\":9,\"percent\":99,\"ts\":\"2026-11-20T00:00:00.000Z\",\"seq\":901}"
                    .utf8), at: 41)
        lines.insert(
            Array(
                "{\"job_id\":\"\(id)\",\"current_frame\":03,\"total_frames\":9,\"percent\":33,\"ts\":\"2026-02-30T00:00:00.000Z\",\"seq\":902}"
                    .utf8), at: 42)
        lines.insert(Array("garbage </script>".utf8), at: 44)
        lines.insert([0xff, 0x3c, 0xfe], at: 45)
        lines.insert([], at: 46)
        return lines
    }()

    @Test("The scripts give every line of the log back, byte for byte")
    func everyLine() throws {
        try writeLog(Self.oddLines, torn: "{\"job_id\":\"to")
        try writeReport()
        #expect(try copiedLines() == Self.oddLines)
    }

    @Test("A long log makes several scripts, in which progress takes a fraction of its bytes")
    func longLog() throws {
        let jobs = (0..<7).map { JobID(video: RawPath("\($0).mp4")) }
        let lines = (0..<(2 * EventChunk.rowLimit + 9)).map { place in
            LogEvent.progress(job: jobs[place % 7], Progress(currentFrame: place / 7, totalFrames: 9000))
                .encode(time: UTCTime(milliseconds: 1_795_000_000_000 + Int64(place) * 9), seq: place + 1)
        }
        try writeLog(lines)
        try writeReport()
        #expect(try chunks() == 3)
        #expect(try copiedLines() == lines)
        let copied = try (0..<3).reduce(0) { $0 + (try script("replay-\($1).js").count) }
        #expect(copied * 5 < lines.reduce(0) { $0 + $1.count })

        // A shorter log leaves no script of the longer one.
        try writeLog(Array(lines.prefix(5)))
        try writeReport()
        #expect(
            try Files.list(data).map(\.display).filter { $0.hasPrefix("replay") } == [
                "replay-0.js", "replay-videos.js", "replay.js",
            ])
    }

    @Test("The same folder gives the same bytes")
    func sameBytes() throws {
        try writeLog(Self.oddLines)
        let names = ["replay.js", "replay-0.js", "replay-videos.js"].map { "data/\($0)" } + ["replay.html"]
        func copy() throws -> [[UInt8]] {
            try writeReport()
            return try names.map { try Files.read(fixture.layout.report.appending($0)) }
        }
        #expect(try copy() == copy())
    }

    @Test("A compressed log gives the same copy")
    func compressedLog() throws {
        try writeLog(Self.oddLines)
        let names = ["replay.js", "replay-0.js", "replay-videos.js"].map { "data/\($0)" } + ["replay.html"]
        func copy() throws -> [[UInt8]] {
            try writeReport()
            return try names.map { try Files.read(fixture.layout.report.appending($0)) }
        }
        let plain = try copy()
        try RunLog.compress(fixture.layout.log(run: Fixture.run))
        #expect(try copy() == plain)
        // The index links what is there.
        let index = try String(decoding: Files.read(fixture.layout.reportIndex), as: UTF8.self)
        #expect(index.contains("/progress.ndjson.gz\">progress.ndjson.gz</a>"))
    }

    @Test("Nothing in a name or a line ends a script or a line of script")
    func hostile() throws {
        try writeLog(Self.oddLines)
        try writeReport()
        for name in try Files.list(data) {
            let bytes = try Files.read(data.appending(name))
            #expect(!bytes.contains(UInt8(ascii: "<")), "\(name.display)")
            let text = try #require(String(validating: bytes, as: UTF8.self))
            #expect(!text.unicodeScalars.contains { $0.value == 0x2028 || $0.value == 0x2029 }, "\(name.display)")
            #expect(text.hasSuffix(");\n"), "\(name.display)")
        }
    }

    @Test("What became of each video is beside the events")
    func details() throws {
        try writeReport()
        let videos = try #require(ScriptCall("Replay.videos", try script("replay-videos.js")))
        #expect(videos.members?.count == fixture.clips.count)
        let damaged = try #require(fixture.clips.first { $0.status == .damaged })
        #expect(videos[damaged.job.text]?.array == ["damaged", 450, true, "results/cam02/yard.mkv.json"])
        let failed = try #require(fixture.clips.first { $0.kind == .death })
        #expect(videos[failed.job.text]?.array == ["failed", .null, true, .null])
        // Of a report without pages for sound videos there is none to link to.
        #expect(videos[fixture.clips[0].job.text]?.array?[2] == false)
    }

    @Test("A run without a log has no replay, and loses the one there was")
    func noLog() throws {
        try writeReport()
        #expect(Files.exists(fixture.layout.report.appending("replay.html")))
        Files.remove(fixture.layout.log(run: Fixture.run))
        try writeReport()
        #expect(!Files.exists(fixture.layout.report.appending("replay.html")))
        #expect(try Files.list(data).map(\.display) == ["index.js"])
    }

    @Test("A run whose log has no end was interrupted")
    func interrupted() throws {
        for (lines, state) in [(Self.oddLines, "finished"), (Array(Self.oddLines.dropLast()), "interrupted")] {
            try writeLog(lines)
            try writeReport()
            let run = try #require(ScriptCall("Replay.index", try script("replay.js")))["run"]
            #expect(run?["state"]?.string == state)
            #expect(run?["events"]?.int == lines.count)
            #expect(run?["jobs"]?.int == 3)
            #expect(run?["run_id"]?.string == Fixture.run)
        }
    }
}

/// The JSON that a script hands to a function; nil when it does anything else.
private func ScriptCall(_ function: String, _ script: [UInt8]) -> JSON? {
    let head = Array("\(function)(".utf8)
    let tail = Array(");\n".utf8)
    guard script.starts(with: head), script.suffix(3).elementsEqual(tail) else { return nil }
    return try? JSONReader.parse(Array(script.dropFirst(head.count).dropLast(3)))
}

/// A chunk written out again, without the code that made it.
private struct CopiedChunk {
    let lines: [[UInt8]]

    init(_ chunk: JSON) throws {
        func column(_ name: String) throws -> [Int] {
            try #require(chunk[name]?.array).map { try #require($0.int) }
        }
        let ids = try #require(chunk["ids"]?.array).map { try #require($0.string) }
        let (jobs, frames, totals) = (try column("job"), try column("frame"), try column("total"))
        let (percents, steps) = (try column("percent"), try column("time"))
        var time = Int64(try #require(chunk["from"]?.int))
        var seq = try #require(chunk["seq"]?.int)
        lines = try jobs.indices.map { row in
            if let text = chunk["lines"]?["\(row)"]?.string {
                if let json = try? JSONReader.parse(Array(text.utf8)), let number = json["seq"]?.int,
                    (try? LogLine.parse(Array(text.utf8))) != nil
                {
                    seq = number
                }
                return Array(text.utf8)
            }
            if let base64 = chunk["bytes"]?["\(row)"]?.string { return try #require(Base64.decode(base64)) }
            time += Int64(steps[row])
            seq += 1
            let tail = "\"ts\":\"\(UTCTime(milliseconds: time).text)\",\"seq\":\(seq)}"
            let id = ids[jobs[row]]
            if frames[row] < 0 { return Array("{\"status\":\"completed\",\"job_id\":\"\(id)\",\(tail)".utf8) }
            let progress =
                "\"current_frame\":\(frames[row]),\"total_frames\":\(totals[row]),\"percent\":\(percents[row])"
            return Array("{\"job_id\":\"\(id)\",\(progress),\(tail)".utf8)
        }
    }
}
