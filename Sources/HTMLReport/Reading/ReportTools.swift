internal import Archive
internal import Bytes
internal import ToolModel

/// The tools whose measures a report draws and compares: what their descriptors say, in order.
final class ReportTools: Sendable {
    let all: [ToolDescriptor]
    /// In what a video may stand apart, by tool.
    let outliers: [(tool: String, hint: OutlierHint)]

    init(_ tools: [ToolDescriptor]) {
        all = tools
        outliers = tools.flatMap { tool in tool.report.outliers.map { (tool.id, $0) } }
    }

    /// How many objects were found, by the first tool that counted some.
    ///
    /// - Parameter summaries: of a result, by tool.
    func objectCount(_ summaries: JSON) -> Int? {
        KnownTools.objectCount(summaries, among: all)?.int
    }

    /// Whether the values of a key are a course over time.
    func isCourse(_ tool: String, _ key: String) -> Bool {
        all.first { $0.id == tool }?.outputs.frame.first { $0.key == key }?.isCourse ?? true
    }
}
