internal import Bytes
internal import Jobs
internal import Store

/// Decides what is remembered of a video that failed, and when it is not tried any more.
struct QuarantinePolicy: Equatable, Sendable {
    /// What the failure memory says of a video after this run.
    struct Streak: Equatable, Sendable {
        /// In how many runs in a row all tries ended so.
        var runs: Int
        var isQuarantined: Bool
    }

    /// In how many runs in a row every try has to be lost.
    static let runsUntilQuarantine = 2

    /// Of this run's settings.
    var digest: String
    var version: String

    /// A lost worker counts together with the run before when video, settings and version are the same. A video that
    /// cannot be decoded is never quarantined: it is skipped anyhow until it changes.
    ///
    /// - Parameter known: what is remembered of earlier runs.
    func streak(_ kind: FailureEntry.Kind, of video: FileStatus, known: FailureEntry?) -> Streak {
        guard kind != .content else { return Streak(runs: 1, isQuarantined: false) }
        var runs = 1
        if let known, known.kind != .content, known.size == video.size, known.modified == video.modified,
            known.digest == digest, known.version == version
        {
            runs = known.runs + 1
        }
        return Streak(runs: runs, isQuarantined: runs >= QuarantinePolicy.runsUntilQuarantine)
    }

    /// How a worker that was lost is remembered.
    func kind(of attempt: Attempt) -> FailureEntry.Kind {
        switch attempt.end {
        case .stalled, .timedOut: .timeout
        case .died where attempt.isOutOfMemory: .memory
        default: .death
        }
    }

    /// How a failure that the worker told of is remembered; nil for one that says nothing about the video.
    func kind(of outcome: JobOutcome.Kind) -> FailureEntry.Kind? {
        switch outcome {
        case .content: .content
        case .memory: .memory
        case .completed, .changed, .input, .io, .name, .diskFull, .sandbox: nil
        }
    }
}
