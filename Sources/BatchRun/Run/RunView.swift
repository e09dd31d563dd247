package import Bytes
package import Jobs

/// What a display may show of a run.
package struct RunView: Sendable {
    package struct Worker: Sendable {
        package var path: RawPath
        package var progress: Progress?
        /// 0…100, of the total or else of the estimated one; nil where there is neither.
        package var shownPercent: Int?
        package var attempt: Int
        /// Frames a second since its start.
        package var speed: Double
    }
    /// What is being done.
    package enum Stage: String, Sendable {
        /// Videos are processed.
        case work
        /// Videos are opened to be planned by what their containers tell.
        case probe
    }
    package var stage = Stage.work
    package var planned: Int
    package var done: Int
    package var failed: Int
    package var skipped: Int
    /// The part of the bytes to process that is done, running videos by their progress; 0…1.
    package var share: Double
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
    /// Counts and progress are those of the log, as every reader of it has them; what a log does not tell, such as speed
    /// and the time left, is the scheduler's.
    ///
    /// - Parameters:
    ///   - now: nanoseconds of the scheduler's clock.
    ///   - workBegan: when the first video could start, on the same clock.
    init(_ state: RunState, _ scheduler: Scheduler, now: UInt64, workBegan: UInt64) {
        var running = 0.0
        var frames = scheduler.frames
        let workers = scheduler.active.values.sorted { $0.started < $1.started }.map { job in
            let seconds = max(0.001, Double(now &- job.started) / 1e9)
            let told = job.lastStep?.total ?? job.total
            // A video that is longer than estimated is nearly done as long as it runs.
            let (total, most) = told > 0 ? (told, 1) : (job.estimatedTotal ?? 0, 0.99)
            let logged = state.running(job.job.id)
            // Of several passes each is an equal part, and the first alone gives the frames.
            let (before, passes) = (job.lastPass?.completed ?? 0, max(1, job.lastPass?.total ?? 1))
            if total > 0 {
                let part = min(most, Double(job.current) / Double(total))
                running += Double(job.job.video.status.size) * (Double(before) + part) / Double(passes)
            }
            frames += before > 0 ? max(job.current, logged?.frames ?? 0) : job.current
            let worked = Double(before) * Double(total) + Double(job.current)
            return Worker(
                path: job.job.video.relative,
                progress: logged?.progress, shownPercent: logged?.shownPercent,
                attempt: job.attempt, speed: worked / seconds)
        }
        let done = Double(scheduler.bytesDone) + running
        let left = Double(scheduler.bytesPlanned) - done
        let working = Double(now &- workBegan) / 1e9
        self.init(
            planned: state.planned, done: state.completed + state.failed, failed: state.failed,
            skipped: state.skipped,
            share: scheduler.bytesPlanned > 0 ? min(1, done / Double(scheduler.bytesPlanned)) : 0, workers: workers,
            frames: frames,
            elapsed: Double(now &- scheduler.begun) / 1e9,
            remaining: done > 0 && working > 1 ? max(0, working * left / done) : nil, stop: scheduler.stop)
    }
}
