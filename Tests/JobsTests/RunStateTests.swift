import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("The state of a run") struct RunStateTests {
    private let one = JobID(video: RawPath("1.mp4"))
    private let two = JobID(video: RawPath("2.mp4"))

    @Test func `events are folded into counts and running jobs`() {
        var state = RunState()
        state.apply(.runStarted(runID: "r", version: "1", jobs: 2, settings: ""))
        state.apply(.jobSkipped(job: JobID(video: RawPath("0.mp4")), path: RawPath("0.mp4"), reason: "done"))
        state.apply(.jobStarted(job: one, path: RawPath("1.mp4"), totalFrames: 10, size: 1))
        state.apply(.jobStarted(job: two, path: RawPath("2.mp4"), totalFrames: 0, size: 1))
        state.apply(.progress(job: two, Progress(currentFrame: 3, totalFrames: 4)))
        state.apply(.jobRetry(job: two, attempt: 2, reason: "killed"))
        #expect(state.runID == "r" && state.planned == 2 && state.skipped == 1)
        #expect(state.running.map(\.id) == [one, two])
        #expect(state.running[1].progress?.percent == 75)
        #expect(state.running[1].attempt == 2)
        state.apply(.completed(job: one))
        state.apply(.error(job: two, message: "no"))
        #expect(state.completed == 1 && state.failed == 1 && state.running.isEmpty)
        #expect(state.exitStatus == nil)
        state.apply(.runFinished(counts: .object([]), exitStatus: 3))
        #expect(state.exitStatus == 3)
    }

    @Test func `an event of a job that is not running changes nothing`() {
        var state = RunState()
        state.apply(.jobStarted(job: one, path: RawPath("1.mp4"), totalFrames: 10, size: 1))
        state.apply(.completed(job: one))
        let before = state
        let late: [LogEvent] = [
            .completed(job: one), .error(job: one, message: "late"),
            .progress(job: one, Progress(currentFrame: 1, totalFrames: 2)), .jobRetry(job: two, attempt: 2, reason: ""),
            .jobStarted(job: one, path: RawPath("1.mp4"), totalFrames: 10, size: 1),
            .jobSkipped(job: one, path: RawPath("1.mp4"), reason: ""), .logRepaired(bytes: 1), .other(.object([])),
        ]
        let changes = late.map { state.apply($0) }
        #expect(state == before)
        let ended = changes.compactMap { $0 }.filter { $0.after.id == one }
        #expect(ended.count == 5 && ended.allSatisfy { $0.isLate && $0.before == $0.after })
    }

    @Test func `a job whose start is lost is taken for started when it tells of a frame or ends`() throws {
        var state = RunState()
        func apply(_ event: LogEvent) -> RunState.Change? { state.apply(event) }
        let first = try #require(apply(.progress(job: one, Progress(currentFrame: 1, totalFrames: 2))))
        #expect(first.isStart && !first.isEnd && first.after.path == nil)
        #expect(state.running.map(\.id) == [one])
        let end = try #require(apply(.error(job: two, message: "stopped before it was opened")))
        #expect(end.isStart && end.isEnd && end.after.status == .failed)
        #expect(state.failed == 1 && state.running.map(\.id) == [one])
    }

    @Test func `what is planned waits, and what is skipped is counted, in lines of one and of many`() throws {
        var state = RunState()
        state.apply(.runStarted(runID: "r", version: "1", jobs: 2, settings: ""))
        let before = state
        let planned = state.apply(.jobPlanned(job: one, path: RawPath("1.mp4"), size: 1))
        let change = try #require(planned)
        #expect(change.before == change.after && !change.isStart && !change.isLate)
        #expect(change.after.status == .pending && change.after.path == RawPath("1.mp4") && state == before)
        state.apply(.jobsSkipped(count: 20_000, reasons: [.skipped: 19_999, .failed: 1]))
        state.apply(.jobSkipped(job: two, path: RawPath("2.mp4"), reason: "done"))
        #expect(state.skipped == 20_001 && state.running.isEmpty)
        state.apply(.jobStarted(job: one, path: RawPath("1.mp4"), totalFrames: 1, size: 1))
        state.apply(.jobPlanned(job: one, path: RawPath("1.mp4"), size: 1))
        #expect(state.running.map(\.id) == [one])
        state.apply(.completed(job: one))
        #expect(state.apply(.jobPlanned(job: one, path: RawPath("1.mp4"), size: 1))?.isLate == true)
    }

    @Test func `a change says how the job stood before and after it`() throws {
        var state = RunState()
        func apply(_ event: LogEvent, at time: UTCTime) -> RunState.Change? { state.apply(event, at: time) }
        func time(_ seconds: Int64) -> UTCTime { UTCTime(milliseconds: seconds * 1000) }
        func step(_ frame: Int) -> LogEvent { .progress(job: one, Progress(currentFrame: frame, totalFrames: 10)) }
        let path = RawPath("1.mp4")
        #expect(apply(.runStarted(runID: "r", version: "1", jobs: 1, settings: "s"), at: time(10)) == nil)
        let start = try #require(
            apply(.jobStarted(job: one, path: path, totalFrames: 10, size: 1), at: time(11)))
        #expect(start.isStart && start.before.status == .pending && start.after.status == .running)
        let second = try #require(apply(step(4), at: time(13)))
        #expect(second.before.progressed == time(11) && second.after.progressed == time(13))
        #expect(second.before.frames == 0 && second.after.frames == 4)
        // A second try starts anew, and the clock was set back.
        let third = try #require(apply(step(3), at: time(12)))
        #expect(third.after.frames == 4 && third.after.progress?.currentFrame == 3)
        let end = try #require(apply(.completed(job: one), at: time(14)))
        #expect(end.isEnd && end.after.status == .ok && end.after.started == time(11) && end.after.path == path)
        #expect(state.status == .running && state.duration == 4)
        state.apply(.runFinished(counts: .object([]), exitStatus: 0), at: time(13))
        #expect(state.status == .finished && state.started == time(10) && state.latest == time(14))
    }

    @Test func `the snapshot says what is running and for which length of the log`() {
        var state = RunState()
        state.apply(.runStarted(runID: "r", version: "1", jobs: 2, settings: ""))
        state.apply(.jobStarted(job: one, path: RawPath(bytes: [0xff]), totalFrames: 10, size: 1))
        state.apply(.progress(job: one, Progress(currentFrame: 5, totalFrames: 10)))
        state.apply(.jobStarted(job: two, path: RawPath("2.mkv"), totalFrames: 0, size: 1, estimatedTotal: 8))
        state.apply(.progress(job: two, Progress(currentFrame: 2, totalFrames: 0)))
        #expect(state.running(two)?.shownPercent == 25 && state.running(two)?.progress?.percent == 0)
        let snapshot = RunSnapshot(state, logOffset: 1234)
        let json = snapshot.json
        #expect(RunSnapshot(json) == snapshot && RunSnapshot(["schema": "forgebatch/state/1"]) == nil)
        #expect(json["log_offset"] == 1234)
        #expect(json["counts"]?["jobs"] == 2)
        #expect(json["exit_status"] == nil)
        let job = json["running"]?.array?.first
        #expect(job?["estimated_total"] == nil && json["running"]?.array?.last?["estimated_total"] == 8)
        #expect(job?["current_tool"] == nil)
        state.apply(
            .progress(
                job: one,
                Progress(
                    currentFrame: 2, totalFrames: 10,
                    pass: Progress.Pass(tool: "people/people", completed: 1, total: 3))))
        #expect(state.running(one)?.progress?.pass?.label == "people/people 2/3" && state.running(one)?.frames == 5)
        let later = RunSnapshot(state, logOffset: 1)
        let told = later.json["running"]?.array?.first
        #expect(told?["percent"] == 40 && told?["tools_total"] == 3 && told?["tools_completed"] == 1)
        #expect(told?["current_tool"] == "people/people" && RunSnapshot(later.json) == later)
        #expect(job?["percent"] == 50 && job?["try"] == 1 && job?["path_bytes"] == "/w==")
    }
}

@Suite("Pace of snapshots") struct SnapshotPacerTests {
    private let job = JobID(video: RawPath("1.mp4"))

    @Test(arguments: [1, 7, 20, 100, 999, 5000])
    func `a job causes at most 22 snapshots`(frames: Int) {
        var pacer = SnapshotPacer()
        var state = RunState()
        var writes = 0
        func note(_ event: LogEvent) {
            pacer.note(state.apply(event))
            // As if every event came in a second of its own.
            if pacer.take(now: 0, force: true) { writes += 1 }
        }
        note(.jobStarted(job: job, path: RawPath("1.mp4"), totalFrames: frames, size: 1))
        for frame in 1...frames { note(.progress(job: job, Progress(currentFrame: frame, totalFrames: frames))) }
        note(.completed(job: job))
        #expect(writes <= 22)
        #expect(writes >= min(frames, 20))
    }

    @Test func `a second passes between two snapshots that are not forced`() {
        var pacer = SnapshotPacer()
        var state = RunState()
        let second: UInt64 = 1_000_000_000
        func take(_ now: UInt64, force: Bool = false) -> Bool { pacer.take(now: now, force: force) }
        func start(_ name: String) {
            let id = JobID(video: RawPath(name))
            pacer.note(state.apply(.jobStarted(job: id, path: RawPath(name), totalFrames: 1, size: 1)))
        }
        #expect(!take(5 * second))
        start("a")
        #expect(take(5 * second))
        #expect(!take(7 * second))
        start("b")
        #expect(!take(6 * second - 1))
        #expect(take(6 * second))
        start("c")
        #expect(take(6 * second + 1, force: true))
    }

    @Test func `planned and skipped jobs and frames within a step are no reason`() {
        var pacer = SnapshotPacer()
        var state = RunState()
        func take() -> Bool { pacer.take(now: 0, force: true) }
        func note(_ event: LogEvent) { pacer.note(state.apply(event)) }
        note(.jobSkipped(job: JobID(video: RawPath("0.mp4")), path: RawPath("0.mp4"), reason: ""))
        note(.jobPlanned(job: job, path: RawPath("1.mp4"), size: 1))
        #expect(!take())
        note(.jobStarted(job: job, path: RawPath("1.mp4"), totalFrames: 100, size: 1))
        #expect(take())
        for frame in 1...4 { note(.progress(job: job, Progress(currentFrame: frame, totalFrames: 100))) }
        #expect(!take())
        note(.progress(job: job, Progress(currentFrame: 5, totalFrames: 100)))
        #expect(take())
    }
}
