internal import Bytes
internal import Jobs
internal import Store

/// Events of a joined log that no log of a shard has.
enum JoinedEvents {
    /// What the run leaves alone; nil for nothing.
    static func skipped(_ counts: RunCounts) -> LogEvent? {
        guard counts.allSkipped > 0 else { return nil }
        let reasons: [VideoStatus: Int] = [
            .skipped: counts.skipped, .damaged: counts.skippedDamaged, .failed: counts.skippedFailed,
            .quarantined: counts.quarantined,
        ]
        return .jobsSkipped(count: counts.allSkipped, reasons: reasons.filter { $0.value > 0 })
    }

    /// How a job ended whose outcome is known and whose log was cut: a kill came between the two.
    ///
    /// - Parameter isStarted: whether its start was told.
    static func end(_ line: PlanLine, _ record: JobRecord, isStarted: Bool) -> [LogEvent] {
        let frames = record.frames ?? 0
        var events: [LogEvent] = []
        if !isStarted {
            events.append(.jobStarted(job: line.job, path: line.path, totalFrames: frames, size: line.size))
        }
        if record.hasFailed {
            let message = record.message ?? record.status.rawValue
            events.append(.error(job: line.job, message: "\(line.path.display): \(message)"))
        } else {
            events.append(.progress(job: line.job, Progress(currentFrame: frames, totalFrames: frames)))
            events.append(.completed(job: line.job))
        }
        return events
    }
}
