import Bytes
import Glibc
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

/// Runs whose workers are small shell scripts, so that each way to end can be had at will.
@Suite("A run with workers that misbehave")
struct RunTests {
    /// A folder of files that look like videos, an output folder and a script in the place of the worker.
    final class Bench {
        let folder: TemporaryFolder
        let input: RawPath
        var options: RunOptions

        init(videos: [String], script: String) throws {
            folder = try TemporaryFolder()
            input = folder.path.appending("in")
            for (index, name) in videos.enumerated() {
                // Files of different sizes, so that the order is known: the first is the largest.
                let content = [UInt8](repeating: 65, count: 1000 - index)
                try AtomicFile.write(content, to: input.appending(name), durable: false)
            }
            let program = folder.path.appending("worker.sh")
            try AtomicFile.write(Array(("#!/bin/sh\n" + script).utf8), to: program, durable: false)
            options = RunOptions(
                output: folder.path.appending("out"), version: "1", worker: RawPath("/bin/sh"), now: .now)
            options.workerArguments = [String(decoding: program.bytes, as: UTF8.self)]
            options.inputs = [input]
            options.scope = "in"
            options.minFree = 0
            options.grace = 0.2
            options.tools = [JobRequest.Tool(id: "luma", settings: [:])]
            options.toolDescriptions = [.members(["id": "luma", "version": "1", "settings": .object([])])]
        }

        var layout: OutputLayout { OutputLayout(root: options.output) }

        /// Puts another script in the worker's place.
        func work(_ script: String) throws {
            try AtomicFile.write(
                Array(("#!/bin/sh\n" + script).utf8), to: folder.path.appending("worker.sh"), durable: false)
        }

        func run(signals: AsyncStream<Int32> = AsyncStream { _ in }) async throws -> RunOutcome {
            try await BatchRunner.run(options, signals: { signals }, begin: { _ in nil }, display: { _ in })
        }

        func log(_ outcome: RunOutcome) throws -> [LogLine] {
            try Files.read(layout.log(run: outcome.runID)).split(separator: 0x0a).map { try LogLine.parse(Array($0)) }
        }

        /// The terminal events of the log as short texts, in order.
        func ends(_ outcome: RunOutcome) throws -> [String] {
            try log(outcome).compactMap { line in
                switch line.event {
                case .completed: "completed"
                case .error(_, let message): message
                default: nil
                }
            }
        }
    }

    /// The lines of a worker that does its work; it makes the result that the order names, under its temporary name.
    static let good = """
        order=$(head -n 1)
        out=$(printf '%s' "$order" | sed 's/.*"root":"\\([^"]*\\)".*/\\1/')
        name=$(printf '%s' "$order" | sed 's/.*"result":"\\([^"]*\\)".*/\\1/')
        attempt=$(printf '%s' "$order" | sed 's/.*"attempt":"\\([^"]*\\)".*/\\1/')
        mkdir -p "$out/results"
        echo '{"type":"opened","total_frames":4,"duration":1}'
        echo '{"type":"step","current":1,"total":4}'
        echo '{"type":"step","current":3,"total":4}'
        echo '{}' > "$(dirname "$out/$name")/.fb-${attempt}0"
        echo '{"type":"step","current":4,"total":4}'
        echo '{"type":"job_result","kind":"completed","frames":4,"verdict":"ok","sha256":"0","fingerprint":"x1:0","size":3}'

        """

    /// What a worker does only for the video whose name holds `word`.
    static func only(_ word: String, _ action: String) -> String {
        "line=$(head -n 1); case \"$line\" in *\(word)*) \(action);; esac\nprintf '%s\\n' \"$line\" | { \(good) }\n"
    }

    /// Whether a process has ended and only waits for its parent to ask how.
    static func isZombie(_ process: pid_t) -> Bool {
        guard let bytes = try? Files.read(RawPath("/proc/\(process)/stat")) else { return false }
        return String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.hasPrefix(" Z") == true
    }

    @Test("Every video that ends well is completed at 100 per cent, with one terminal event")
    func success() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4"], script: RunTests.good)
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 0)
        #expect(outcome.counts.completed == 2)
        #expect(try bench.ends(outcome) == ["completed", "completed"])
        let lines = try bench.log(outcome)
        #expect(lines.map(\.seq) == Array(1...lines.count))
        guard case .runStarted = lines.first?.event, case .runFinished(_, 0) = lines.last?.event else {
            Issue.record("the log begins and ends with the run")
            return
        }
    }

    /// The lines of a worker whose external tool fails, as one of the kind says, unless `action` says otherwise.
    private static func failing(_ kind: String, _ action: String = "") -> String {
        let failed = #","tools_failed":[{"id":"p/t","kind":"\#(kind)","message":"why","frames_done":2}]"#
        return "\(action)\n"
            + good.replacing(#""size":3}"#, with: #""size":3'"$failed"'}"#).replacing(
                "order=$(head -n 1)", with: "order=$(head -n 1)\n: ${failed='\(failed)'}")
    }

    /// A bench whose result is of `luma` and of `p/t`, an external tool.
    private func toolBench(_ script: String) throws -> Bench {
        let bench = try Bench(videos: ["a.mp4"], script: script)
        let tool: JSON = .members([
            "id": "p/t", "version": "1.0.0", "fingerprint": "p1:aa", "device": "cpu", "settings": .object([]),
        ])
        bench.options.toolDescriptions.append(tool)
        bench.options.tools.append(JobRequest.Tool(id: "p/t", settings: [:]))
        bench.options.availableTools = bench.options.toolDescriptions.map {
            AvailableTool(description: $0, measuring: [])
        }
        let made = bench.options.toolDescriptions
        bench.options.resultTools = { _ in ResultTools(tools: made, threads: 1, rules: 1) }
        return bench
    }

    private func retries(_ bench: Bench, _ outcome: RunOutcome) throws -> [String] {
        try bench.log(outcome).compactMap { line in
            if case .jobRetry(_, 2, let reason) = line.event { reason } else { nil }
        }
    }

    @Test("A tool that crashes in two runs ends them with 3, is left alone then, and counts with --fail-on any")
    func toolFails() async throws {
        let bench = try toolBench(Self.failing("crash"))
        func remembered() throws -> FailedTool? {
            try bench.layout.catalogLines.latest().records.values.first?.toolsFailed.first
        }
        for number in 1...2 {
            let outcome = try await bench.run()
            #expect(outcome.exitStatus == 3 && outcome.counts.completed == 1 && outcome.counts.ok == 1)
            #expect(try retries(bench, outcome) == ["p/t: why"] && bench.ends(outcome) == ["completed"])
            let failed = try #require(try remembered())
            #expect(failed.runs == number && failed.kind == .crash && failed.frame == 2 && failed.version == "1")
        }
        let third = try await bench.run()
        #expect(third.exitStatus == 0 && third.counts.skipped == 1)
        bench.options.failOnAny = true
        #expect(try await bench.run().exitStatus == 3)
        bench.options.failOnAny = false
        bench.options.retryQuarantined = true
        try bench.work(RunTests.good)
        let again = try await bench.run()
        #expect(again.exitStatus == 0 && again.counts.completed == 1)
        #expect(try remembered() == nil)
    }

    @Test("An external tool that crashes once leaves nothing of the first try")
    func toolRecovers() async throws {
        let bench = try toolBench("")
        let mark = bench.folder.path.appending("mark").display
        try bench.work(Self.failing("stall", "if [ -e \(mark) ]; then failed=; else : > \(mark); fi"))
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 0 && outcome.counts.completed == 1)
        #expect(try retries(bench, outcome) == ["p/t: why"])
        #expect(try bench.layout.catalogLines.latest().records.values.first?.toolsFailed == [])
        let results = try Files.list(bench.layout.results)
        #expect(results == [RawPath("a.mp4.json")])
    }

    @Test("What a plugin itself says that it cannot do is told once and not tried again")
    func toolRefuses() async throws {
        let bench = try toolBench(Self.failing("refused"))
        let outcome = try await bench.run()
        #expect(try outcome.exitStatus == 3 && retries(bench, outcome).isEmpty)
        #expect(try await bench.run().counts.skipped == 1)
        bench.options.retryFailed = true
        #expect(try await bench.run().exitStatus == 3)
    }

    @Test("A worker killed by a signal once is tried again and completes")
    func killedOnce() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4"], script: "")
        let mark = bench.folder.path.appending("mark").display
        let script = RunTests.only("a.mp4", "[ -e \(mark) ] || { : > \(mark); kill -9 $$; }")
        try AtomicFile.write(Array(script.utf8), to: bench.folder.path.appending("worker.sh"), durable: false)
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 0)
        #expect(outcome.counts.completed == 2)
        let retries = try bench.log(outcome).compactMap { line -> String? in
            if case .jobRetry(_, 2, let reason) = line.event { reason } else { nil }
        }
        #expect(retries == ["killed by signal 9"])
    }

    @Test("A worker killed at every try fails its video with the number of tries, and the rest completes")
    func killedAlways() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4"], script: RunTests.only("a.mp4", "kill -9 $$"))
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 3)
        #expect(outcome.counts.completed == 1)
        #expect(try bench.ends(outcome) == ["completed", "a.mp4: killed by signal 9 (2 tries)"])
    }

    @Test("A video whose worker crashed in two runs is in quarantine until it is asked for or changes")
    func quarantine() async throws {
        let bench = try Bench(videos: ["a.mp4"], script: "kill -9 $$")
        bench.options.retries = 0
        #expect(try await bench.run().counts.failed == 1)
        let second = try await bench.run()
        #expect(second.counts.failed == 1)
        let third = try await bench.run()
        #expect(third.counts.quarantined == 1)
        #expect(third.exitStatus == 0)
        bench.options.failOnAny = true
        #expect(try await bench.run().exitStatus == 3)
        bench.options.retryQuarantined = true
        #expect(try await bench.run().counts.failed == 1)
        bench.options.retryQuarantined = false
        try AtomicFile.write([1, 2, 3], to: bench.input.appending("a.mp4"), durable: false)
        #expect(try await bench.run().counts.failed == 1)
    }

    @Test("A worker without a frame for the stall time is ended, with its group")
    func stall() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4"], script: "")
        // The one in the background is told of by its id, so that it can be looked for.
        let id = bench.folder.path.appending("id")
        try bench.work(RunTests.only("a.mp4", "sleep 600 & echo $! > \(id.display); sleep 600"))
        // Long enough for the other worker on a busy machine.
        bench.options.stall = 5
        bench.options.retries = 0
        let outcome = try await bench.run()
        #expect(outcome.counts.completed == 1)
        #expect(try bench.ends(outcome).contains { $0.hasPrefix("a.mp4: no frame for 5.0 s") })
        // Not before the stall time, and not a multiple of it later: the sleep would last ten minutes.
        #expect((4.9..<60).contains(outcome.seconds), "\(outcome.seconds) s")
        let other = try #require(
            pid_t(String(decoding: Files.read(id), as: UTF8.self).prefix { $0.isNumber }))
        let isGone = try await poll { kill(other, 0) != 0 && errno == ESRCH || RunTests.isZombie(other) ? true : nil }
        #expect(isGone == true)
    }

    @Test("A worker that goes on and on is ended at its timeout")
    func timeout() async throws {
        let action = "while :; do echo '{\"type\":\"step\",\"current\":1,\"total\":0}'; sleep 0.05; done"
        let bench = try Bench(videos: ["a.mp4"], script: RunTests.only("a.mp4", action))
        bench.options.timeout = 0.5
        bench.options.retries = 0
        let outcome = try await bench.run()
        #expect(try bench.ends(outcome).first?.hasPrefix("a.mp4: not done after 0.5 s") == true)
    }

    @Test(
        "A line that is no message ends that job alone",
        arguments: ["echo hello", "printf 'no end of line'", "echo '{\"type\":\"step\"}'"])
    func protocolError(_ action: String) async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4"], script: RunTests.only("a.mp4", "\(action); exit 0"))
        bench.options.retries = 0
        let outcome = try await bench.run()
        #expect(outcome.counts.completed == 1)
        #expect(try bench.ends(outcome).contains("a.mp4: worker wrote something that is no progress"))
    }

    @Test("A worker that ends without a result fails its video, and its last 20 lines are kept")
    func noResult() async throws {
        let bench = try Bench(
            videos: ["a.mp4"],
            script: "head -n 1 >/dev/null; i=0; while [ $i -lt 100 ]; do echo line $i >&2; i=$((i+1)); done; exit 7\n")
        bench.options.retries = 0
        let outcome = try await bench.run()
        #expect(try bench.ends(outcome) == ["a.mp4: worker ended with status 7 and without a result"])
        let record = try JSONReader.parse(Files.read(bench.layout.summary(run: outcome.runID)))
        let kept = record["jobs"]?.array?.first?["stderr"]?.array?.compactMap(\.string)
        #expect(kept == (80..<100).map { "line \($0)" })
    }

    @Test("A video that fails for what is in it is remembered, and done again only when asked")
    func content() async throws {
        let script =
            "head -n 1 >/dev/null; echo '{\"type\":\"job_result\",\"kind\":\"content\",\"message\":\"open: no\",\"frames\":0}'\n"
        let bench = try Bench(videos: ["a.mp4"], script: script)
        #expect(try await bench.run().exitStatus == 3)
        let second = try await bench.run()
        #expect(second.exitStatus == 0)
        #expect(second.counts.skippedFailed == 1)
        bench.options.retryFailed = true
        #expect(try await bench.run().counts.failed == 1)
    }

    @Test("A video that changed while it was read fails once and is taken next time")
    func changed() async throws {
        let script =
            "head -n 1 >/dev/null; echo '{\"type\":\"job_result\",\"kind\":\"changed\",\"message\":\"changed while read, taken next time\",\"frames\":0}'\n"
        let bench = try Bench(videos: ["a.mp4"], script: script)
        #expect(try await bench.run().counts.failed == 1)
        #expect(try await bench.run().counts.failed == 1)
    }

    @Test("What is done is not done again until the video, the settings or the result change")
    func incremental() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4"], script: RunTests.good)
        #expect(try await bench.run().counts.completed == 2)
        let second = try await bench.run()
        #expect(second.counts.completed == 0)
        #expect(second.counts.skipped == 2)
        Files.remove(bench.options.output.appending("results/a.mp4.json"))
        #expect(try await bench.run().counts.completed == 1)
        try AtomicFile.write([9, 9], to: bench.input.appending("b.mp4"), durable: false)
        #expect(try await bench.run().counts.completed == 1)
        bench.options.threads = .fixed(2)
        #expect(try await bench.run().counts.skipped == 2)
        bench.options.rules += 1
        #expect(try await bench.run().counts.completed == 2)
        bench.options.force = true
        #expect(try await bench.run().counts.completed == 2)
    }

    @Test("The log names what the run will do before it does any of it, and what it leaves alone in one line")
    func plannedInLog() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4", "c.mp4"], script: RunTests.good)
        func plan(_ outcome: RunOutcome) throws -> [LogEvent] {
            try Array(bench.log(outcome).map(\.event).dropFirst().prefix { $0.kind != .jobStarted })
        }
        func planned(_ name: String, _ size: Int64) -> LogEvent {
            .jobPlanned(job: JobID(video: RawPath(name)), path: RawPath(name), size: size)
        }
        #expect(
            try plan(await bench.run()) == [planned("a.mp4", 1000), planned("b.mp4", 999), planned("c.mp4", 998)])
        for (name, size) in [("b.mp4", 5), ("c.mp4", 6)] {
            let bytes = [UInt8](repeating: 9, count: size)
            try AtomicFile.write(bytes, to: bench.input.appending(name), durable: false)
        }
        #expect(
            try plan(await bench.run()) == [
                planned("c.mp4", 6), planned("b.mp4", 5), .jobsSkipped(count: 1, reasons: [.skipped: 1]),
            ])
        bench.options.force = true
        bench.options.maxFailures = .count(1)
        let failure = "{\"type\":\"job_result\",\"kind\":\"content\",\"message\":\"no\",\"frames\":0}"
        try bench.work("head -n 1 >/dev/null; echo '\(failure)'\n")
        let stopped = try await bench.run()
        // What the run did not come to was planned all the same.
        #expect(try plan(stopped).count == 3 && bench.ends(stopped) == ["a.mp4: no"])
    }

    @Test("A stop lets running videos have their grace, then ends them; the next run takes them again")
    func stopped() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4", "c.mp4"], script: "")
        let mark = bench.folder.path.appending("mark")
        try bench.work(RunTests.only("a.mp4", ": > \(mark.display); sleep 600"))
        let (signals, source) = AsyncStream.makeStream(of: Int32.self)
        async let isRunning = poll { Files.exists(mark) ? source.yield(15) : nil }
        let outcome = try await bench.run(signals: signals)
        #expect(try await isRunning != nil)
        #expect(outcome.exitStatus == 143)
        #expect(outcome.stop == .signal(15))
        #expect(try bench.ends(outcome) == ["a.mp4: stopped by SIGTERM"])
        #expect(outcome.counts.notStarted == 2)
        let failures = try LineFile.objects(bench.layout.failures).objects
        #expect(failures.isEmpty)
    }

    @Test("A run ends at its longest duration with status 10")
    func maxDuration() async throws {
        let bench = try Bench(videos: ["a.mp4"], script: RunTests.only("a.mp4", "sleep 600"))
        // Its worker has to start within it, on a crowded machine too.
        bench.options.maxDuration = 4
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 10)
        #expect(try bench.ends(outcome) == ["a.mp4: stopped by --max-duration"])
    }

    @Test(
        "A run ends after so many failures with status 10", arguments: [RunOptions.FailureLimit.count(2), .percent(50)])
    func maxFailures(_ limit: RunOptions.FailureLimit) async throws {
        let script =
            "head -n 1 >/dev/null; echo '{\"type\":\"job_result\",\"kind\":\"content\",\"message\":\"open: no\",\"frames\":0}'\n"
        let bench = try Bench(videos: ["a.mp4", "b.mp4", "c.mp4", "d.mp4"], script: script)
        bench.options.maxFailures = limit
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 10)
        #expect(outcome.counts.failed == 2)
        #expect(outcome.counts.notStarted == 2)
    }

    @Test("Below the free space that is asked for no video starts")
    func minFree() async throws {
        let bench = try Bench(videos: ["a.mp4"], script: RunTests.good)
        bench.options.minFree = .max
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 1)
        #expect(outcome.counts.notStarted == 1)
        #expect(outcome.stop == .minFree)
    }

    @Test("A full disk ends the run with status 1, and the video is not remembered as failed")
    func diskFull() async throws {
        let script =
            "head -n 1 >/dev/null; echo '{\"type\":\"job_result\",\"kind\":\"disk_full\",\"message\":\"result: write: no space\",\"frames\":0}'\n"
        let bench = try Bench(videos: ["a.mp4", "b.mp4"], script: script)
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 1)
        #expect(outcome.counts.failed == 1)
        #expect(outcome.counts.notStarted == 1)
        #expect(try LineFile.objects(bench.layout.failures).objects.isEmpty)
    }

    @Test("When the run's own files cannot be written any more it ends with status 1 and accounts for every video")
    func journalFails() async throws {
        let bench = try Bench(videos: ["a.mp4", "b.mp4", "c.mp4"], script: "")
        let runs = bench.options.output.appending("runs").display
        let script = RunTests.only("a.mp4", "rm -r \(runs); : > \(runs)")
        try AtomicFile.write(Array(script.utf8), to: bench.folder.path.appending("worker.sh"), durable: false)
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 1)
        guard case .failure = outcome.stop else {
            Issue.record("stopped by \(outcome.stop?.text ?? "nothing")")
            return
        }
        // When it outputs hangs on the clock: the snapshot is written at most once a second, the record at the end.
        #expect(outcome.counts.completed + outcome.counts.failed + outcome.counts.notStarted == 3)
        #expect(outcome.counts.completed + outcome.counts.failed >= 1)
    }

    @Test("The percentage does not fall when a second try begins again")
    func retryHoldsBack() async throws {
        let bench = try Bench(videos: ["a.mp4"], script: "")
        let mark = bench.folder.path.appending("mark").display
        let script = RunTests.only(
            "a.mp4",
            "[ -e \(mark) ] || { : > \(mark); echo '{\"type\":\"opened\",\"total_frames\":4}'; echo '{\"type\":\"step\",\"current\":2,\"total\":4}'; sleep 0.2; kill -9 $$; }"
        )
        try AtomicFile.write(Array(script.utf8), to: bench.folder.path.appending("worker.sh"), durable: false)
        let outcome = try await bench.run()
        let percents = try bench.log(outcome).compactMap { line -> Int? in
            if case .progress(_, let progress) = line.event { progress.percent } else { nil }
        }
        #expect(percents == [50, 75, 100])
    }

    @Test("A missing input that held videos in the last run is status 9")
    func vanished() async throws {
        let bench = try Bench(videos: ["a.mp4"], script: RunTests.good)
        _ = try await bench.run()
        Files.remove(bench.input.appending("a.mp4"))
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 9)
        #expect(outcome.inputVanished)
    }

    @Test("Temporary files that a killed run left are removed, and the lock keeps a second run out")
    func leftovers() async throws {
        let bench = try Bench(videos: ["a.mp4"], script: RunTests.good)
        let left = bench.options.output.appending("results/sub/.fb-0123456789abcdef")
        try AtomicFile.write([1], to: left, durable: false)
        // The result of a hidden video, and what a `report` beside the run is writing.
        let result = bench.options.output.appending("results/.fb-cam.mkv.json")
        try AtomicFile.write([1], to: result, durable: false)
        let page = try AtomicFile(bench.layout.reportPages.appending("index.html"), durable: false)
        _ = try await bench.run()
        #expect(!Files.exists(left))
        #expect(Files.exists(result))
        try page.publish()
        let lock = try await OutputFolder.lock(bench.layout, runID: "x", mode: .fail)
        await #expect(throws: RunRefusal.self) { try await bench.run() }
        bench.options.lock = .wait(0.2)
        await #expect(throws: RunRefusal.self) { try await bench.run() }
        withExtendedLifetime(lock) {}
    }

    @Test("The deadline follows the length of the video, or its size when that is unknown")
    func deadlines() {
        let deadlines = Deadlines(stall: 1, timeout: nil, size: 200_000_000)
        #expect(deadlines.limit(duration: 60) == 900)
        #expect(deadlines.limit(duration: nil) == 1200)
        #expect(Deadlines(stall: 1, timeout: 5, size: 1).limit(duration: 60) == 5)
    }

    @Test("A sign of life that is noted after the look is no time ago")
    func lateSign() {
        #expect(Deadlines.seconds(from: 1_000_000_000, to: 3_500_000_000) == 2.5)
        #expect(Deadlines.seconds(from: 7, to: 7) == 0)
        #expect(Deadlines.seconds(from: 3_500_000_001, to: 3_500_000_000) == 0)
    }

    @Test("Of several exit statuses the first of the documented order wins")
    func winner() {
        #expect(ExitStatus.winner([3, 143, 10]) == 143)
        #expect(ExitStatus.winner([5, 3]) == 3)
        #expect(ExitStatus.winner([9, 66]) == 66)
        #expect(ExitStatus.winner([1, 130]) == 1)
        #expect(ExitStatus.winner([]) == 0)
    }

    @Test("Runs are named in the order in which they start, also within a second, and never alike")
    func names() {
        let names = (0..<3000).map { BatchRunner.newRunID(UTCTime(milliseconds: 1_795_000_000_000 + $0)) }
        #expect(names == names.sorted() && Set(names).count == names.count)
        #expect(names.allSatisfy { $0.utf8.count == 23 })
        let twins = Set((0..<20).map { _ in BatchRunner.newRunID(UTCTime(milliseconds: 1_795_000_000_007)) })
        #expect(twins.count > 15)
    }
}
