import Bytes
import Jobs
import TestSupport
import Testing

private let paths = [
    RawPath("a.mp4"), RawPath("dir/ü 日本.mkv"), RawPath(bytes: [0x61, 0xff, 0x0a, 0x00 + 0x22]), RawPath("\u{202e}x"),
]

/// What a value becomes on its way through a file.
private func stored(_ json: JSON) throws -> JSON { try JSONReader.parse(JSONWriter.encode(json)) }

@Suite("What parent and worker say to each other") struct WorkerTests {
    private static func outcome(_ kind: JobOutcome.Kind) -> JobOutcome {
        var outcome = JobOutcome(kind: kind, message: kind == .completed ? nil : "decode: \"x\"\n")
        outcome.frames = 97
        outcome.declared = 100
        outcome.verdict = .damaged
        outcome.reasons = ["decode_errors", "ends_early"]
        outcome.processorSeconds = 1.25
        outcome.sha256 = "ab"
        outcome.fingerprint = "x1:00"
        outcome.size = 1 << 40
        outcome.events = 3
        outcome.facts = VideoFacts(codec: "h264")
        outcome.toolFailures = [
            ToolFailure(tool: "a/b", kind: .stall, message: "no answer for 60 s", frames: 3, log: "loading\\n")
        ]
        outcome.summaries = .members(["luma": .members(["avg": .double(1.5)])])
        return outcome
    }

    static let messages: [WorkerMessage] =
        [
            .opened(totalFrames: 450, duration: 18.5), .opened(totalFrames: 0, duration: nil),
            .opened(totalFrames: 0, duration: 18, estimatedTotal: 450),
            .opened(totalFrames: 450, duration: 18.5, threads: 4),
            .step(current: 1, total: 450), .step(current: .max, total: .max),
            .step(current: 3, total: 9, pass: .init(tool: "people/people", completed: 1, total: 3)),
            .note("no Landlock\nhere \u{1}"),
            .finished(JobOutcome(kind: .content, message: "decode: no video frames")),
            .described(VideoFacts(codec: "h264", width: 320, height: 240, duration: 8), frames: 200),
            .described(VideoFacts(), frames: nil),
        ]
        + [.completed, .content, .changed, .input, .io, .name, .diskFull, .memory, .sandbox].map {
            .finished(outcome($0))
        }

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
        "{\"type\":\"job_result\",\"kind\":\"completed\",\"frames\":1,\"verdict\":\"failed\",\"sha256\":\"0\"}",
        "{\"type\":\"job_result\",\"kind\":\"completed\",\"frames\":1,\"sha256\":\"a\"}",
        "{\"type\":\"described\",\"frames\":1}",
        "{\"type\":\"exec\",\"text\":\"x\"}", "{\"type\":\"note\",\"text\":\"a\"} trailing",
    ])
    func `what no worker says is refused`(line: String) {
        #expect(WorkerMessage(Array(line.utf8)) == nil)
    }

    @Test func `a request's time limit and sandbox are read back, and an attempt that could be a path is refused`()
        throws
    {
        var request = request(RawPath("a.mp4"))
        (request.timeout, request.sandbox, request.kept) = (12.5, .require, ["luma"])
        #expect(try JobRequest(JSONReader.parse(request.encode())) == request)
        // The result that is there has the other form.
        request.stored = OutputLayout.otherForm(request.result)
        #expect(try JobRequest(JSONReader.parse(request.encode())) == request)
        request.describesOnly = true
        #expect(try JobRequest(JSONReader.parse(request.encode()))?.describesOnly == true)
        request.nice = 20
        #expect(try JobRequest(JSONReader.parse(request.encode())) == nil)
        request.nice = 19
        for attempt in ["", "../../../x", "0123456789abcde/", "0123456789abcdef", "0123456789ABCDE"] {
            request.attempt = attempt
            #expect(try JobRequest(JSONReader.parse(request.encode())) == nil, "\(attempt)")
        }
    }

    @Test func `the temporary files of an attempt lie beside their own places, under names that the sweep knows`() {
        let request = request(RawPath("deep/a.mp4"))
        let files = StagedFiles(request)
        var names: Set<RawPath> = []
        for kind in StagedFiles.Kind.allCases {
            let name = files.temporary(kind)
            names.insert(name)
            #expect(name.parent == files.final(kind).parent)
            #expect(name.lastComponent.bytes.count == Files.temporaryName().bytes.count)
            #expect(name.lastComponent.bytes.starts(with: Files.temporaryPrefix.utf8))
        }
        #expect(names.count == StagedFiles.Kind.allCases.count)
        #expect(files.final(.result) == RawPath("/out/results/deep/a.mp4.json"))
        #expect(files.final(.strip) == RawPath("/out").appending(OutputLayout.still(request.job, .strip)))
        #expect(Set((0..<100).map { _ in StagedFiles.makeAttempt() }).count == 100)
    }

    @Test func `processor seconds follow the time limit and the threads`() {
        #expect(TimeLimit.processorSeconds(within: 0.2, threads: 1) == 61)
        #expect(TimeLimit.processorSeconds(within: 100, threads: 4) == 660)
        #expect(TimeLimit.processorSeconds(within: .infinity, threads: .max) > 1 << 30)
        #expect(TimeLimit.seconds(timeout: nil, duration: 60, size: 1) == 900)
        #expect(TimeLimit.seconds(timeout: nil, duration: .nan, size: 200_000_000) == 1200)
        #expect(TimeLimit.seconds(timeout: 5, duration: 60, size: 1) == 5)
    }

    private func request(_ path: RawPath) -> JobRequest {
        JobRequest(
            job: JobID(video: path), input: RawPath("/in").appending(path), relative: path, root: RawPath("/out"),
            result: OutputLayout.result(for: path, job: JobID(video: path)),
            tools: [
                .init(id: "luma", settings: [:]),
                .init(id: "black", settings: ["pixel": .double(0.1), "word": "full"]),
            ], threads: 1, nice: 7, memory: WorkerMemory(limit: 1 << 31, most: 1 << 33), progressInterval: 100_000_000,
            stills: true, size: 1 << 40,
            modified: 1_772_067_723_456_789_012, inode: .max)
    }

    @Test(arguments: paths) func `a request is read back`(path: RawPath) throws {
        var request = request(path)
        request.threadedPixels = 1280 * 720
        let line = request.encode()
        #expect(line.last == 0x0a)
        #expect(line.dropLast().contains(0x0a) == false)
        #expect(try JobRequest(JSONReader.parse(line)) == request)
        // Nothing in it hangs on the order of a dictionary.
        #expect(request.encode() == line)
    }

    @Test func `an external tool comes with its plugin, or with why it is left out`() throws {
        var request = request(RawPath("a.mp4"))
        let plugin = JobRequest.PluginReference(
            manifest: ["id": "p"], fingerprint: "p1:aa", device: "cuda", place: "cuda:0")
        for id in ["p/a", "p/b", "p/c"] { request.tools.append(.init(id: id, settings: [:], plugin: plugin)) }
        request.kept = ["p/b"]
        #expect(request.workedTools.map(\.id) == ["p/a", "p/c"] && request.keptExternalTools.map(\.id) == ["p/b"])
        request.leaveOut(ToolFailure(tool: "p/c", kind: .leftOut, message: "twice"))
        request.setPlace("cuda:1", of: "p/a")
        #expect(request.workedTools.map { $0.plugin?.place } == ["cuda:1"])
        #expect(request.tools.map { $0.leftOut?.message } == [nil, nil, nil, nil, "twice"])
        #expect(try JobRequest(JSONReader.parse(request.encode())) == request)
    }

    @Test func `how an external tool fared on a video is no part of the settings`() {
        let tool: JSON = ["id": "p/a", "version": "1.0.0", "settings": .object([])]
        let failed = JSON.object(
            (tool.members ?? []) + ["status", "error", "frames_done", "log"].map { JSON.Member($0, "x") })
        #expect(SettingsDigest.plain(failed) == tool && SettingsDigest.plain(tool) == tool)
        #expect(SettingsDigest.of(tool: failed) == SettingsDigest.of(tool: tool))
        let both = [[failed], [tool]].map { SettingsDigest.of(tools: $0, threads: 1, rules: 2) }
        #expect(both[0] == both[1])
        #expect(SettingsDigest.of(tool: tool) != SettingsDigest.of(tool: ["id": "p/a", "version": "1.0.1"]))
    }

    @Test func `a request that lacks anything is refused`() throws {
        let members = try #require(try JSONReader.parse(request(RawPath("a.mp4")).encode()).members)
        for member in members {
            #expect(JobRequest(.object(members.filter { $0.key != member.key })) == nil, "\(member.key)")
            let nulled = members.map { $0.key == member.key ? JSON.Member($0.key, .null) : $0 }
            #expect(JobRequest(.object(nulled)) == nil, "\(member.key)")
        }
        #expect(JobRequest(.null) == nil)
    }
}
