import Bytes
import Jobs
import Store
import Testing

@testable import BatchRun

/// A scheduler with a clock that is set by hand, and all that it answered.
struct Script {
    var scheduler: Scheduler
    var now: UInt64 = 1_000_000_000
    private(set) var actions: [Scheduler.Action] = []

    init(
        _ names: [String], known: [String: FailureEntry] = [:], awaited: Int = 0,
        change: (inout Scheduler.Settings) -> Void = { _ in }
    ) {
        var settings = Scheduler.Settings(quarantine: QuarantinePolicy(digest: "d", version: "1"))
        change(&settings)
        let jobs = names.map { Planned.job($0, knownFailure: known[$0]) }
        scheduler = Scheduler(
            PlannedJobs(jobs), awaited: (awaited, 1000 * Int64(awaited)), settings: settings, now: now)
    }

    static func id(_ name: String) -> JobID { JobID(video: RawPath(name)) }

    @discardableResult
    mutating func send(_ event: Scheduler.Event) -> [Scheduler.Action] {
        let answer = scheduler.handle(event, now: now)
        actions += answer
        return answer
    }

    /// Starts what may be started; the names and numbers of the attempts.
    @discardableResult
    mutating func start() -> [String] {
        var started: [String] = []
        while scheduler.wantsStart, !scheduler.wantsJobs {
            for case .start(let job, let attempt, _) in send(.startNext) {
                started.append("\(job.video.relative.display) \(attempt)")
            }
        }
        return started
    }

    @discardableResult
    mutating func end(_ name: String, _ end: Attempt.End, stderr: [String] = [], seconds: Double = 1)
        -> [Scheduler.Action]
    {
        send(.ended(Script.id(name), Attempt(end: end, seconds: seconds, stderr: stderr)))
    }

    static func completed(frames: Int = 4, verdict: VideoStatus = .ok) -> Attempt.End {
        var outcome = JobOutcome(kind: .completed)
        (outcome.frames, outcome.verdict, outcome.sha256) = (frames, verdict, "0")
        return .finished(outcome)
    }

    static func failed(_ kind: JobOutcome.Kind, _ message: String = "open: no") -> Attempt.End {
        .finished(JobOutcome(kind: kind, message: message))
    }

    /// How each video ended, in order: `a.mp4 ok`, `b.mp4 failed: why`.
    var ends: [String] {
        actions.compactMap { action in
            guard case .record(let end) = action else { return nil }
            let why = end.message.map { ": \($0)" } ?? ""
            return "\(end.job.video.relative.display) \(end.status.rawValue)\(why)"
        }
    }

    var events: [LogEvent] {
        actions.compactMap { if case .emit(let event) = $0 { event } else { nil } }
    }

    /// The log of the run so far, after so many videos that the plan left out.
    func state(skipped: Int = 0) -> RunState {
        var state = RunState()
        state.apply(.runStarted(runID: "r", version: "1", jobs: scheduler.jobs.count, settings: ""))
        for number in 0..<skipped {
            let path = RawPath("skipped \(number)")
            state.apply(.jobSkipped(job: JobID(video: path), path: path, reason: ""))
        }
        for event in events { state.apply(event) }
        return state
    }

    var remembered: [String] {
        actions.compactMap { action in
            guard case .remember(let job, let kind, _, let streak) = action else { return nil }
            let quarantine = streak.isQuarantined ? " quarantined" : ""
            return "\(job.video.relative.display) \(kind.rawValue) \(streak.runs)\(quarantine)"
        }
    }

    var isKilled: Bool { actions.contains(.killAll) }
}

@Suite("The scheduler")
struct SchedulerTests {
    @Test("Starts in the planned order, as many at a time as there are workers")
    func order() {
        var script = Script(["a", "b", "c", "d"]) { $0.workers = 2 }
        #expect(script.start() == ["a 1", "b 1"])
        script.end("b", Script.completed())
        #expect(script.start() == ["c 1"])
        script.end("a", Script.completed())
        script.end("c", Script.completed())
        #expect(!script.scheduler.isDone)
        #expect(script.start() == ["d 1"])
        script.end("d", Script.completed())
        #expect(script.start() == [])
        #expect(script.scheduler.isDone)
        #expect(script.ends == ["b ok", "a ok", "c ok", "d ok"])
        #expect(script.scheduler.stop == nil)
    }

    @Test("Videos that are awaited keep a run from its end, and come before those that are tried again")
    func awaited() {
        var script = Script(["a", "b"], awaited: 2) { $0.workers = 2 }
        #expect(script.scheduler.planned == 4 && script.scheduler.bytesPlanned == 4000)
        #expect(script.start() == ["a 1", "b 1"])
        script.end("a", .died(signal: 11))
        script.end("b", Script.completed())
        #expect(script.scheduler.wantsJobs && !script.scheduler.isDone)
        // Nothing starts before it is known what.
        #expect(script.send(.startNext) == [])
        script.scheduler.add([Planned.job("c")], awaited: 1)
        #expect(script.start() == ["c 1"])
        script.scheduler.add([Planned.job("d")], awaited: 0)
        #expect(script.start() == ["d 1"])
        script.end("c", Script.completed())
        script.end("d", Script.completed())
        #expect(script.start() == ["a 2"])
        script.end("a", Script.completed())
        #expect(script.scheduler.isDone && script.scheduler.planned == 4)
    }

    @Test("Fewer videos than were awaited end a run, and a stop leaves those that nobody read")
    func awaitedInVain() {
        var script = Script(["a"], awaited: 3)
        script.start()
        script.end("a", Script.completed())
        #expect(script.scheduler.wantsJobs)
        script.scheduler.add([], awaited: 0)
        #expect(script.scheduler.isDone && !script.scheduler.wantsStart)
        var stopped = Script(["a"], awaited: 3) { $0.maxFailures = .count(1) }
        stopped.start()
        stopped.end("a", Script.failed(.content))
        #expect(stopped.scheduler.isDone && stopped.scheduler.interruption == .maxFailures)
        #expect(stopped.scheduler.planned - stopped.scheduler.started == 3)
    }

    @Test("A run without videos is done before anything happens")
    func empty() {
        let script = Script([])
        #expect(script.scheduler.isDone)
        #expect(!script.scheduler.wantsStart)
    }

    @Test("A completed video is published, told as completed and then recorded, in this order")
    func completion() {
        var script = Script(["a"], known: ["a": Planned.failure("a", .death)])
        script.start()
        script.send(.message(Script.id("a"), .opened(totalFrames: 4, duration: 1)))
        script.send(.message(Script.id("a"), .step(current: 3, total: 4)))
        let actions = script.end("a", Script.completed(frames: 4), seconds: 2.5)
        guard case .finished(let outcome) = Script.completed(frames: 4) else { return }
        let job = script.scheduler.jobs[0]
        let end = EndedJob(job: job, attempt: 1, current: 3, status: .ok, seconds: 2.5, outcome: outcome)
        #expect(
            actions == [
                .publish(job, outcome, seconds: 2.5), .forget(Planned.failure("a", .death)),
                .emit(.progress(job: job.id, Progress(currentFrame: 4, totalFrames: 4))),
                .emit(.completed(job: job.id)), .record(end), .writeSnapshot,
            ])
    }

    @Test("A video is told as started once: when it is open, or else when it steps or ends")
    func announcement() {
        var script = Script(["a", "b", "c"]) { $0.workers = 3 }
        script.start()
        script.send(.message(Script.id("a"), .opened(totalFrames: 9, duration: nil)))
        script.send(.message(Script.id("a"), .step(current: 1, total: 9)))
        script.send(.message(Script.id("b"), .step(current: 1, total: 0)))
        script.end("c", Script.failed(.content))
        for name in ["a", "b"] { script.end(name, Script.completed()) }
        let started = script.events.compactMap { event -> String? in
            if case .jobStarted(_, let path, let total, let size, _) = event {
                "\(path.display) \(total) \(size)"
            } else {
                nil
            }
        }
        #expect(started == ["a 9 1000", "b 0 1000", "c 0 1000"])
    }

    @Test("Messages and ends of videos that do not run change nothing")
    func strangers() {
        var script = Script(["a", "b"])
        script.start()
        #expect(script.send(.message(Script.id("b"), .step(current: 1, total: 2))) == [])
        #expect(script.end("b", .exited(status: 0)) == [])
        #expect(script.send(.startNext) == [])
        script.end("a", Script.completed())
        #expect(script.send(.message(Script.id("a"), .step(current: 1, total: 2))) == [])
        #expect(script.end("a", Script.completed()) == [])
        #expect(script.ends == ["a ok"])
    }

    // MARK: Retries

    @Test("A lost video is tried again when all others have ended, with the machine to itself")
    func alone() {
        var script = Script(["a", "b", "c", "d"]) { $0.workers = 2 }
        script.start()
        script.end("a", .died(signal: 11))
        #expect(script.start() == ["c 1"])
        script.end("b", .exited(status: 3))
        #expect(script.start() == ["d 1"])
        script.end("c", Script.completed())
        // Two wait and one runs: although a worker is free nothing starts.
        #expect(script.start() == [])
        script.end("d", Script.completed())
        #expect(script.start() == ["a 2"])
        script.end("a", Script.completed())
        #expect(script.start() == ["b 2"])
        script.end("b", Script.completed())
        #expect(script.scheduler.isDone)
        #expect(script.ends == ["c ok", "d ok", "a ok", "b ok"])
        let retries = script.events.compactMap { event -> String? in
            if case .jobRetry(_, let attempt, let reason) = event { "\(attempt) \(reason)" } else { nil }
        }
        #expect(retries == ["2 killed by signal 11", "2 worker ended with status 3 and without a result"])
        #expect(script.remembered == [])
    }

    private static func without(_ kinds: ToolFailure.Kind...) -> Attempt.End {
        guard case .finished(var outcome) = Script.completed() else { return .stopped }
        for (index, kind) in kinds.enumerated() {
            outcome.toolFailures.append(ToolFailure(tool: "p/t\(index)", kind: kind, message: "\(kind.rawValue) it is"))
        }
        return .finished(outcome)
    }

    @Test("A video whose external tool crashed or stalled is tried again once, alone, and published once")
    func toolRetry() {
        var script = Script(["a", "b"]) { $0.workers = 2 }
        script.start()
        let held = script.end("a", Self.without(.crash, .refused, .stall))
        #expect(held.allSatisfy { if case .emit(.jobStarted) = $0 { true } else { false } })
        #expect(script.start() == [])
        script.end("b", Script.completed())
        #expect(script.start() == ["a 2"])
        let retries = script.events.compactMap { event -> String? in
            if case .jobRetry(_, 2, let reason) = event { reason } else { nil }
        }
        #expect(retries == ["p/t0: crash it is; p/t2: stall it is"])
        // The last try stands, with or without the tool.
        script.end("a", Self.without(.crash), seconds: 2)
        #expect(script.scheduler.isDone && script.ends == ["b ok", "a ok"] && script.remembered == [])
        let published = script.actions.compactMap { action -> Double? in
            if case .publish(let job, _, let seconds) = action, job.id == Script.id("a") { seconds } else { nil }
        }
        #expect(published == [3])
    }

    @Test(
        "What the plugin itself says, what it answers wrong and what was left out is not tried again, nor without retries"
    )
    func toolsAreNotTriedAgain() {
        for kind in [ToolFailure.Kind.refused, .answer, .leftOut] {
            var script = Script(["a"])
            script.start()
            script.end("a", Self.without(kind))
            #expect(script.scheduler.isDone && script.ends == ["a ok"], "\(kind)")
        }
        var script = Script(["a"]) { $0.retry.retries = 0 }
        script.start()
        script.end("a", Self.without(.crash))
        #expect(script.scheduler.isDone && script.ends == ["a ok"])
    }

    @Test("A stop does not wait for the second try of a tool: the next run makes the video")
    func toolRetryAtStop() {
        var before = Script(["a", "b"]) { $0.workers = 2 }
        before.start()
        before.end("a", Self.without(.crash))
        before.send(.signal(15))
        #expect(before.ends == ["a failed: p/t0: crash it is; stopped by SIGTERM"])
        var behind = Script(["a"])
        behind.start()
        behind.send(.signal(15))
        behind.end("a", Self.without(.stall))
        #expect(behind.ends == ["a failed: p/t0: stall it is; stopped by SIGTERM"])
        #expect(behind.remembered == [] && behind.scheduler.interruption == .signal(15))
    }

    @Test("A video that is lost at every try fails with the number of tries and the time of all")
    func exhausted() {
        var script = Script(["a"]) { $0.retry.retries = 2 }
        for attempt in 1...3 {
            #expect(script.start() == ["a \(attempt)"])
            script.end("a", .stalled(60), seconds: Double(attempt))
        }
        #expect(script.scheduler.isDone)
        #expect(script.ends == ["a failed: no frame for 60 s; raise --stall if it only is slow (3 tries)"])
        #expect(script.remembered == ["a timeout 1"])
        let seconds = script.actions.compactMap { if case .record(let end) = $0 { end.seconds } else { nil } }
        #expect(seconds == [6])
    }

    @Test("A video that is lost in a second run is quarantined")
    func quarantine() {
        var script = Script(["a"], known: ["a": Planned.failure("a", .timeout)]) { $0.retry.retries = 0 }
        script.start()
        script.end("a", .died(signal: 9))
        #expect(script.remembered == ["a death 2 quarantined"])
        #expect(script.ends == ["a failed: killed by signal 9"])
    }

    @Test("A worker that ran out of memory is not tried again, whether it died of it or told of it")
    func memory() {
        var script = Script(["a", "b"]) {
            $0.workers = 2
            $0.retry.retries = 5
        }
        script.start()
        script.end("a", .died(signal: 6), stderr: ["Fatal error: failed to allocate memory"])
        script.end("b", Script.failed(.memory, "decode: out of memory"))
        #expect(script.scheduler.isDone)
        #expect(script.ends == ["a failed: out of memory; raise --memory-limit", "b failed: decode: out of memory"])
        #expect(script.remembered == ["a memory 1", "b memory 1"])
    }

    @Test("What a worker tells of itself is final; what says nothing about the video is not remembered")
    func told() {
        let kinds: [JobOutcome.Kind] = [.content, .changed, .input]
        for kind in kinds {
            var script = Script(["a"])
            script.start()
            script.end("a", Script.failed(kind))
            #expect(script.scheduler.isDone)
            #expect(script.remembered == (kind == .content ? ["a content 1"] : []))
        }
    }

    @Test("A worker that begins anew is silent until it passes what it told")
    func begunAnew() {
        var script = Script(["a"])
        script.start()
        for step in [1, 2, 3, 1, 2, 3, 4] {
            script.send(.message(Script.id("a"), .step(current: step, total: 1000)))
        }
        let frames = script.events.compactMap { event -> Int? in
            if case .progress(_, let progress) = event { progress.currentFrame } else { nil }
        }
        #expect(frames == [1, 2, 3, 3, 4])
    }

    @Test("The percentage does not fall in a second attempt")
    func percent() {
        var script = Script(["a"])
        script.start()
        for current in [1, 2] { script.send(.message(Script.id("a"), .step(current: current, total: 4))) }
        script.end("a", .died(signal: 9))
        script.start()
        for current in [1, 2, 3] { script.send(.message(Script.id("a"), .step(current: current, total: 4))) }
        script.end("a", Script.completed())
        let percents = script.events.compactMap { event -> Int? in
            if case .progress(_, let progress) = event { progress.percent } else { nil }
        }
        #expect(percents == [25, 50, 75, 100])
    }

    /// What the log says of a job of three passes of four frames.
    private func passes(_ steps: [(current: Int, total: Int, completed: Int)], frames: Int = 4) -> [Progress] {
        let tools = ["forgebatch/frames", "people/people", "shots/shots"]
        var script = Script(["a"])
        script.start()
        for step in steps {
            let pass = Progress.Pass(tool: tools[step.completed], completed: step.completed, total: 3)
            script.send(.message(Script.id("a"), .step(current: step.current, total: step.total, pass: pass)))
        }
        script.end("a", Script.completed(frames: frames))
        return script.events.compactMap { if case .progress(_, let progress) = $0 { progress } else { nil } }
    }

    @Test("Over three passes the percentage never falls, and ends at 100")
    func threePasses() {
        let steps = (0..<3).flatMap { pass in (1...4).map { (current: $0, total: 4, completed: pass) } }
        let told = passes(steps)
        #expect(told.map(\.percent) == [8, 16, 25, 33, 41, 50, 58, 66, 75, 83, 91, 100])
        #expect(told.map { $0.pass?.completed } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
        #expect(told.last?.pass == Progress.Pass(tool: "shots/shots", completed: 2, total: 3))
        // ForgeSyte's viewer shows "Tool: {tools_completed + 1} of {tools_total}".
        #expect(Set(told.compactMap { $0.pass.map { $0.completed + 1 } }) == [1, 2, 3])
    }

    @Test("Where the passes behind the first do not come about, or give fewer frames, a job still ends at 100")
    func lostPasses() {
        let first = (1...4).map { (current: $0, total: 4, completed: 0) }
        #expect(passes(first).map(\.percent) == [8, 16, 25, 33, 100])
        #expect(passes(first).last.map { [$0.currentFrame, $0.totalFrames] } == [4, 4])
        // A tool that counts fewer frames, or says more than there are.
        #expect(passes(first + [(2, 4, 1), (9, 4, 2)]).map(\.percent) == [8, 16, 25, 33, 50, 100])
        // A shorter video than declared: the total of the first pass is corrected by the second.
        let short = passes([(1, 8, 0), (4, 8, 0), (1, 4, 1), (4, 4, 1), (4, 4, 2)])
        #expect(zip(short, short.dropFirst()).allSatisfy { $0.percent <= $1.percent } && short.last?.percent == 100)
    }

    @Test("What a display shows of several passes does not begin anew with each")
    func viewOfPasses() {
        var script = Script(["a", "b"])
        script.start()
        var shares: [Double] = []
        var frames: [Int] = []
        for completed in 0..<3 {
            for current in [1, 4] {
                let pass = Progress.Pass(tool: "t", completed: completed, total: 3)
                script.send(.message(Script.id("a"), .step(current: current, total: 4, pass: pass)))
                let view = RunView(script.state(), script.scheduler, now: script.now + 1_000_000_000, workBegan: 0)
                shares.append(view.share)
                frames.append(view.frames)
                #expect(view.workers[0].speed >= Double(completed * 4 + current))
            }
        }
        #expect(shares == shares.sorted() && shares.last == 0.5)
        #expect(frames == [1, 4, 4, 4, 4, 4])
    }

    // MARK: Stops

    @Test("After a signal nothing starts; what runs gets its grace and is ended then")
    func grace() {
        var script = Script(["a", "b", "c"]) {
            $0.workers = 2
            $0.grace = 5
        }
        script.start()
        script.send(.signal(15))
        #expect(script.scheduler.stop == .signal(15))
        #expect(script.start() == [])
        script.end("b", Script.completed())
        #expect(script.start() == [])
        script.now += 4_999_999_999
        script.send(.tick)
        #expect(!script.isKilled)
        script.now += 1
        script.send(.tick)
        #expect(script.isKilled)
        #expect(!script.scheduler.isDone)
        script.end("a", .stopped)
        #expect(script.scheduler.isDone)
        #expect(script.ends == ["b ok", "a failed: stopped by SIGTERM"])
        #expect(script.scheduler.notStarted.map(\.video.relative.display) == ["c"])
        #expect(script.remembered == [])
    }

    @Test("A second signal ends the workers at once; they are told once")
    func secondSignal() {
        var script = Script(["a"])
        script.start()
        script.send(.signal(2))
        #expect(!script.isKilled)
        #expect(script.send(.signal(15)) == [.killAll])
        #expect(script.send(.signal(15)) == [])
        #expect(script.scheduler.stop == .signal(2))
        script.end("a", .stopped)
        #expect(script.ends == ["a failed: stopped by SIGINT"])
    }

    @Test("A video that waits for another try fails with its reason and that of the stop")
    func waiting() {
        var script = Script(["a", "b"]) { $0.workers = 2 }
        script.start()
        script.end("a", .died(signal: 11))
        script.send(.signal(1))
        #expect(script.ends == ["a failed: killed by signal 11; stopped by SIGHUP"])
        // One that is lost while the run stops is not tried again, and says nothing for later runs.
        script.end("b", .died(signal: 11))
        #expect(script.ends.last == "b failed: killed by signal 11")
        #expect(script.remembered == [])
        #expect(script.scheduler.isDone)
    }

    @Test("The longest duration stops a run at the tick that reaches it, and gives grace")
    func maxDuration() {
        var script = Script(["a", "b"]) {
            $0.maxDuration = 2
            $0.grace = 0.5
        }
        script.start()
        script.now += 1_999_999_999
        script.send(.tick)
        #expect(script.scheduler.stop == nil)
        script.now += 1
        script.send(.tick)
        #expect(script.scheduler.stop == .maxDuration)
        #expect(!script.isKilled)
        script.now += 500_000_000
        script.send(.tick)
        #expect(script.isKilled)
    }

    @Test(
        "So many failures stop a run; videos that wait for another try fail with it and do not stop it again",
        arguments: [RunOptions.FailureLimit.count(2), .percent(40)])
    func maxFailures(_ limit: RunOptions.FailureLimit) {
        var script = Script(["a", "b", "c", "d", "e"]) {
            $0.workers = 3
            $0.maxFailures = limit
        }
        script.start()
        script.end("a", .died(signal: 11))
        script.end("b", Script.failed(.content))
        #expect(script.scheduler.stop == nil)
        script.start()
        script.end("c", Script.failed(.content))
        #expect(script.scheduler.stop == .maxFailures)
        #expect(script.start() == [])
        script.end("d", Script.completed())
        script.end("e", Script.completed())
        #expect(
            script.ends == [
                "b failed: open: no", "c failed: open: no",
                "a failed: killed by signal 11; stopped by --max-failures", "d ok", "e ok",
            ])
        #expect(script.scheduler.failed == 3)
    }

    @Test("Too little space stops new videos only; what runs may finish")
    func space() {
        var script = Script(["a", "b"]) { $0.workers = 2 }
        script.send(.startNext)
        script.send(.spaceIsShort)
        #expect(script.scheduler.stop == .minFree)
        #expect(script.start() == [])
        script.now += 3_600_000_000_000
        script.send(.tick)
        #expect(!script.isKilled)
        script.end("a", Script.completed())
        #expect(script.ends == ["a ok"])
        #expect(script.scheduler.notStarted.count == 1)
    }

    @Test(
        "A full disk stops new videos only, a result that cannot be written ends the others at once, one without a name none"
    )
    func disk() {
        var full = Script(["a", "b", "c"]) { $0.workers = 2 }
        full.start()
        full.end("a", Script.failed(.diskFull, "result: write: no space"))
        #expect(full.scheduler.stop == .diskFull)
        #expect(!full.isKilled)
        #expect(full.remembered == [])
        var broken = Script(["a", "b", "c"]) { $0.workers = 2 }
        broken.start()
        broken.end("a", Script.failed(.io, "result: write: I/O error"))
        #expect(broken.scheduler.stop == .failure("a: result: write: I/O error"))
        #expect(broken.isKilled)
        var unnamed = Script(["a", "b", "c"]) { $0.workers = 2 }
        unnamed.start()
        unnamed.end("a", Script.failed(.name, "result: mkdir: Invalid argument"))
        #expect(unnamed.scheduler.stop == nil && !unnamed.isKilled && unnamed.remembered == [])
    }

    @Test("When the run's own files cannot be written all is ended, and what is left when it closes has ended too")
    func journal() {
        var script = Script(["b", "a", "c"]) { $0.workers = 2 }
        script.start()
        #expect(script.send(.journalFailed("no space")) == [.killAll])
        #expect(script.scheduler.stop == .failure("no space"))
        script.send(.close)
        #expect(script.ends == ["a failed: stopped by no space", "b failed: stopped by no space"])
        #expect(script.scheduler.isDone)
        #expect(script.scheduler.notStarted.count == 1)
    }

    @Test("A limit that is reached when nothing is left to do is no interruption", arguments: [false, true])
    func limitWithoutCut(_ isCut: Bool) {
        var script = Script(["a", "b"]) {
            $0.workers = 2
            $0.maxDuration = 2
            $0.grace = 5
        }
        script.start()
        script.end("a", Script.completed())
        script.now += 3_000_000_000
        script.send(.tick)
        #expect(script.scheduler.stop == .maxDuration)
        // Within the grace, or not, or lost without the second try that it would have had.
        script.end("b", isCut ? .died(signal: 11) : Script.completed())
        #expect(script.scheduler.interruption == (isCut ? .maxDuration : nil))
        var failing = Script(["a", "b"]) { $0.maxFailures = .count(isCut ? 1 : 2) }
        failing.start()
        failing.end("a", Script.failed(.content))
        failing.start()
        failing.end("b", Script.failed(.content))
        #expect(failing.scheduler.stop == .maxFailures)
        #expect(failing.scheduler.interruption == (isCut ? .maxFailures : nil))
    }

    @Test("A video whose process the kernel holds fails with its number, is not tried again and not remembered")
    func held() {
        var script = Script(["a"])
        script.start()
        var attempt = Attempt(end: .stalled(60), seconds: 60, stderr: [])
        attempt.heldProcess = 77
        script.send(.ended(Script.id("a"), attempt))
        #expect(
            script.ends == [
                "a failed: no frame for 60 s; raise --stall if it only is slow; the kernel still holds its process 77"
            ])
        #expect(script.scheduler.isDone)
        #expect(!script.actions.contains { if case .remember = $0 { true } else { false } })
    }

    // MARK: What a person sees

    @Test("The view counts what ended and what runs, and reckons the time left from the bytes")
    func view() throws {
        var script = Script(["a", "b", "c", "d"]) { $0.workers = 2 }
        script.start()
        script.end("a", Script.completed(frames: 10))
        script.start()
        script.now += 2_000_000_000
        script.send(.message(Script.id("b"), .step(current: 6, total: 12)))
        let view = RunView(script.state(skipped: 3), script.scheduler, now: script.now, workBegan: 1_000_000_000)
        #expect((view.planned, view.done, view.failed, view.skipped) == (4, 1, 0, 3))
        #expect(view.frames == 16)
        #expect(view.elapsed == 2)
        // 1500 of 4000 bytes in two seconds.
        #expect(abs(try #require(view.remaining) - 2 * 2500 / 1500) < 1e-9)
        let running = view.workers.map { "\($0.path.display) \($0.progress?.percent ?? -1) \($0.speed)" }
        #expect(running.sorted() == ["b 50 3.0", "c -1 0.0"])
    }

    @Test("A video that declares no number of frames counts by an estimate, which is never taken for a total")
    func estimate() throws {
        var script = Script(["a"])
        script.start()
        script.send(.message(Script.id("a"), .opened(totalFrames: 0, duration: 4, estimatedTotal: 100)))
        script.now += 2_000_000_000
        func view() -> RunView { RunView(script.state(), script.scheduler, now: script.now, workBegan: 0) }
        script.send(.message(Script.id("a"), .step(current: 25, total: 0)))
        #expect(view().workers.map(\.shownPercent) == [25] && view().share == 0.25)
        #expect(view().workers.first?.progress?.percent == 0 && view().remaining != nil)
        script.send(.message(Script.id("a"), .step(current: 300, total: 0)))
        #expect(view().workers.map(\.shownPercent) == [99] && view().share == 0.99)
        let job = Script.id("a")
        let told = script.actions.compactMap { action -> LogEvent? in
            if case .emit(let event) = action { event } else { nil }
        }
        #expect(
            told == [
                .jobStarted(job: job, path: RawPath("a"), totalFrames: 0, size: 1000, estimatedTotal: 100),
                .progress(job: job, Progress(currentFrame: 25, totalFrames: 0)),
                .progress(job: job, Progress(currentFrame: 300, totalFrames: 0)),
            ])
        // Where the container declares a number, there is nothing to estimate; nonsense is none.
        for (total, estimate) in [(9, 8), (0, -1), (0, 0)] {
            var script = Script(["a"])
            script.start()
            script.send(.message(Script.id("a"), .opened(totalFrames: total, duration: 1, estimatedTotal: estimate)))
            #expect(script.scheduler.active[Script.id("a")]?.estimatedTotal == nil, "\(total) \(estimate)")
        }
    }

    @Test("Before anything is done there is no time left to tell")
    func viewAtStart() {
        var script = Script(["a"])
        script.start()
        let view = RunView(script.state(), script.scheduler, now: script.now + 9_000_000_000, workBegan: script.now)
        #expect(view.remaining == nil)
    }

    // MARK: Any order of events

    /// SplitMix64: numbers that are the same in each run of the test (Steele, Lea and Flood, 2014).
    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    /// What a driver does with the answers of a scheduler, and what must hold of them.
    private struct Model {
        var script: Script
        var running: Set<JobID> = []
        var starts: [JobID: Int] = [:]
        var records: [JobID: Int] = [:]
        var announced: [JobID: Int] = [:]
        var terminal: [JobID: Int] = [:]
        var percents: [JobID: Int] = [:]
        var faults: [String] = []

        mutating func send(_ event: Scheduler.Event) {
            let wasStopped = script.scheduler.stop != nil
            for action in script.send(event) {
                switch action {
                case .start(let job, let attempt, _):
                    if wasStopped { faults.append("start after a stop") }
                    starts[job.id, default: 0] += 1
                    if attempt != starts[job.id] { faults.append("attempt \(attempt) is not the next") }
                    if attempt > 1, !running.isEmpty { faults.append("a retry is not alone") }
                    if records[job.id] != nil { faults.append("start after its end") }
                    if !running.insert(job.id).inserted { faults.append("started twice at a time") }
                case .record(let end):
                    records[end.job.id, default: 0] += 1
                    if terminal[end.job.id] != 1 { faults.append("recorded before it is logged") }
                case .emit(.jobStarted(let job, _, _, _, _)):
                    announced[job, default: 0] += 1
                    if terminal[job] != nil { faults.append("started after its end") }
                case .emit(.progress(let job, let progress)):
                    if progress.percent < percents[job, default: 0] { faults.append("percentage falls") }
                    percents[job] = progress.percent
                    if announced[job] != 1 || terminal[job] != nil { faults.append("progress of what does not run") }
                case .emit(.completed(let job)), .emit(.error(let job, _)): terminal[job, default: 0] += 1
                default: break
                }
            }
            if running.count > script.scheduler.settings.workers { faults.append("too many workers") }
            if Set(script.scheduler.active.keys) != running { faults.append("active and running differ") }
        }

        mutating func end(_ id: JobID, _ end: Attempt.End, stderr: [String] = []) {
            running.remove(id)
            send(.ended(id, Attempt(end: end, seconds: 1, stderr: stderr)))
        }
    }

    private static func randomEnd(_ random: inout Random) -> (Attempt.End, [String]) {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: (.died(signal: 11), [])
        case 1: (.died(signal: 6), ["failed to allocate"])
        case 2: (.exited(status: 1), [])
        case 3: (.stalled(60), [])
        case 4: (.timedOut(600), [])
        case 5: (.protocolError, [])
        case 6: (.spawnFailed("no"), [])
        case 7: (Script.failed(.content), [])
        case 8: (Script.failed(.changed), [])
        case 9: Int.random(in: 0..<8, using: &random) == 0 ? (Script.failed(.diskFull), []) : (.died(signal: 9), [])
        case 10: Int.random(in: 0..<8, using: &random) == 0 ? (Script.failed(.io), []) : (.died(signal: 9), [])
        default: (Script.completed(frames: Int.random(in: 0...20, using: &random)), [])
        }
    }

    private static func randomModel(_ random: inout Random) -> Model {
        let names = (0..<Int.random(in: 0...9, using: &random)).map { "v\($0)" }
        let workers = Int.random(in: 1...4, using: &random)
        let retries = Int.random(in: 0...3, using: &random)
        let limit: RunOptions.FailureLimit? =
            [nil, nil, .count(3), .percent(50)].randomElement(using: &random) ?? nil
        let longest: Double? = Bool.random(using: &random) ? nil : Double.random(in: 1...60, using: &random)
        return Model(
            script: Script(names) {
                $0.workers = workers
                $0.retry.retries = retries
                $0.maxFailures = limit
                $0.maxDuration = longest
            })
    }

    /// One event of a busy run.
    private static func step(_ model: inout Model, _ random: inout Random) {
        let jobs = model.script.scheduler.jobs
        let choice = Int.random(in: 0..<100, using: &random)
        let some = model.running.sorted { $0.text < $1.text }.randomElement(using: &random)
        switch choice {
        case 0..<30: if model.script.scheduler.wantsStart { model.send(.startNext) }
        case 30..<60:
            // Also of videos that do not run, as lines that are read late.
            guard let id = jobs.randomElement(using: &random)?.id else { return }
            let total = Int.random(in: 0...20, using: &random)
            let messages: [WorkerMessage] = [
                .opened(totalFrames: total, duration: nil), .heartbeat, .note("n"),
                .step(current: Int.random(in: 1...21, using: &random), total: total),
            ]
            model.send(.message(id, messages.randomElement(using: &random) ?? .heartbeat))
        case 60..<85:
            guard let some else { return }
            let (end, stderr) = randomEnd(&random)
            model.end(some, end, stderr: stderr)
        case 85..<97:
            model.script.now += UInt64.random(in: 0...2_000_000_000, using: &random)
            model.send(.tick)
        case 97: if Int.random(in: 0..<4, using: &random) == 0 { model.send(.signal(15)) }
        case 98: if Int.random(in: 0..<4, using: &random) == 0 { model.send(.spaceIsShort) }
        default: if Int.random(in: 0..<8, using: &random) == 0 { model.send(.journalFailed("no")) }
        }
    }

    @Test("Whatever happens, each video ends once or was never started, and the run comes to its end")
    func anyOrder() {
        var stops = 0
        var whole = 0
        for seed in 1...400 as ClosedRange<UInt64> {
            var random = Random(state: seed)
            var model = SchedulerTests.randomModel(&random)
            for _ in 0..<150 where !model.script.scheduler.isDone { SchedulerTests.step(&model, &random) }
            // From here on nothing goes wrong; it is over after each video's attempts.
            if Bool.random(using: &random) {
                for _ in 0..<50 where !model.script.scheduler.isDone {
                    while model.script.scheduler.wantsStart { model.send(.startNext) }
                    if let id = model.running.first { model.end(id, Script.completed()) }
                }
            } else {
                model.send(.signal(2))
                for id in model.running { model.end(id, .stopped) }
            }
            #expect(model.script.scheduler.isDone, "seed \(seed)")
            model.send(.close)
            for job in model.script.scheduler.jobs {
                let isStarted = model.starts[job.id] != nil
                let expected = isStarted ? 1 : nil
                #expect(model.records[job.id] == expected, "seed \(seed)")
                #expect(model.terminal[job.id] == expected, "seed \(seed)")
                #expect(model.announced[job.id] == expected, "seed \(seed)")
                let isLeft = model.script.scheduler.notStarted.contains { $0.id == job.id }
                #expect(isLeft == !isStarted, "seed \(seed)")
            }
            #expect(model.faults == [], "seed \(seed)")
            let scheduler = model.script.scheduler
            #expect(scheduler.completed + scheduler.failed + scheduler.notStarted.count == scheduler.jobs.count)
            if scheduler.stop == nil { whole += 1 } else { stops += 1 }
        }
        // The sequences are worth something only when both happen often.
        #expect(whole > 40 && stops > 40)
    }
}
