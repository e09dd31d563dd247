import Bytes
import Glibc
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import BatchRun

/// Whatever a worker does to its pipes, the run ends it, and keeps no more of what it writes than a person reads.
@Suite("A worker that does not end, or does not stop writing")
struct EndTests {
    /// What closes all pipes and goes on.
    private static let mute = "exec >&- 2>&-; sleep 600"

    enum Cause: CaseIterable { case stall, timeout, maxDuration, signal }

    @Test("A worker that closes its pipes and hangs is ended as any other", arguments: Cause.allCases)
    func mute(_ cause: Cause) async throws {
        let bench = try RunTests.Bench(videos: ["a.mp4"], script: "")
        let mark = bench.folder.path.appending("mark")
        try bench.work("read line; : > \(mark.display); \(EndTests.mute)\n")
        bench.options.retries = 0
        let (signals, source) = AsyncStream.makeStream(of: Int32.self)
        switch cause {
        case .stall: bench.options.stall = 4
        case .timeout: bench.options.timeout = 4
        case .maxDuration: bench.options.maxDuration = 4
        case .signal: break
        }
        async let isTold = poll { () -> Bool? in
            guard Files.exists(mark) else { return nil }
            if cause == .signal { source.yield(15) }
            return true
        }
        let outcome = try await bench.run(signals: signals)
        _ = try await isTold
        let end = try #require(bench.ends(outcome).first)
        switch cause {
        case .stall: #expect(end.hasPrefix("a.mp4: no frame for 4.0 s"))
        case .timeout: #expect(end.hasPrefix("a.mp4: not done after 4.0 s"))
        case .maxDuration: #expect(end == "a.mp4: stopped by --max-duration")
        case .signal: #expect(end == "a.mp4: stopped by SIGTERM")
        }
        #expect(outcome.seconds < 60)
    }

    @Test(
        "A worker that writes without end is ended early, with a short log",
        arguments: [
            (#"{"type":"step","current":1,"total":9}"#, "more than the progress of a video can need"),
            (#"{"type":"note","text":"n"}"#, "more than the progress of a video can need"),
            (#"{"type":"opened","total_frames":4}"#, "more than the progress of a video can need"),
            ("", "something that is no progress"), ("garbage", "something that is no progress"),
        ])
    func flood(_ line: String, _ message: String) async throws {
        let bench = try RunTests.Bench(
            videos: ["a.mp4", "b.mp4"], script: RunTests.only("a.mp4", "yes '\(line)'"))
        bench.options.retries = 0
        let outcome = try await bench.run()
        #expect(try bench.ends(outcome).contains("a.mp4: worker wrote \(message)"))
        #expect(outcome.counts.completed == 1)
        #expect(try bench.log(outcome).count < 20_000)
    }

    @Test("Of a worker's notes 20 are shown, each cut to what a person reads, and the others are counted")
    func notes() async throws {
        let long = String(repeating: "x", count: 900)
        let notes = (1...30).map { "echo '{\"type\":\"note\",\"text\":\"\($0) \(long)\"}'; " }.joined()
        let bench = try RunTests.Bench(
            videos: ["a.mp4"], script: "read line; \(notes) echo \"$line\" | { \(RunTests.good) }\n")
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 0)
        #expect(outcome.notes.count == 21)
        #expect(outcome.notes.dropLast().allSatisfy { $0.count == 500 })
        #expect(outcome.notes.last == "a.mp4: 10 more notes of its worker are left out")
    }

    @Test("A worker that floods standard error is ended at its timeout, and its last lines are kept")
    func errors() async throws {
        let bench = try RunTests.Bench(videos: ["a.mp4"], script: "read line; yes nonsense >&2\n")
        bench.options.retries = 0
        bench.options.timeout = 1
        let outcome = try await bench.run()
        #expect(try bench.ends(outcome).first?.hasPrefix("a.mp4: not done after 1.0 s") == true)
        let record = try JSONReader.parse(Files.read(bench.layout.summary(run: outcome.runID)))
        let kept = record["jobs"]?.array?.first?["stderr"]?.array?.compactMap(\.string) ?? []
        #expect(kept.count == 20 && kept.prefix(19).allSatisfy { $0 == "nonsense" })
    }

    @Test("A process that is killed and does not go is given up, and told by its number")
    func held() async throws {
        let folder = try TemporaryFolder()
        let script = folder.path.appending("hang.sh")
        try AtomicFile.write(Array("echo $$; sleep 600\n".utf8), to: script, durable: false)
        let killed = Atomic<Int32>(0)
        let told = Atomic<Int32>(0)
        // Nothing here can be held by the kernel at will: the signal is lost instead.
        let child = ChildProcess(
            program: RawPath("/bin/sh"), arguments: [script.display], lineLimit: 100,
            patience: .init(uninterruptible: 0.1, any: 0.3), kill: { killed.store($0, ordering: .relaxed) })
        let end = await child.run([0x0a], errors: LastLines()) {
            told.load(ordering: .relaxed) != 0
        } receive: { output in
            if case .line(let line) = output {
                told.store(Int32(String(decoding: line, as: UTF8.self)) ?? -1, ordering: .relaxed)
            }
            return true
        }
        let process = told.load(ordering: .relaxed)
        #expect(end == .held(process: process))
        #expect(killed.load(ordering: .relaxed) == process)
        Processes.killGroup(process)
    }

    @Test("A child is what the kernel ends first without memory, before it has read its request")
    func outOfMemory() async throws {
        let child = ChildProcess(
            program: RawPath("/bin/sh"), arguments: ["-c", "read line; cat /proc/$$/oom_score_adj"], lineLimit: 100)
        let told = Atomic<Int>(0)
        let end = await child.run([0x0a], errors: LastLines(), hasToEnd: { false }) { output in
            if case .line(let line) = output {
                told.store(Int(String(decoding: line, as: UTF8.self)) ?? -1, ordering: .relaxed)
            }
            return true
        }
        #expect(end == .exited(status: 0))
        let own = try Files.read(RawPath("/proc/self/oom_score_adj"))
        let score = try #require(Int(String(decoding: own.filter { $0 != 0x0a }, as: UTF8.self)))
        #expect(told.load(ordering: .relaxed) == max(500, (score + 1000) / 2))
    }

    @Test("A process that closes its standard input is told by how it ends, whatever was still to be written")
    func closedInput() async {
        let child = ChildProcess(
            program: RawPath("/bin/sh"), arguments: ["-c", "exec <&-; echo on; exit 3"], lineLimit: 100)
        // More than a pipe holds.
        let request = [UInt8](repeating: 65, count: 1 << 20)
        let end = await child.run(request, errors: LastLines(), hasToEnd: { false }, receive: { _ in true })
        #expect(end == .exited(status: 3))
    }

    @Test("Behind an answer that could not be written none is: a part must not look like the whole")
    func lostAnswer() {
        let written = Mutex<[[UInt8]]>([])
        let output = LookOutput { bytes throws(SystemError) in
            let isFirst = written.withLock { written in
                written.append(bytes)
                return written.count == 1
            }
            if isFirst { throw SystemError("write", RawPath("standard output"), code: EIO) }
        }
        output.tell(.fingerprint(0, "x"))
        output.flush()
        output.tell(.done)
        output.flush()
        #expect(written.withLock { $0.count } == 1)
        #expect(output.failure?.code == EIO)
    }

    @Test("A program that is not there is told as such")
    func missing() async {
        let child = ChildProcess(program: RawPath("/no/such/program"), arguments: [], lineLimit: 100)
        let end = await child.run([], errors: LastLines(), hasToEnd: { false }, receive: { _ in true })
        guard case .spawnFailed = end else {
            Issue.record("\(end)")
            return
        }
    }

    @Test("Signals and the clock overtake messages, of which only so many wait")
    func events() async throws {
        let events = RunEvents()
        let job = JobID(video: RawPath("a"))
        let flood = Task {
            for number in 0..<1000 { await events.send(job, .step(current: number, total: 0)) }
            events.end(job, Attempt(end: .stopped, seconds: 0, stderr: []))
        }
        let isFull = try await poll { events.waiting == RunEvents.capacity ? true : nil }
        #expect(isFull == true)
        for _ in 0..<5 { events.tick() }
        events.signal(15)
        #expect(events.firstSignal == 15)
        guard case .signal(15) = await events.next(), case .tick = await events.next() else {
            Issue.record("a message came first")
            return
        }
        var steps: [Int] = []
        loop: while true {
            #expect(events.waiting <= RunEvents.capacity + 1)
            switch await events.next() {
            case .message(_, .step(let current, _, _)): steps.append(current)
            case .ended: break loop
            default: Issue.record("something else")
            }
        }
        #expect(steps == Array(0..<1000))
        await flood.value
    }

    @Test("A worker may write what its progress needs, at any rate that was asked for")
    func budget() {
        func most(_ interval: UInt64, size: Int64, seconds: Double, bytes: Int = 40) -> Int {
            var budget = WorkerBudget(interval: interval, size: size)
            var count = 0
            while count < 3_000_000, budget.take(bytes: bytes, after: seconds) { count += 1 }
            return count
        }
        // Ten a second, for a minute.
        #expect(most(100_000_000, size: 1 << 30, seconds: 0) == 1000)
        #expect(most(100_000_000, size: 1 << 30, seconds: 60) == 1000 + 60 * 70)
        // A line a frame.
        #expect(most(0, size: 1 << 20, seconds: 1000) == 1000 + 1 << 20 + 50_000)
        #expect(most(0, size: 1 << 40, seconds: 10) == 1000 + 10 * 100_050)
        // Long lines are the last ones.
        #expect(most(100_000_000, size: 1 << 30, seconds: 0, bytes: 1 << 20) == 2)
    }

    @Test("Lines are cut wherever the pieces end")
    func lines() {
        let text = Array("one\n\ntwo\nthree".utf8)
        for cut in 0...text.count {
            var splitter = LineSplitter()
            let lines = splitter.add(Array(text[..<cut])) + splitter.add(Array(text[cut...]))
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["one", "", "two"])
            #expect(splitter.rest == Array("three".utf8))
        }
    }
}
