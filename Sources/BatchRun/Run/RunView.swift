package import Bytes
package import Jobs

/// What a display may show of a run.
package struct RunView: Sendable {
    package struct Worker: Sendable {
        package var path: RawPath
        package var progress: Progress?
        package var attempt: Int
        /// Frames a second since its start.
        package var speed: Double
    }
    package var planned: Int
    package var done: Int
    package var failed: Int
    package var skipped: Int
    package var workers: [Worker]
    /// Frames that all workers gave.
    package var frames: Int
    /// Seconds.
    package var elapsed: Double
    /// Seconds, from the work that is left; nil while there is nothing to go by.
    package var remaining: Double?
    package var stop: StopReason?
}

extension RunView {
    /// - Parameter skipped: how many videos the plan left out.
    init(_ scheduler: Scheduler, skipped: Int, now: UInt64) {
        var running = 0.0
        var frames = scheduler.frames
        let workers = scheduler.active.values.sorted { $0.started < $1.started }.map { job in
            let seconds = max(0.001, Double(now &- job.started) / 1e9)
            let total = job.lastStep?.total ?? job.total
            if total > 0 {
                running += Double(job.job.video.status.size) * min(1, Double(job.current) / Double(total))
            }
            frames += job.current
            return Worker(
                path: job.job.video.relative,
                progress: job.current > 0 ? Progress(currentFrame: job.current, totalFrames: total) : nil,
                attempt: job.attempt, speed: Double(job.current) / seconds)
        }
        let done = Double(scheduler.bytesDone) + running
        let left = Double(scheduler.bytesPlanned) - done
        let elapsed = Double(now &- scheduler.begun) / 1e9
        self.init(
            planned: scheduler.jobs.count, done: scheduler.completed + scheduler.failed, failed: scheduler.failed,
            skipped: skipped, workers: workers, frames: frames, elapsed: elapsed,
            remaining: done > 0 && elapsed > 1 ? max(0, elapsed * left / done) : nil, stop: scheduler.stop)
    }
}
