package import Bytes
package import Jobs

/// `state.json`: how a run stands while it goes on, for readers that do not want its whole log.
package struct RunSnapshot: Equatable, Sendable {
    /// A job that a worker has.
    package struct Job: Equatable, Sendable {
        package var id: JobID
        /// Nil when it is not known.
        package var path: RawPath?
        /// 0 before the first frame.
        package var currentFrame: Int
        /// 0 while unknown.
        package var totalFrames: Int
        /// 0…100.
        package var percent: Int
        /// For a job with several passes.
        package var pass: Progress.Pass?
        /// Frames that it may have, where the total is not known.
        package var estimatedTotal: Int?
        /// 1 for the first.
        package var attempt: Int
    }

    package var runID: String
    /// Bytes of the log that it stands for.
    package var logOffset: Int64
    package var planned: Int
    package var completed: Int
    package var failed: Int
    package var skipped: Int
    /// Once the run has finished.
    package var exitStatus: Int?
    package var running: [Job]

    private static let schema = "forgebatch/state/1"

    package init(_ state: RunState, logOffset: Int64) {
        runID = state.runID
        self.logOffset = logOffset
        (planned, completed, failed, skipped) = (state.planned, state.completed, state.failed, state.skipped)
        exitStatus = state.exitStatus
        running = state.running.map { job in
            Job(
                id: job.id, path: job.path, currentFrame: job.progress?.currentFrame ?? 0,
                totalFrames: job.progress?.totalFrames ?? 0, percent: job.progress?.percent ?? 0,
                pass: job.progress?.pass, estimatedTotal: job.estimatedTotal, attempt: job.attempt)
        }
    }

    /// Nil for what is no such record.
    package init?(_ json: JSON) {
        guard json["schema"]?.string == RunSnapshot.schema, let runID = json["run_id"]?.string,
            let counts = json["counts"]
        else { return nil }
        func count(_ key: String) -> Int { max(0, counts[key]?.int ?? 0) }
        self.runID = runID
        logOffset = Int64(json["log_offset"]?.int ?? 0)
        (planned, completed) = (count("jobs"), count("completed"))
        (failed, skipped) = (count("failed"), count("skipped"))
        exitStatus = json["exit_status"]?.int
        running = (json["running"]?.array ?? []).compactMap { json in
            guard let id = json["job_id"]?.string.flatMap({ JobID(text: $0) }) else { return nil }
            return Job(
                id: id, path: RawPath(json), currentFrame: json["current_frame"]?.int ?? 0,
                totalFrames: json["total_frames"]?.int ?? 0, percent: json["percent"]?.int ?? 0,
                pass: Progress.Pass(json), estimatedTotal: json["estimated_total"]?.int,
                attempt: json["try"]?.int ?? 1)
        }
    }

    package var json: JSON {
        let jobs = running.map { job in
            JSON.object(
                [JSON.Member("job_id", .string(job.id.text))] + (job.path?.members() ?? [])
                    + [
                        JSON.Member("current_frame", .int(job.currentFrame)),
                        JSON.Member("total_frames", .int(job.totalFrames)), JSON.Member("percent", .int(job.percent)),
                    ]
                    + (job.pass?.members ?? [])
                    + (job.estimatedTotal.map { [JSON.Member("estimated_total", .int($0))] } ?? [])
                    + [JSON.Member("try", .int(job.attempt))])
        }
        return .members([
            "schema": .string(RunSnapshot.schema), "run_id": .string(runID), "log_offset": .int(logOffset),
            "counts": .members([
                "jobs": .int(planned), "completed": .int(completed), "failed": .int(failed), "skipped": .int(skipped),
            ]),
            "exit_status": exitStatus.map { .int($0) }, "running": .array(jobs),
        ])
    }

    /// The snapshot of a run; nil when there is none that can be read.
    package static func read(_ layout: OutputLayout, run id: String) -> RunSnapshot? {
        (try? JSONReader.parse(Files.read(layout.state(run: id)))).flatMap { RunSnapshot($0) }
    }

    /// Puts it in the place of the one there is. Only a reader's convenience: a crash may lose it, so it is not synced.
    package func write(_ layout: OutputLayout) throws(SystemError) {
        try AtomicFile.write(JSONWriter.encode(json) + [0x0a], to: layout.state(run: runID), durable: false)
    }
}
