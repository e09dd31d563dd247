package import Bytes

/// A run and its jobs as of an event: the one fold over a log. The terminal, `tail`, the report, the snapshot, the list
/// of runs and validation keep one; the server's index of a long log keeps the lines at which a job's status changes,
/// as ``VideoStatus/after(_:)`` says.
///
/// Of jobs that run all is kept, of those that ended only how, so that a line that comes too late is known for one.
package struct RunState: Equatable, Sendable {
    package struct Job: Equatable, Sendable {
        package let id: JobID
        /// Nil when the line that says it is lost.
        package fileprivate(set) var path: RawPath?
        /// A completed job is `ok`: a log does not tell verdicts.
        package fileprivate(set) var status = VideoStatus.pending
        /// 1 for the first.
        package fileprivate(set) var attempt = 1
        package fileprivate(set) var progress: Progress?
        /// Frames that its container's duration and rate come to, where it declares no number of them.
        package fileprivate(set) var estimatedTotal: Int?
        /// The highest number of a frame that was told.
        package fileprivate(set) var frames = 0
        /// When it was started; nil where no time was given.
        package fileprivate(set) var started: UTCTime?
        /// When it last told of a frame, or else was started.
        package fileprivate(set) var progressed: UTCTime?
        /// Jobs that were started before it.
        fileprivate var number = 0

        fileprivate init(id: JobID) { self.id = id }

        /// How far it is for a person to see: see ``Progress/shownPercent(estimatedTotal:)``.
        package var shownPercent: Int? { progress?.shownPercent(estimatedTotal: estimatedTotal) }
    }

    /// What an event changed of its job.
    package struct Change: Equatable, Sendable {
        package let before: Job
        package let after: Job

        /// A worker has it now, as far as the log tells the first time.
        package var isStart: Bool { !before.status.isStarted && after.status.isStarted }
        package var isEnd: Bool { !before.status.isEnded && after.status.isEnded }
        /// The job had ended before, so that the event changed nothing.
        package var isLate: Bool { before.status.isEnded }
    }

    package private(set) var runID = ""
    package private(set) var version = ""
    /// Tools, versions and settings in one word.
    package private(set) var settings = ""
    package private(set) var planned = 0
    package private(set) var skipped = 0
    package private(set) var completed = 0
    package private(set) var failed = 0
    /// Running until the log says that it finished.
    package private(set) var status = RunStatus.running
    /// The exit status and the counts by name, once the run has finished.
    package private(set) var exitStatus: Int?
    package private(set) var counts: JSON?
    /// Of the first event.
    package private(set) var started: UTCTime?
    /// The latest of all events: a clock that is set back does not set it back.
    package private(set) var latest: UTCTime?
    private var active: [JobID: Job] = [:]
    private var ended: [JobID: VideoStatus] = [:]
    private var starts = 0

    package init() {}

    /// Jobs that were started and have not ended, in the order of their start.
    ///
    /// - Complexity: n log n.
    package var running: [Job] { active.values.sorted { $0.number < $1.number } }

    /// A job that was started and has not ended.
    package func running(_ id: JobID) -> Job? { active[id] }

    /// Seconds from the first event to the latest.
    package var duration: Double {
        guard let started, let latest else { return 0 }
        return Double(latest.milliseconds - started.milliseconds) / 1000
    }

    /// Takes over an event.
    ///
    /// - Parameter time: of the event; nil where nobody asks for times.
    /// - Returns: what became of the event's job; nil for an event of the run.
    @discardableResult
    package mutating func apply(_ event: LogEvent, at time: UTCTime? = nil) -> Change? {
        if let time {
            started = started ?? time
            latest = max(latest ?? time, time)
        }
        status = status.after(event.kind)
        switch event {
        case .runStarted(let id, let version, let jobs, let settings):
            (runID, self.version, planned, self.settings) = (id, version, jobs, settings)
        case .runFinished(let counts, let status): (self.counts, exitStatus) = (counts, status)
        case .jobsSkipped(let count, _): skipped += count
        case .logRepaired, .shardStarted, .other: break
        case .jobPlanned(let id, let path, _):
            // Not kept: there may be very many, and the line of its start says it again.
            var job = active[id] ?? Job(id: id)
            if let status = ended[id] { job.status = status }
            job.path = job.path ?? path
            return Change(before: job, after: job)
        case .jobStarted(let id, let path, _, _, let estimate):
            return update(id, event.kind, at: time) { job in
                job.path = job.path ?? path
                job.estimatedTotal = estimate
            }
        case .jobSkipped(let id, let path, _):
            return update(id, event.kind, at: time) { $0.path = $0.path ?? path }
        case .jobRetry(let id, let attempt, _): return update(id, event.kind, at: time) { $0.attempt = attempt }
        case .progress(let id, let progress):
            return update(id, event.kind, at: time) { job in
                job.progress = progress
                job.frames = max(job.frames, progress.currentFrame)
                job.progressed = time
            }
        case .completed(let id), .error(let id, _): return update(id, event.kind, at: time) { _ in }
        }
        return nil
    }

    private mutating func update(
        _ id: JobID, _ kind: LogEvent.Kind, at time: UTCTime?, _ change: (inout Job) -> Void
    ) -> Change {
        // Nearly all lines are about jobs that run: those are looked up once.
        let index = active.index(forKey: id)
        var before = index.map { active.values[$0] } ?? Job(id: id)
        if index == nil, let status = ended[id] { before.status = status }
        var after = before
        after.status = before.status.after(kind)
        // What is late, or a new try at what was never begun, changes nothing.
        guard !before.status.isEnded, after.status != .pending else { return Change(before: before, after: before) }
        if !before.status.isStarted, after.status.isStarted {
            (after.started, after.progressed, after.number) = (time, time, starts)
            starts += 1
        }
        change(&after)
        switch after.status {
        case .running: if let index { active.values[index] = after } else { active[id] = after }
        case .skipped: skipped += 1
        default:
            active[id] = nil
            ended[id] = after.status
            if after.status.isFailure { failed += 1 } else { completed += 1 }
        }
        return Change(before: before, after: after)
    }
}

extension VideoStatus {
    /// How a job stands after a line of its log. No line of a job follows its end: one that does is not believed. A
    /// worker has a job whose progress or end is told, even where the line that says so is lost.
    package func after(_ kind: LogEvent.Kind) -> VideoStatus {
        if isEnded { return self }
        return switch kind {
        case .jobStarted, .progress: .running
        case .completed: .ok
        case .error: .failed
        case .jobSkipped: isStarted ? self : .skipped
        case .jobPlanned, .jobsSkipped, .jobRetry, .runStarted, .runFinished, .other: self
        }
    }

    /// Whether a run had it and is done with it.
    package var isEnded: Bool { isVerdict || isFailure }

    /// Whether a worker had it.
    package var isStarted: Bool { self == .running || isEnded }
}

/// Decides when the snapshot is written: at job transitions and when a job crosses a 5 % step, at most once a second,
/// and at most 22 times because of one job (its start, its end and 20 steps).
package struct SnapshotPacer {
    private var steps: [JobID: Int] = [:]
    private var isDue = false
    private var last: UInt64?

    private static let second: UInt64 = 1_000_000_000

    package init() {}

    /// Takes what an event changed; nil for an event of the run.
    package mutating func note(_ change: RunState.Change?) {
        guard let change else {
            isDue = true
            return
        }
        let job = change.after
        if change.isStart || change.isEnd { isDue = true }
        if job.status.isEnded {
            steps[job.id] = nil
        } else if let percent = job.progress?.percent, percent / 5 > steps[job.id, default: 0] {
            steps[job.id] = percent / 5
            // The last step is the end's.
            if percent < 100 { isDue = true }
        }
    }

    /// Whether to write now; `force` does not wait for the second to pass.
    package mutating func take(now: UInt64, force: Bool = false) -> Bool {
        guard isDue else { return false }
        if !force, let last, now &- last < SnapshotPacer.second { return false }
        isDue = false
        last = now
        return true
    }
}
