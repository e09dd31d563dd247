import Bytes
import Jobs
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
            verdict: "ok", frames: 450, sha256: "ab", runID: "r",
            facts: .members(["codec": "h264", "width": 640, "duration": .double(3.5), "events": 2]))
    }

    @Test(arguments: paths) func `a line of the catalog is read back`(path: RawPath) throws {
        var entry = catalogEntry(path)
        #expect(try CatalogEntry(stored(entry.json)) == entry)
        entry.modified = nil
        entry.inode = nil
        entry.fingerprint = nil
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

    @Test func `the settings' digest knows order of tools from their content`() {
        let luma = JSON.members(["id": "luma", "version": "1.0.0", "settings": .object([])])
        let black = JSON.members([
            "id": "black", "version": "1.0.0", "settings": .object([.init("pixel", .double(0.1))]),
        ])
        let other = JSON.members([
            "id": "black", "version": "1.0.0", "settings": .object([.init("pixel", .double(0.2))]),
        ])
        let usual = SettingsDigest.of(tools: [luma, black], threads: 1, rules: 1)
        #expect(usual == SettingsDigest.of(tools: [black, luma], threads: 1, rules: 1))
        #expect(usual.count == 16)
        let others = [
            SettingsDigest.of(tools: [luma, other], threads: 1, rules: 1), SettingsDigest.of(tools: [luma], threads: 1, rules: 1),
            SettingsDigest.of(tools: [luma, black], threads: 2, rules: 1),
            SettingsDigest.of(tools: [luma, black], threads: 1, rules: 2),
        ]
        #expect(Set(others + [usual]).count == 5)
    }
}

@Suite("What parent and worker say to each other") struct WorkerTests {
    private static func outcome(_ kind: JobOutcome.Kind) -> JobOutcome {
        var outcome = JobOutcome(kind: kind, message: kind == .completed ? nil : "decode: \"x\"\n")
        outcome.frames = 97
        outcome.declared = 100
        outcome.verdict = "damaged"
        outcome.reasons = ["decode_errors", "ends_early"]
        outcome.processorSeconds = 1.25
        outcome.sha256 = "ab"
        outcome.fingerprint = "x1:00"
        outcome.size = 1 << 40
        outcome.events = 3
        outcome.facts = .members(["codec": "h264"])
        outcome.summaries = .members(["luma": .members(["avg": .double(1.5)])])
        return outcome
    }

    static let messages: [WorkerMessage] =
        [
            .opened(totalFrames: 450, duration: 18.5), .opened(totalFrames: 0, duration: nil),
            .step(current: 1, total: 450), .step(current: .max, total: .max), .note("no Landlock\nhere \u{1}"),
            .finished(JobOutcome(kind: .content, message: "decode: no video frames")),
        ]
        + [.completed, .content, .changed, .input, .io, .diskFull, .memory].map { .finished(outcome($0)) }

    @Test(arguments: messages) func `a worker's message is read back`(message: WorkerMessage) {
        let line = message.encode()
        #expect(line.last == 0x0a)
        #expect(line.dropLast().contains(0x0a) == false)
        #expect(WorkerMessage(Array(line.dropLast())) == message)
    }

    @Test(arguments: [
        "", "x", "{}", "[]", "null", "{\"type\":\"step\"}", "{\"type\":\"step\",\"current\":1}",
        "{\"type\":\"step\",\"current\":1.5,\"total\":2}", "{\"type\":\"step\",\"current\":1e300,\"total\":2}",
        "{\"type\":\"opened\"}", "{\"type\":\"note\",\"text\":1}", "{\"type\":\"job_result\"}",
        "{\"type\":\"job_result\",\"kind\":\"wonderful\",\"frames\":1}",
        "{\"type\":\"job_result\",\"kind\":\"completed\",\"frames\":1,\"verdict\":\"ok\"}",
        "{\"type\":\"job_result\",\"kind\":\"completed\",\"frames\":1,\"sha256\":\"a\"}",
        "{\"type\":\"exec\",\"text\":\"x\"}", "{\"type\":\"note\",\"text\":\"a\"} trailing",
    ])
    func `what no worker says is refused`(line: String) {
        #expect(WorkerMessage(Array(line.utf8)) == nil)
    }

    private func order(_ path: RawPath) -> WorkerOrder {
        WorkerOrder(
            job: JobID(video: path), input: RawPath("/in").appending(path), relative: path, root: RawPath("/out"),
            result: OutputLayout.result(for: path, job: JobID(video: path)),
            tools: [
                .init(id: "luma", settings: [:]), .init(id: "black", settings: ["pixel": .double(0.1), "word": "full"]),
            ], threads: 1, memory: WorkerMemory(limit: 1 << 31, most: 1 << 33), progressInterval: 100_000_000, stills: true, size: 1 << 40,
            modified: 1_772_067_723_456_789_012, inode: .max)
    }

    @Test(arguments: paths) func `an order is read back`(path: RawPath) throws {
        let order = order(path)
        let line = order.encode()
        #expect(line.last == 0x0a)
        #expect(line.dropLast().contains(0x0a) == false)
        #expect(try WorkerOrder(JSONReader.parse(line)) == order)
        // Nothing in it hangs on the order of a dictionary.
        #expect(order.encode() == line)
    }

    @Test func `an order that lacks anything is refused`() throws {
        let members = try #require(try JSONReader.parse(order(RawPath("a.mp4")).encode()).members)
        for member in members {
            #expect(WorkerOrder(.object(members.filter { $0.key != member.key })) == nil, "\(member.key)")
            let nulled = members.map { $0.key == member.key ? JSON.Member($0.key, .null) : $0 }
            #expect(WorkerOrder(.object(nulled)) == nil, "\(member.key)")
        }
        #expect(WorkerOrder(.null) == nil)
    }
}
