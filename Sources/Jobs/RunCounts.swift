package import Bytes

/// What a run did, counted by video.
package struct RunCounts: Equatable, Sendable {
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

    /// As a run's record tells them; those that are missing are 0.
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
    package var allSkipped: Int { skipped + skippedFailed + skippedDamaged + quarantined }

    package var json: JSON {
        .members([
            "found": .int(found), "completed": .int(completed), "ok": .int(ok), "warning": .int(warning),
            "damaged": .int(damaged), "failed": .int(failed), "skipped": .int(skipped),
            "skipped_failed": .int(skippedFailed), "skipped_damaged": .int(skippedDamaged),
            "quarantined": .int(quarantined), "not_started": .int(notStarted), "unreadable": .int(unreadable),
        ])
    }
}
