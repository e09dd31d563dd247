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
    }

    let hasToolFailures: Bool
    let toolFailureCount: String
    let toolFailures: [Entry]
    /// How many are not shown here.
    let moreToolFailures: String?

    init(_ videos: [ReportVideo], _ limits: IndexLimits) {
        let failed = videos.filter { !$0.isGone && !$0.toolsFailed.isEmpty }
        let count = failed.reduce(0) { $0 + $1.toolsFailed.count }
        toolFailures = failed.lazy.flatMap { video in video.toolsFailed.map { (video, $0) } }.prefix(limits.rows)
            .map { video, tool in
                Entry(
                    path: Text.shown(video.path, limit: 400), href: Row.link(video),
                    tool: Text.shown(tool.id, limit: 80), message: Text.shown(tool.message, limit: 400),
                    frame: Text.count(tool.frame))
            }
        hasToolFailures = count > 0
        toolFailureCount = Text.count(count)
        moreToolFailures = count > toolFailures.count ? Text.count(count - toolFailures.count) : nil
    }
}
