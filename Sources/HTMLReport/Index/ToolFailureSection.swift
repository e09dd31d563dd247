internal import Store

/// On which videos external tools failed: those have a result, without what the tool would have found.
struct ToolFailureSection {
    struct Entry {
        let path: String
        let href: String?
        let tool: String
        let message: String
        /// How many frames it had answered.
        let frame: String

        init(_ video: ReportVideo, _ failed: FailedTool) {
            path = Text.shown(video.path, limit: 400)
            href = Row.link(video)
            tool = Text.shown(failed.id, limit: 80)
            message = Text.shown(failed.message, limit: 400)
            frame = Text.count(failed.frame)
        }
    }

    let hasToolFailures: Bool
    let toolFailureCount: String
    let toolFailures: [Entry]
    /// How many are not shown here.
    let moreToolFailures: String?

    /// The first of them, and how many there are.
    struct Fold {
        fileprivate var entries: [Entry] = []
        fileprivate var count = 0
        private let limits: IndexLimits

        init(_ limits: IndexLimits) { self.limits = limits }

        mutating func add(_ video: ReportVideo) {
            guard !video.isGone else { return }
            for tool in video.toolsFailed {
                count += 1
                if entries.count < limits.rows { entries.append(Entry(video, tool)) }
            }
        }
    }

    init(_ fold: Fold) {
        let count = fold.count
        toolFailures = fold.entries
        hasToolFailures = count > 0
        toolFailureCount = Text.count(count)
        moreToolFailures = count > toolFailures.count ? Text.count(count - toolFailures.count) : nil
    }
}
