package import Bytes
package import Jobs

/// A run as lists show it: what its record says of it as a whole.
package struct RunSummary: Equatable, Sendable {
    package var id: String
    package var version = ""
    /// UTC, as the run wrote them; `finished` is nil for a run that is going on or was killed.
    package var started = ""
    package var finished: String?
    /// Wall time.
    package var seconds: Double?
    package var exitStatus: Int?
    /// Stopped before its work was done, or killed.
    package var isInterrupted = false
    /// By what it was stopped.
    package var stopped: String?
    package var tally = RunCounts()
    package var frames: Int?
    /// How often an external tool failed on a video.
    package var toolsFailed = 0
    /// Processor time of its workers.
    package var processorSeconds: Double?
    /// Tools, versions and settings in one word.
    package var settingsDigest = ""
    /// Where it looked for videos, in one word; empty when it is not known.
    package var scope = ""
    /// The run that it was held against when it ran.
    package var baseline: String?
    /// Whether it left `run.json`, without which nothing can be compared with it.
    package var hasRecord = false

    /// By what a run in shards was stopped of which only some were joined.
    package static let missingShards = "shards that were not done"

    /// Whether it is a run in shards of which some were not joined: they may still be done.
    package var isPartlyJoined: Bool { stopped == RunSummary.missingShards }

    /// Whether it did all that it had to do.
    package var isFinished: Bool { hasRecord && !isInterrupted }

    package init(id: String) { self.id = id }

    /// A line of the history.
    package var json: JSON {
        .members([
            "schema": .string(RunSummary.schema), "run_id": .string(id), "version": .string(version),
            "started": .string(started), "finished": finished.map { .string($0) },
            "seconds": seconds.map { .double($0) }, "exit_status": exitStatus.map { .int($0) },
            "interrupted": .bool(isInterrupted), "stopped": stopped.map { .string($0) }, "counts": tally.json,
            "frames": frames.map { .int($0) }, "tools_failed": toolsFailed > 0 ? .int(toolsFailed) : nil,
            "cpu_seconds": processorSeconds.map { .double($0) },
            "settings_digest": .string(settingsDigest), "scope": scope.isEmpty ? nil : .string(scope),
            "baseline": baseline.map { .string($0) },
        ])
    }

    private static let schema = "forgebatch/run/1"

    /// Reads a line of the history or a `run.json`; nil when it names no run.
    package init?(_ json: JSON) {
        guard let id = json["run_id"]?.string else { return nil }
        self.id = id
        version = json["version"]?.string ?? ""
        started = json["started"]?.string ?? ""
        finished = json["finished"]?.string
        seconds = json["seconds"]?.double
        exitStatus = json["exit_status"]?.int
        isInterrupted = json["interrupted"]?.bool ?? false
        stopped = json["stopped"]?.string
        tally = RunCounts(json["counts"])
        frames = json["frames"]?.int
        toolsFailed = max(0, json["tools_failed"]?.int ?? 0)
        processorSeconds = json["cpu_seconds"]?.double
        settingsDigest = json["settings_digest"]?.string ?? ""
        scope = json["scope"]?.string ?? ""
        baseline = json["baseline"]?.string
    }
}
