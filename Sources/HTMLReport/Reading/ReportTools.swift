internal import Archive
internal import Bytes
internal import FrameResults
internal import ToolModel

/// The tools whose measures a report draws and compares: what their descriptors say, in order.
final class ReportTools: Sendable {
    let all: [ToolDescriptor]
    /// In what a video may stand apart, by tool.
    let outliers: [(tool: String, hint: OutlierHint)]
    private let byID: [String: ToolDescriptor]
    /// The order of charts: the tools that always run, the number of objects, the others.
    private let ranks: [String: Int]

    init(_ tools: [ToolDescriptor]) {
        all = tools
        outliers = tools.flatMap { tool in tool.report.outliers.map { (tool.id, $0) } }
        byID = Dictionary(tools.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let order = tools.filter(\.isDefault).map(\.id) + [Series.objects.tool]
        ranks = Dictionary(zip(order, 0...), uniquingKeysWith: { first, _ in first })
    }

    /// How many objects were found, by the first tool that counted some.
    ///
    /// - Parameter summaries: of a result, by tool.
    func objectCount(_ summaries: JSON) -> Int? {
        KnownTools.objectCount(summaries, among: all)?.int
    }

    /// The size of a frame's picture as it is stored, in pixels, where a tool tells it.
    func pictureSize(_ frame: JSON) -> (width: Int, height: Int)? { KnownTools.pictureSize(frame, among: all) }

    /// Whether the values of a key are a series over time.
    func isTimeSeries(_ tool: String, _ key: String) -> Bool {
        byID[tool]?.outputs.frame.first { $0.key == key }?.isTimeSeries ?? true
    }

    /// What a measure is, as its tool tells it; nil for one that no tool tells of.
    func help(_ tool: String, _ key: String) -> String? {
        if (tool, key) == Series.objects { return "moving objects in the frame" }
        return byID[tool]?.outputs.frame.first { $0.key == key }.flatMap { $0.help.isEmpty ? nil : $0.help }
    }

    /// Where the charts of a tool stand among those of all. Those of external tools come first; tools without a rank come
    /// behind the others.
    func rank(_ tool: String) -> Int { ToolDescriptor.isExternal(tool) ? -1 : ranks[tool] ?? ranks.count }

    /// Where the charts of classes stand.
    static let classRank = -2

    /// The name in the stylesheet of the colour of external tools that have none of their own.
    static let external = "tool"

    /// Between which numbers a value lies, as far as its tool tells.
    func bounds(_ tool: String, _ key: String) -> (least: Double?, most: Double?) {
        let field = byID[tool]?.outputs.frame.first { $0.key == key }
        return (field?.least, field?.most)
    }

    /// The types of the events that an external tool makes of a value; nil where the tool is not known.
    func events(_ tool: String, _ key: String) -> Set<String>? {
        byID[tool]?.origin.map { origin in
            Set(origin.tool.conclusion.values.filter { $0.value == key }.map(\.event))
        }
    }

    /// The name of a tool's colour in the stylesheet; nil for grey.
    func colour(_ tool: String) -> String? {
        if ToolDescriptor.isExternal(tool) { return byID[tool]?.report.colour ?? ReportTools.external }
        return tool == Series.objects.tool ? tool : byID[tool]?.report.colour
    }

    /// The types of the events that are drawn behind a tool's charts.
    func events(_ tool: String) -> [String] {
        if tool != Series.objects.tool { return byID[tool]?.report.lanes.flatMap(\.events) ?? [] }
        return all.flatMap(\.outputs.events).filter { event in
            event.values.contains { $0.key == EventRecord.trackKey }
        }.map(\.type)
    }
}
