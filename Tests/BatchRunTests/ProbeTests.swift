import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

/// Plans whose videos are opened by small shell scripts, so that each way to end can be had at will.
@Suite("Probes that misbehave")
struct ProbeTests {
    /// A script that does for the video of each word what stands beside it, and describes any other as 100 frames of 10x10.
    private static func script(_ actions: [(word: String, action: String)] = []) -> String {
        let cases = actions.map { "*\($0.word)*) \($0.action);;" }.joined(separator: " ")
        return """
            line=$(head -n 1)
            case "$line" in *'"describe":true'*) ;; *) exit 9;; esac
            case "$line" in \(cases) esac
            \(describe(10, 10, frames: 100))
            """
    }

    private static func describe(_ width: Int, _ height: Int, frames: Int) -> String {
        "echo '{\"type\":\"described\",\"frames\":\(frames),\"facts\":{\"width\":\(width),\"height\":\(height)}}'; exit 0"
    }

    private func plan(
        _ bench: RunTests.Bench, shards: Int = 2, signals: AsyncStream<Int32> = AsyncStream { _ in },
        probing: @escaping (RunView) -> Void = { _ in }
    ) async throws -> ShardPlanner.Outcome {
        try await ShardPlanner.plan(
            bench.options, shards: shards, flags: [], signals: { signals }, begin: { _ in nil }, probing: probing)
    }

    /// By shard, the names of its videos.
    private func names(_ outcome: ShardPlanner.Outcome) throws -> [[String]] {
        let plan = try PlanFile(outcome.path)
        return try (0..<plan.head.shards).map { try plan.jobs(of: $0).map(\.path.display) }
    }

    @Test("A probe that crashes, hangs, talks nonsense or finds no video costs the plan nothing but its knowledge")
    func ends() async throws {
        let bench = try RunTests.Bench(
            videos: ["a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4", "f.mp4", "g.mp4"],
            script: ProbeTests.script([
                ("/b.mp4", "kill -SEGV $$"), ("/c.mp4", "exec sleep 600"), ("/d.mp4", "echo nonsense; sleep 600"),
                ("/e.mp4", "echo '{\"type\":\"job_result\",\"kind\":\"content\",\"frames\":0}'; exit 0"),
                ("/f.mp4", "echo '{\"type\":\"described\",\"facts\":{\"width\":1}}'; exit 0"), ("/g.mp4", "exit 3"),
            ]))
        bench.options.stall = 2
        let outcome = try await plan(bench, shards: 1)
        let tally = try #require(outcome.probes)
        #expect(outcome.exitStatus == 0 && tally.probed == 1 && tally.videos == 7)
        #expect(tally.gaps == [.crashed: 3, .late: 1, .unopened: 1, .untold: 1])
        // All rates are one, so that the largest comes first as without a probe.
        #expect(try names(outcome) == [["a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4", "f.mp4", "g.mp4"]])
        #expect(outcome.notes.isEmpty)
    }

    @Test("What there is to decode decides, and not the bytes; the same whoever is told first", arguments: [1, 4])
    func costs(_ workers: Int) async throws {
        // 1000 bytes have room for 100 frames at most.
        let bench = try RunTests.Bench(
            videos: ["a.mp4", "b.mp4", "c.mp4", "d.mp4"],
            script: ProbeTests.script([
                ("/a.mp4", "sleep 0.\(workers); " + ProbeTests.describe(1000, 1000, frames: 10)),
                ("/c.mp4", ProbeTests.describe(5000, 4000, frames: 10)),
                ("/d.mp4", ProbeTests.describe(5000, 3000, frames: 10)),
            ]))
        bench.options.workers = workers
        // c has 200 million pixels, d 150, a 10, b hardly any.
        #expect(try names(await plan(bench)) == [["c.mp4"], ["d.mp4", "a.mp4", "b.mp4"]])
        let bytes = try await ShardPlanner.plan(
            bench.options, shards: 2, flags: [], signals: { AsyncStream { _ in } }, begin: { _ in nil })
        #expect(try names(bytes) == [["a.mp4", "d.mp4"], ["b.mp4", "c.mp4"]] && bytes.probes == nil)
    }

    @Test("What a person has to know of the machine is told once, and nothing is a video's fault")
    func notes() async throws {
        let bench = try RunTests.Bench(
            videos: ["a.mp4", "b.mp4"],
            script: ProbeTests.script([
                (
                    ".mp4",
                    "echo '{\"type\":\"note\",\"text\":\"no Landlock\"}'; "
                        + "echo '{\"type\":\"job_result\",\"kind\":\"sandbox\",\"frames\":0,\"message\":\"sandbox: no\"}'; exit 0"
                )
            ]))
        let outcome = try await plan(bench)
        #expect(outcome.notes == ["no Landlock", "sandbox: no"] && outcome.probes?.gaps == [.unopened: 2])
        // No worker can be started at all.
        bench.options.worker = RawPath("/nowhere")
        let bare = try await plan(bench)
        #expect(bare.probes?.gaps == [.unstarted: 2] && bare.notes.count == 1 && bare.head.jobs == 2)
    }

    @Test("A signal or --max-duration ends the probes and the plan: there is none then")
    func stops() async throws {
        let bench = try RunTests.Bench(
            videos: ["a.mp4", "b.mp4", "c.mp4"], script: ProbeTests.script([(".mp4", "exec sleep 600")]))
        let (signals, source) = AsyncStream.makeStream(of: Int32.self)
        await #expect {
            try await plan(bench, signals: signals) { _ in source.yield(15) }
        } throws: { error in
            guard let failure = error as? LookFailure else { return false }
            return failure.exitStatus == 143 && "\(failure)" == "stopped by SIGTERM while videos are probed"
        }
        bench.options.maxDuration = 0.3
        await #expect {
            try await plan(bench)
        } throws: { error in (error as? LookFailure)?.exitStatus == ExitStatus.stopped }
        #expect(!Files.exists(bench.layout.runs))
        bench.options.maxDuration = nil
        try bench.work(ProbeTests.script())
        #expect(try await plan(bench).probes?.probed == 3)
    }

    @Test("Without a video nothing is started, and the display sees the first and the last state")
    func nothing() async throws {
        let bench = try RunTests.Bench(videos: [], script: "exit 9")
        try Files.makeDirectory(bench.input, durable: false)
        var seen: [RunView.Stage] = []
        let outcome = try await plan(bench) { seen.append($0.stage) }
        #expect(outcome.probes == ProbeTally() && outcome.head.jobs == 0 && seen == [.probe])
    }
}
