import Bytes
import Jobs
import Store
import TestSupport
import Testing

private let paths = [
    RawPath("a.mp4"), RawPath("dir/ü 日本.mkv"), RawPath(bytes: [0x61, 0xff, 0x0a, 0x00 + 0x22]), RawPath("\u{202e}x"),
]

/// What a value becomes on its way through a file.
private func stored(_ json: JSON) throws -> JSON { try JSONReader.parse(JSONWriter.encode(json)) }

@Suite("Records") struct RecordsTests {
    private func catalogEntry(_ path: RawPath) -> CatalogEntry {
        CatalogEntry(
            job: JobID(video: path), path: path, result: OutputLayout.result(for: path, job: JobID(video: path)),
            size: 1 << 50, modified: 1_772_067_723_456_789_012, inode: .max, fingerprint: "x1:00", digest: "d",
            verdict: .ok, frames: 450, sha256: "ab", resultSize: 1 << 40, runID: "r",
            facts: VideoFacts(codec: "h264", width: 640, duration: 3.5, classes: ["moving"]), events: 2,
            seconds: 1.5, processorSeconds: 0.25)
    }

    @Test(arguments: paths) func `a line of the catalog is read back`(path: RawPath) throws {
        var entry = catalogEntry(path)
        #expect(try CatalogEntry(stored(entry.json)) == entry)
        entry.modified = nil
        entry.inode = nil
        entry.resultSize = nil
        entry.firstRunID = "q"
        entry.facts = VideoFacts(detections: 0, classes: [])
        entry.fingerprint = nil
        entry.toolsFailed = [FailedTool(id: "people/people", message: "killed by signal 11", frame: 12)]
        #expect(try CatalogEntry(stored(entry.json)) == entry)
    }

    @Test func `a line of the catalog without what matters is none`() throws {
        let members = try #require(catalogEntry(RawPath("a")).json.members)
        for key in ["job_id", "path", "result", "size", "digest", "verdict", "frames", "sha256"] {
            #expect(CatalogEntry(.object(members.filter { $0.key != key })) == nil, "\(key)")
        }
        #expect(CatalogEntry(.array([])) == nil)
    }

    @Test(arguments: paths) func `a remembered failure is read back`(path: RawPath) throws {
        for kind in [FailureEntry.Kind.content, .death, .timeout, .memory] {
            var entry = FailureEntry(
                job: JobID(video: path), path: path, kind: kind, message: "decode: no video frames", size: 7,
                modified: -5, inode: .max, digest: "d", version: "1.0.0", time: 1_772_067_723_456, runs: 2,
                isQuarantined: kind != .content)
            #expect(try FailureEntry(stored(entry.json)) == entry)
            entry.firstRunID = "q"
            #expect(try FailureEntry(stored(entry.json)) == entry)
            entry.isCleared = true
            let cleared = try #require(try FailureEntry(stored(entry.json)))
            #expect(cleared.isCleared && cleared.job == entry.job && cleared.path == path)
        }
        #expect(FailureEntry(.members(["job_id": .string(JobID(video: path).text), "path": "a"])) == nil)
        #expect(FailureEntry(.members(["kind": "content", "path": "a"])) == nil)
    }

    @Test func `a cause is a message without what is particular to one video`() {
        let known = [
            ("decode: error at frame 234 of 450", "decode: error at frame # of #"),
            ("[h264 @ 0x7f00ab12] bad", "[h# @ # bad"), ("code -1094995529", "code -#"),
            ("first line\nsecond line", "first line"), ("", ""), ("no number", "no number"), ("a  b", "a  b"),
            ("3.5 s", "#.# s"),
        ]
        for (message, cause) in known { #expect(Cause.of(message) == cause) }
        #expect(Cause.of(String(repeating: "x", count: 5000)).count == 200)
        #expect(Cause.of("at frame 1") == Cause.of("at frame 99999"))
    }

    @Test(arguments: paths) func `a job of a run's record is read back`(path: RawPath) throws {
        var record = JobRecord(job: JobID(video: path), path: path, hasFailed: false)
        #expect(try JobRecord(stored(record.json)) == record)
        record.result = OutputLayout.result(for: path, job: record.job)
        (record.verdict, record.reasons, record.frames, record.declared) = (.damaged, ["decode_errors"], 97, 100)
        (record.seconds, record.processorSeconds, record.size, record.fingerprint) = (1.5, 0.25, 1 << 50, "x1:00")
        (record.sha256, record.resultSize, record.tries, record.events) = ("ab", 1 << 40, 2, 0)
        record.facts = VideoFacts(codec: "h264", width: 64, height: 48, duration: 3.5, detections: 1, classes: ["a"])
        record.toolsFailed = [FailedTool(id: "people/people", message: "killed by signal 11", frame: 12)]
        record.summaries = .members(["luma": .members(["avg": .double(1.5)])])
        #expect(try JobRecord(stored(record.json)) == record)
        var failed = JobRecord(job: record.job, path: path, hasFailed: true)
        (failed.message, failed.cause, failed.kind) = ("at frame 7", "at frame #", JobRecord.stopped)
        (failed.frameReached, failed.stderr) = (7, ["a line", "another"])
        let read = try #require(try JobRecord(stored(failed.json)))
        #expect(read == failed && read.isStopped && read.hasFailed)
    }

    @Test(arguments: paths) func `a result with a safe name is read back`(path: RawPath) throws {
        var record = JobRecord(job: JobID(video: path), path: path, hasFailed: false)
        let planned = OutputLayout.result(for: path, job: record.job)
        record.result = planned.parent.appending(OutputLayout.safeName(planned, job: record.job))
        #expect(try JobRecord(stored(record.json)) == record)
    }

    @Test func `a result of old whose exact name is not told has the name that it would get`() throws {
        let path = RawPath(bytes: [0x61, 0xff])
        var record = JobRecord(job: JobID(video: path), path: path, hasFailed: false)
        record.result = OutputLayout.result(for: path, job: record.job)
        let members = try #require(record.json.members).filter { $0.key != "result_bytes" }
        #expect(JobRecord(.object(members))?.result == record.result)
    }
}
