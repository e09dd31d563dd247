import Bytes
import TestSupport
import Testing

@testable import Jobs

@Suite("Lines of the log") struct LogEventTests {
    static let job = JobID(video: RawPath("cam3/a.mp4"))
    private let time = UTCTime(milliseconds: 1_772_067_723_456)

    static let events: [LogEvent] = [
        .runStarted(runID: "20260226T010203Z-ab12", version: "1.0.0", jobs: 3, settings: "0011aabb"),
        .jobPlanned(job: job, path: RawPath("cam3/a.mp4"), size: 1 << 40),
        .jobPlanned(job: job, path: RawPath(bytes: [0x61, 0xff, 0x0a, 0x2f, 0x62]), size: 0),
        .jobsSkipped(count: 7, reasons: [.skipped: 3, .quarantined: 1, .failed: 2, .damaged: 1]),
        .jobsSkipped(count: 3, reasons: [.skipped: 3]),
        .jobStarted(job: job, path: RawPath("cam3/a.mp4"), totalFrames: 450, size: 1 << 40),
        .jobStarted(job: job, path: RawPath(bytes: [0x61, 0xff, 0x0a, 0x2f, 0x62]), totalFrames: 0, size: 0),
        .jobStarted(job: job, path: RawPath("c.mkv"), totalFrames: 0, size: 1, estimatedTotal: 450),
        .jobSkipped(job: job, path: RawPath("b\u{202e}.mp4"), reason: "done in run x"),
        .jobRetry(job: job, attempt: 2, reason: "killed by SIGKILL"),
        .progress(job: job, Progress(currentFrame: 189, totalFrames: 450)),
        .progress(
            job: job,
            Progress(currentFrame: 1, totalFrames: 4, pass: .init(tool: "motion", completed: 1, total: 2))),
        .progress(job: job, Progress(currentFrame: 0, totalFrames: 0)),
        .completed(job: job),
        .error(job: job, message: "cam3/a.mp4: decode: \"quoted\"\nsecond line"),
        .runFinished(counts: .members(["completed": 1, "failed": 0]), exitStatus: 3),
        .logRepaired(bytes: 17),
        .other(.members(["type": "something_new", "value": 1])),
    ]

    @Test(arguments: events) func `an event is read back as it was written`(event: LogEvent) throws {
        let line = event.encode(time: time, seq: 17)
        #expect(!line.contains(0x0a))
        let read = try LogLine.parse(line)
        #expect(read.event.encode(time: time, seq: read.seq) == line)
        #expect(read.time == "2026-02-26T01:02:03.456Z" && read.seq == 17)
        // An unknown line is kept with all its members.
        if case .other = event { return }
        #expect(read.event == event)
    }

    @Test(arguments: events) func `time and number are the last members, and no value is null`(event: LogEvent) throws {
        let json = try JSONReader.parse(event.encode(time: time, seq: 5))
        let members = try #require(json.members)
        #expect(members.suffix(2).map(\.key) == ["ts", "seq"])
        #expect(!members.contains { $0.value.isNull })
    }

    @Test func `lines are byte for byte those of the protocol`() {
        let id = Self.job.text
        func line(_ event: LogEvent) -> String { String(decoding: event.encode(time: time, seq: 17), as: UTF8.self) }
        let end = #""ts":"2026-02-26T01:02:03.456Z","seq":17}"#
        #expect(
            line(.progress(job: Self.job, Progress(currentFrame: 189, totalFrames: 450)))
                == #"{"job_id":"\#(id)","current_frame":189,"total_frames":450,"percent":42,"# + end)
        let pass = Progress(currentFrame: 1, totalFrames: 4, pass: .init(tool: "a/b", completed: 0, total: 2))
        #expect(
            line(.progress(job: Self.job, pass))
                == #"{"job_id":"\#(id)","current_frame":1,"total_frames":4,"percent":12,"current_tool":"a/b","#
                + #""tools_total":2,"tools_completed":0,"# + end)
        #expect(line(.completed(job: Self.job)) == #"{"status":"completed","job_id":"\#(id)","# + end)
        #expect(
            line(.error(job: Self.job, message: "a \"b\""))
                == #"{"status":"error","job_id":"\#(id)","message":"a \"b\"","# + end)
        #expect(
            line(.jobPlanned(job: Self.job, path: RawPath("a"), size: 5))
                == #"{"type":"job_planned","job_id":"\#(id)","path":"a","size":5,"# + end)
        #expect(
            line(.jobStarted(job: Self.job, path: RawPath("a"), totalFrames: 0, size: 5, estimatedTotal: 9))
                == #"{"type":"job_started","job_id":"\#(id)","path":"a","total_frames":0,"size":5,"estimated_total":9,"#
                + end)
        #expect(
            line(.jobsSkipped(count: 7, reasons: [.quarantined: 1, .skipped: 3, .failed: 2, .damaged: 1]))
                == #"{"type":"jobs_skipped","count":7,"reasons":{"up_to_date":3,"damaged":1,"failed":2,"quarantined":1},"#
                + end)
        #expect(
            line(.jobSkipped(job: Self.job, path: RawPath("a"), reason: "b"))
                == #"{"type":"job_skipped","job_id":"\#(id)","path":"a","reason":"b","# + end)
    }

    @Test func `terminal are completed and error alone`() {
        let ends = Self.events.filter(\.isTerminal)
        #expect(ends.count == 2)
        for event in ends { #expect(event.job == Self.job) }
        #expect(Self.events.filter { $0.job == nil }.count == 6)
    }

    @Test(arguments: ["x", "\u{1}", "é", "😀", "e\u{301}\u{302}\u{303}", "\"", "\\"])
    func `the longest message fits into a line`(piece: String) throws {
        for count in [1000, 4096, 200_000] {
            let text = String(repeating: piece, count: count)
            for event in [
                LogEvent.error(job: Self.job, message: text), .jobRetry(job: Self.job, attempt: 2, reason: text),
            ] {
                let line = event.encode(time: time, seq: .max)
                #expect(line.count < LogEvent.lineLimit)
                _ = try LogLine.parse(line)
            }
        }
    }

    @Test func `a message that is one character with very many marks fits too`() throws {
        let text = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(text.count == 1)
        let line = LogEvent.error(job: Self.job, message: text).encode(time: time, seq: 1)
        #expect(line.count < LogEvent.lineLimit)
        _ = try LogLine.parse(line)
    }

    @Test func `the longest path fits into a line`() {
        for byte: UInt8 in [0x61, 0xff, 0x01] {
            let path = RawPath(bytes: [UInt8](repeating: byte, count: 4096))
            let line = LogEvent.jobStarted(job: Self.job, path: path, totalFrames: .max, size: .max)
                .encode(time: time, seq: 1)
            #expect(line.count < LogEvent.lineLimit)
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "{\"ts\":\"x\",\"seq\":1}",
        "{\"job_id\":\"a\",\"status\":\"completed\",\"ts\":\"x\",\"seq\":1}",
        "{\"type\":\"job_started\",\"job_id\":\"eccb3f5c-07f4-5f69-92f9-aa2774046302\",\"ts\":\"x\",\"seq\":1}",
        "{\"job_id\":\"eccb3f5c-07f4-5f69-92f9-aa2774046302\",\"current_frame\":null,\"percent\":1,\"ts\":\"x\",\"seq\":1}",
        "{\"type\":\"run_started\",\"run_id\":\"x\",\"seq\":1}",
        "{\"type\":\"run_started\",\"run_id\":\"x\",\"ts\":\"t\"",
        "not json",
    ])
    func `what is no event is refused`(line: String) {
        #expect(throws: JSONError.self) { try LogLine.parse(Array(line.utf8)) }
    }

    @Test func `a line longer than 64 KiB is refused`() {
        let space = [UInt8](repeating: 0x20, count: LogEvent.lineLimit)
        let line = LogEvent.completed(job: Self.job).encode(time: time, seq: 1)
        #expect(throws: JSONError.self) { try LogLine.parse(line + space) }
    }

    @Test func `reasons that this version does not know leave the count of skipped videos as it is`() throws {
        let text = #"{"type":"jobs_skipped","count":5,"reasons":{"up_to_date":2,"eaten":3},"ts":"x","seq":1}"#
        #expect(try LogLine.parse(Array(text.utf8)).event == .jobsSkipped(count: 5, reasons: [.skipped: 2]))
        let bare = #"{"type":"jobs_skipped","count":-5,"ts":"x","seq":1}"#
        #expect(try LogLine.parse(Array(bare.utf8)).event == .jobsSkipped(count: 0, reasons: [:]))
    }

    @Test func `a status that this version does not know ends no job`() throws {
        let text = #"{"status":"paused","job_id":"\#(Self.job.text)","ts":"x","seq":1}"#
        let line = try LogLine.parse(Array(text.utf8))
        #expect(!line.event.isTerminal)
        #expect(line.event.job == nil)
    }

    static let transcript = Samples.root.parent.appending(
        "shared/transcripts/08-router-only-two-jobs-two-tools-designed-events.jsonl")

    @Test(.enabled(if: Files.exists(transcript), "needs ../shared/transcripts"))
    func `recorded progress of ForgeSyte is written again equal in every member`() throws {
        var seen = 0
        for record in try LineFile.objects(Self.transcript).objects where record["dir"]?.string == "s2c" {
            guard let raw = record["raw"]?.string else { continue }
            let message = try JSONReader.parse(raw)
            guard message["current_frame"] != nil else { continue }
            let members = try #require(message.members)
            let line = try LogLine.parse(
                JSONWriter.encode(.object(members + [.init("ts", "2026-02-26T01:02:03.456Z"), .init("seq", 1)])))
            let again = try JSONReader.parse(line.event.encode(time: time, seq: 2))
            #expect(again.members?.dropLast(2).elementsEqual(members) == true, "\(raw)")
            seen += 1
        }
        #expect(seen > 10)
    }
}
