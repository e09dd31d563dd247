package import Bytes

/// A run as of an event: the fold over a log. One reducer for the terminal, the snapshot and every reader.
package struct RunState: Equatable, Sendable {
    package struct Job: Equatable, Sendable {
        package enum Phase: Equatable, Sendable {
            case running
            case completed
            case failed(String)
        }
        package var id: JobID
        package var path: RawPath
        package var phase = Phase.running
        package var progress: Progress?
        /// 1 for the first.
        package var attempt = 1
    }

    package private(set) var runID = ""
    package private(set) var planned = 0
    package private(set) var skipped = 0
    package private(set) var completed = 0
    package private(set) var failed = 0
    /// Jobs that were started and have not ended, in the order of their start.
    package private(set) var running: [Job] = []
    /// The exit status once the run has finished.
    package private(set) var exitStatus: Int?

    package init() {}

    package mutating func apply(_ event: LogEvent) {
        switch event {
        case .runStarted(let id, _, let jobs, _):
            runID = id
            planned = jobs
        case .jobStarted(let job, let path, _, _):
            if !running.contains(where: { $0.id == job }) { running.append(Job(id: job, path: path)) }
        case .jobSkipped: skipped += 1
        case .jobRetry(let job, let attempt, _): update(job) { $0.attempt = attempt }
        case .progress(let job, let progress): update(job) { $0.progress = progress }
        case .completed(let job): if end(job) { completed += 1 }
        case .error(let job, _): if end(job) { failed += 1 }
        case .runFinished(_, let status): exitStatus = status
        case .logRepaired, .other: break
        }
    }

    private mutating func update(_ id: JobID, _ change: (inout Job) -> Void) {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return }
        change(&running[index])
    }

    private mutating func end(_ id: JobID) -> Bool {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return false }
        running.remove(at: index)
        return true
    }

    /// The snapshot that stands in `state.json`; `offset` is the size of the log that it stands for.
    package func snapshot(offset: Int64) -> JSON {
        let jobs = running.map { job in
            JSON.object(
                [JSON.Member("job_id", .string(job.id.text))] + job.path.members()
                    + [
                        JSON.Member("current_frame", .int(job.progress?.currentFrame ?? 0)),
                        JSON.Member("total_frames", .int(job.progress?.totalFrames ?? 0)),
                        JSON.Member("percent", .int(job.progress?.percent ?? 0)), JSON.Member("try", .int(job.attempt)),
                    ])
        }
        return .members([
            "schema": "forgebatch/state/1", "run_id": .string(runID), "log_offset": .int(offset),
            "counts": .members([
                "jobs": .int(planned), "completed": .int(completed), "failed": .int(failed), "skipped": .int(skipped),
            ]),
            "exit_status": exitStatus.map { .int($0) }, "running": .array(jobs),
        ])
    }
}

/// Decides when the snapshot is written: at job transitions and when a job crosses a 5 % step, at most once a second,
/// and at most 22 times because of one job (its start, its end and 20 steps).
package struct SnapshotPacer {
    private var steps: [JobID: Int] = [:]
    private var isDue = false
    private var last: UInt64?

    private static let second: UInt64 = 1_000_000_000

    package init() {}

    package mutating func note(_ event: LogEvent) {
        switch event {
        case .progress(let job, let progress):
            let step = progress.percent / 5
            if step > steps[job, default: 0] {
                steps[job] = step
                // The last step is the end's.
                if step < 20 { isDue = true }
            }
        case .jobStarted: isDue = true
        case .completed(let job), .error(let job, _):
            steps[job] = nil
            isDue = true
        case .runStarted, .runFinished: isDue = true
        case .jobSkipped, .jobRetry, .logRepaired, .other: break
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
