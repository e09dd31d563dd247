package import Bytes

/// The files that a worker makes in one attempt at a video. It opens them under temporary names before it confines itself;
/// the run gives them their own names when the worker has ended well, and removes them otherwise.
package struct StagedFiles: Equatable, Sendable {
    /// What is made, each with the digit that ends its temporary name.
    package enum Kind: Int, CaseIterable, Sendable {
        case result
        case thumbnail
        case strip
        case lumaTimeline
        case film

        /// Nil for the result.
        package var still: OutputLayout.Still? {
            switch self {
            case .result: nil
            case .thumbnail: .thumbnail
            case .strip: .strip
            case .lumaTimeline: .lumaTimeline
            case .film: .film
            }
        }
    }

    /// Hexadecimal digits that are drawn anew for each attempt.
    private static let digits = 15

    private let root: RawPath
    private let result: RawPath
    private let job: JobID
    private let attempt: String

    /// - Parameter request: whose ``JobRequest/attempt`` is one of ``makeAttempt()``.
    package init(_ request: JobRequest) {
        root = request.root
        result = request.result
        job = request.job
        attempt = request.attempt
    }

    /// What names one attempt.
    package static func makeAttempt() -> String {
        String(Files.temporaryName().display.dropFirst(Files.temporaryPrefix.count).prefix(digits))
    }

    /// Whether a text can name an attempt: a temporary name is no path to anything else.
    static func isAttempt(_ text: String) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Where it belongs.
    package func final(_ kind: Kind) -> RawPath {
        root.appending(kind.still.map { RawPath(OutputLayout.still(job, $0)) } ?? result)
    }

    /// The name of a temporary file beside that.
    package func temporary(_ kind: Kind) -> RawPath {
        final(kind).parent.appending(Files.temporaryPrefix + attempt + String(kind.rawValue))
    }
}
