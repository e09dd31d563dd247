internal import Bytes
internal import HTMLReport
internal import Synchronization

/// One line on a terminal that tells what is being done, drawn over again and taken away at the end. Where standard error is
/// no terminal there is none.
final class ProgressLine: Sendable {
    private struct State {
        var isShown = false
        /// When it may be drawn next, in nanoseconds.
        var next: UInt64
    }

    private let isWanted: Bool
    private let state: Mutex<State>

    /// Between two drawings, in nanoseconds.
    private static let interval: UInt64 = 100_000_000

    /// - Parameter delay: seconds before it is first shown: what is done by then needs none.
    init(isWanted: Bool, after delay: Double = 0) {
        self.isWanted = isWanted && Terminal.errorIsTerminal && Terminal.isCapable
        state = Mutex(State(next: monotonicNanoseconds() + UInt64(delay * 1e9)))
    }

    func show(_ text: @autoclosure () -> String) {
        guard isWanted else { return }
        state.withLock { state in
            let now = monotonicNanoseconds()
            guard now >= state.next else { return }
            state.next = now + ProgressLine.interval
            Terminal.write("\r\(text().prefix(max(20, Terminal.size.columns - 1)))\u{1B}[K", to: .standardError)
            state.isShown = true
        }
    }

    func clear() {
        state.withLock { state in
            guard state.isShown else { return }
            Terminal.write("\r\u{1B}[K", to: .standardError)
            state.isShown = false
        }
    }
}

extension ReportProgress {
    /// `report: 12000 of 1000000 videos`
    var text: String {
        switch self {
        case .reading(let videos): "report: reading what is known, \(Quantity.plural(videos, "video"))"
        case .timeline: "report: reading the log"
        case .videos(let done, let all): "report: \(done) of \(Quantity.plural(all, "video"))"
        case .replay: "report: writing the replay"
        case .index: "report: writing the index"
        }
    }
}
