package import Bytes
package import Jobs
package import Store

/// Why a run ended before its work did.
package enum StopReason: Equatable, Sendable {
    case signal(Int32)
    case maxDuration
    case maxFailures
    /// A result could not be written.
    case diskFull
    /// Less space than `--min-free`.
    case minFree
    /// Our own files could not be written.
    case failure(String)

    /// `stopped by …`
    package var text: String {
        switch self {
        case .signal(let number): StopReason.name(number)
        case .maxDuration: "--max-duration"
        case .maxFailures: "--max-failures"
        case .diskFull: "a full disk"
        case .minFree: "too little free space (--min-free)"
        case .failure(let why): why
        }
    }

    /// SIGTERM.
    package static let termination: Int32 = 15

    private static func name(_ number: Int32) -> String {
        switch number {
        case 1: "SIGHUP"
        case 2: "SIGINT"
        case 15: "SIGTERM"
        default: "signal \(number)"
        }
    }
}

/// A video that a person should look at.
package struct VideoIssue: Equatable, Sendable {
    package var path: RawPath
    package var message: String
    /// Failed or damaged.
    package var status: VideoStatus

    package init(path: RawPath, message: String, status: VideoStatus) {
        (self.path, self.message, self.status) = (path, message, status)
    }
}

/// An external tool that failed on a video.
package struct VideoToolFailure: Equatable, Sendable {
    package var path: RawPath
    package var tool: FailedTool

    package init(path: RawPath, tool: FailedTool) {
        self.path = path
        self.tool = tool
    }
}

/// How a run ended.
package struct RunOutcome: Sendable {
    package var runID: String
    /// The run that it is held against.
    package var baseline: String?
    package var started: UTCTime
    /// Processor seconds of its workers.
    package var processorSeconds: Double
    package var counts: RunCounts
    package var stop: StopReason?
    package var issues: [VideoIssue]
    package var toolFailures: [VideoToolFailure]
    package var problems: [DiscoveryProblem]
    package var seconds: Double
    package var frames: Int
    /// The input held videos in the last run and holds none now.
    package var inputVanished = false
    /// Files and folders that the rules leave out.
    package var ruledOut = 0
    package var exitStatus: Int32
    /// Notes for a person, each once.
    package var notes: [String]
    /// Files that look like videos and were not taken.
    package var untaken: [UntakenVideo]
}

extension RunOutcome {
    /// That of a run whose record says it all.
    package init(_ summary: RunSummary, issues: [VideoIssue], toolFailures: [VideoToolFailure], notes: [String]) {
        self.init(
            runID: summary.id, baseline: summary.baseline,
            started: UTCTime(text: summary.started) ?? UTCTime(milliseconds: 0),
            processorSeconds: summary.processorSeconds ?? 0, counts: summary.tally, stop: nil, issues: issues,
            toolFailures: toolFailures, problems: [], seconds: summary.seconds ?? 0, frames: summary.frames ?? 0,
            exitStatus: Int32(summary.exitStatus ?? 0), notes: notes, untaken: [])
    }
}

/// The exit statuses, in the order in which they win (see docs/exit-codes.md).
package enum ExitStatus {
    package static let ok: Int32 = 0
    package static let failure: Int32 = 1
    package static let videosFailed: Int32 = 3
    package static let reportFailed: Int32 = 5
    package static let noInput: Int32 = 9
    package static let stopped: Int32 = 10
    package static let locked: Int32 = 11
    package static let usage: Int32 = 64
    /// A shard was told to stop, and wants to be started again: EX_TEMPFAIL of sysexits.h.
    package static let startAgain: Int32 = 75
    package static let unreadableInput: Int32 = 66
    package static let configuration: Int32 = 78

    private static let order: [Int32] = [64, 78, 66, 11, 1, 129, 130, 143, 75, 10, 9, 3, 5, 0]

    /// The one that wins of all that apply.
    package static func winner(_ all: [Int32]) -> Int32 {
        order.first { all.contains($0) } ?? all.first ?? ok
    }

    static func of(_ stop: StopReason) -> Int32 {
        switch stop {
        case .signal(let number): 128 + number
        case .maxDuration, .maxFailures: stopped
        case .diskFull, .minFree, .failure: failure
        }
    }
}
