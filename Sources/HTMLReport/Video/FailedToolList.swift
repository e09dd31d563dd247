/// The external tools that failed on a video, for its page.
struct FailedToolList {
    struct Entry {
        let tool: String
        let message: String
        let after: String
        /// The last lines that it wrote.
        let lines: [String]
        let hasLines: Bool
    }

    let failedTools: [Entry]
    let hasFailedTools: Bool

    private static let mostLines = 40

    init(_ facts: ResultFacts?) {
        failedTools = (facts?.failedTools ?? []).map { tool in
            let lines = tool.log.split(separator: "\n").suffix(FailedToolList.mostLines)
            return Entry(
                tool: Text.shown(tool.id, limit: 80), message: Text.shown(tool.message, limit: 1000),
                after: "after \(Text.plural(tool.frames, "frame"))",
                lines: lines.map { Text.shown(String($0), limit: 300) },
                hasLines: !lines.isEmpty)
        }
        hasFailedTools = !failedTools.isEmpty
    }
}
