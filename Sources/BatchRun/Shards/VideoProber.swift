internal import Bytes
internal import Jobs
internal import Synchronization

/// Has workers open videos and say what their containers tell, a process for each video, confined before it has read a byte of
/// it. What becomes of a probe is nothing that a video is held to: the run tells.
struct VideoProber {
    /// What came of it.
    struct Outcome: Sendable {
        var costs: VideoCosts
        var tally = ProbeTally()
        /// What a person should know, a sentence each, sorted.
        var notes: [String] = []
    }

    /// What is known of one video.
    private struct Probe: Sendable {
        var isDescribed = false
        var pixels: Int64?
        var gap: ProbeTally.Gap?
        var notes: Set<String> = []
    }

    private enum Step: Sendable {
        case tick
        case probed(index: Int, Probe)
    }

    /// Notes that are kept.
    private static let mostNotes = 20

    private let options: RunOptions
    private let jobs: PlannedJobs
    private let kill = KillSwitch()
    /// When the plan began, and the first probe, in nanoseconds of the monotonic clock.
    private let begun: UInt64
    private let workBegan = monotonicNanoseconds()

    /// - Parameter begun: when the plan began, in nanoseconds of the monotonic clock.
    init(_ jobs: PlannedJobs, _ options: RunOptions, begun: UInt64) {
        (self.jobs, self.options, self.begun) = (jobs, options, begun)
    }

    /// Probes all videos, ``RunOptions/workers`` at a time.
    ///
    /// - Parameters:
    ///   - stop: why to end now; asked ten times a second at least. All workers are ended then.
    ///   - display: called about ten times a second.
    /// - Throws: ``LookFailure/stoppedProbing(_:)``.
    func probe(stop: () -> StopReason?, display: (RunView) -> Void) async throws -> Outcome {
        var outcome = Outcome(costs: VideoCosts(count: jobs.count))
        var notes: Set<String> = []
        var (next, running) = (0, 0)
        var stopped: StopReason?
        display(view(outcome.tally))
        await withTaskGroup(of: Step.self) { group in
            group.addTask { await VideoProber.tick() }
            while true {
                if stopped == nil, let reason = stop() {
                    stopped = reason
                    kill.turnOn()
                }
                while stopped == nil, running < options.workers, next < jobs.count {
                    let (index, job) = (next, jobs[next])
                    let worker = worker(job)
                    group.addTask { .probed(index: index, await VideoProber.probe(worker)) }
                    (next, running) = (next + 1, running + 1)
                }
                if running == 0 { break }
                switch await group.next() {
                case .tick:
                    display(view(outcome.tally))
                    group.addTask { await VideoProber.tick() }
                case .probed(let index, let probe):
                    running -= 1
                    outcome.tally.count(probe.gap)
                    if let pixels = probe.pixels { outcome.costs.set(pixels, of: index) }
                    if notes.count < VideoProber.mostNotes { notes.formUnion(probe.notes) }
                case nil: return
                }
            }
            group.cancelAll()
        }
        if let stopped { throw LookFailure.stoppedProbing(stopped) }
        outcome.notes = notes.sorted()
        return outcome
    }

    private static func tick() async -> Step {
        try? await Task.sleep(for: .milliseconds(100))
        return .tick
    }

    private func worker(_ job: PlannedJob) -> WorkerProcess {
        var request = JobRequest(job, options)
        request.describesOnly = true
        return WorkerProcess(request, options, kill: kill)
    }

    private static func probe(_ worker: WorkerProcess) async -> Probe {
        let size = worker.request.size
        let heard = Mutex(Probe())
        let attempt = await worker.run { message in
            switch message {
            case .described(let facts, let frames):
                let pixels = VideoCosts.pixels(facts, frames: frames, size: size)
                heard.withLock { ($0.isDescribed, $0.pixels) = (true, pixels) }
            case .note(let text): heard.withLock { _ = $0.notes.insert(text) }
            case .opened, .step, .heartbeat, .finished: break
            }
        }
        var probe = heard.withLock { $0 }
        // What it told stands, whatever happened to it afterwards.
        if probe.isDescribed {
            probe.gap = probe.pixels == nil ? .untold : nil
            return probe
        }
        switch attempt.end {
        case .finished(let outcome):
            probe.gap = .unopened
            // The machine's, and not the video's.
            if outcome.kind == .sandbox, let why = outcome.message { probe.notes.insert(why) }
        case .died, .exited, .protocolError, .flooded, .stopped: probe.gap = .crashed
        case .stalled, .timedOut: probe.gap = .late
        case .spawnFailed:
            probe.gap = .unstarted
            if let why = attempt.reason { probe.notes.insert(why) }
        }
        return probe
    }

    private func view(_ tally: ProbeTally) -> RunView {
        let now = monotonicNanoseconds()
        let (done, working) = (tally.videos, Deadlines.seconds(from: workBegan, to: now))
        let left = Double(jobs.count - done)
        return RunView(
            stage: .probe, planned: jobs.count, done: done, failed: 0, skipped: 0,
            share: jobs.isEmpty ? 0 : Double(done) / Double(jobs.count), workers: [], frames: 0,
            elapsed: Deadlines.seconds(from: begun, to: now),
            remaining: done > 0 && working > 1 ? working * left / Double(done) : nil, stop: nil)
    }
}
