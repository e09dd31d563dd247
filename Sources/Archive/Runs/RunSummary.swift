package import Bytes
internal import Jobs

/// What a run did, counted by video, as its record says.
package struct RunTally: Equatable, Sendable {
    package var found = 0
    package var completed = 0
    package var ok = 0
    package var warning = 0
    package var damaged = 0
    package var failed = 0
    /// Skipped because they are done and sound.
    package var skipped = 0
    package var skippedFailed = 0
    package var skippedDamaged = 0
    package var quarantined = 0
    /// Planned and never started.
    package var notStarted = 0
    /// Inputs that could not be looked at.
    package var unreadable = 0

    package init() {}

    /// Counts that are missing are 0.
    package init(_ json: JSON?) {
        func count(_ key: String) -> Int { max(0, json?[key]?.int ?? 0) }
        found = count("found")
        completed = count("completed")
        ok = count("ok")
        warning = count("warning")
        damaged = count("damaged")
        failed = count("failed")
        skipped = count("skipped")
        skippedFailed = count("skipped_failed")
        skippedDamaged = count("skipped_damaged")
        quarantined = count("quarantined")
        notStarted = count("not_started")
        unreadable = count("unreadable")
    }

    /// All that were not processed because of an earlier run.
    var allSkipped: Int { skipped + skippedFailed + skippedDamaged + quarantined }
}

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
    package var tally = RunTally()
    package var frames: Int?
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

    /// Whether it did all that it had to do.
    package var isFinished: Bool { hasRecord && !isInterrupted }

    package init(id: String) { self.id = id }

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
        tally = RunTally(json["counts"])
        frames = json["frames"]?.int
        processorSeconds = json["cpu_seconds"]?.double
        settingsDigest = json["settings_digest"]?.string ?? ""
        scope = json["scope"]?.string ?? ""
        baseline = json["baseline"]?.string
    }
}
