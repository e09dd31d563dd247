/// How a video stands, worst first. The raw value is the word that people and programs read: in records, lists, the
/// report and its style sheet. No other place spells these words.
package enum VideoStatus: String, CaseIterable, Comparable, Sendable {
    /// It has no result, and the next run tries again.
    case failed
    /// It failed so often that runs leave it alone.
    case quarantined
    /// It has a result, of less than the video should have.
    case damaged
    /// It has a whole result, and something that a person may want to know.
    case warning
    case ok
    /// A run left it alone, because its result is up to date.
    case skipped
    /// A worker has it.
    case running
    /// It waits for a worker.
    case pending
    /// The run stopped before it knew.
    case unfinished

    /// Reads the verdict of a record. A word that only a later version knows counts as ``ok``, so that the record is not
    /// lost: there is a result, and nothing that this version could do about it.
    package init(verdict word: String) {
        let status = VideoStatus(rawValue: word) ?? .ok
        self = status.isVerdict ? status : .ok
    }

    package static func < (left: VideoStatus, right: VideoStatus) -> Bool { left.rank < right.rank }

    private var rank: Int { VideoStatus.allCases.firstIndex(of: self) ?? 0 }

    /// Whether there is no result because of the video.
    package var isFailure: Bool { self == .failed || self == .quarantined }
    /// Whether a person should look at it.
    package var needsAttention: Bool { isFailure || self == .damaged }
    /// Whether this is what a whole pass over a video comes to.
    package var isVerdict: Bool { self == .ok || self == .warning || self == .damaged }

    /// How a video may stand in an output folder between two runs, worst first.
    package static let settled = allCases.filter { $0.isFailure || $0.isVerdict }

    /// The word of the job-progress protocol for a video that has a result. Records and results use it, too.
    package static let completedWord = "completed"

    /// The words of the job-progress protocol, in the order of a job's life.
    package static let protocolWords = [VideoStatus.pending, .running, .ok, .failed].map(\.protocolWord)

    /// The job's status in the words of the job-progress protocol.
    package var protocolWord: String {
        switch self {
        case .pending, .unfinished: VideoStatus.pending.rawValue
        case .running: rawValue
        case .failed, .quarantined: VideoStatus.failed.rawValue
        case .damaged, .warning, .ok, .skipped: VideoStatus.completedWord
        }
    }
}
