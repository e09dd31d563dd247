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

    /// Each count with its name in records, in their order.
    package static let fields: [(name: String, count: any WritableKeyPath<RunCounts, Int> & Sendable)] = [
        ("found", \.found), (VideoStatus.completedWord, \.completed), (VideoStatus.ok.rawValue, \.ok),
        (VideoStatus.warning.rawValue, \.warning), (VideoStatus.damaged.rawValue, \.damaged),
        (VideoStatus.failed.rawValue, \.failed), (VideoStatus.skipped.rawValue, \.skipped),
        ("skipped_failed", \.skippedFailed), ("skipped_damaged", \.skippedDamaged),
        (VideoStatus.quarantined.rawValue, \.quarantined), ("not_started", \.notStarted), ("unreadable", \.unreadable),
    ]

    /// As a run's record tells them; those that are missing are 0.
    package init(_ json: JSON?) {
        for (name, count) in RunCounts.fields { self[keyPath: count] = max(0, json?[name]?.int ?? 0) }
    }

    /// All that were not processed because of an earlier run.
    package var allSkipped: Int { skipped + skippedFailed + skippedDamaged + quarantined }

    package var json: JSON {
        .object(RunCounts.fields.map { JSON.Member($0.name, .int(self[keyPath: $0.count])) })
    }

    /// Counts a video that the run processed.
    package mutating func countProcessed(_ status: VideoStatus) {
        switch status {
        case .ok: ok += 1
        case .warning: warning += 1
        case .damaged: damaged += 1
        default:
            failed += 1
            return
        }
        completed += 1
    }

    /// Counts a video that the run left alone for what another one made of it.
    package mutating func countSkipped(_ status: VideoStatus) {
        switch status {
        case .failed: skippedFailed += 1
        case .quarantined: quarantined += 1
        case .damaged: skippedDamaged += 1
        default: skipped += 1
        }
    }
}
