internal import ArgumentParser
internal import Bytes
internal import FrameTools
internal import VideoWorker

struct ToolsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools", abstract: "List the tools with their settings and what they put into a result.",
        discussion: """
            run --tools takes ids, forgebatch/ID, and capabilities: the first tool of the list that has one. Cost is the \
            time of a run with the tool alone as a multiple of decoding alone.
            """)

    @Flag(help: "Print the manifest as JSON.")
    var json = false

    func run() throws {
        if json {
            Terminal.output(JSONWriter.text(ToolManifest.json(version: Forgebatch.version)))
            return
        }
        ToolListing(ToolRegistry.all, costs: ToolCosts.measured).lines.forEach { Terminal.output($0) }
    }
}

/// The tools as text: a table, then a paragraph for each.
struct ToolListing {
    private(set) var lines: [String]

    init(_ tools: [any FrameTool.Type], costs: [String: ToolCost]) {
        var rows = [["TOOL", "VERSION", "RUNS", "REACH", "COST", "TITLE"]]
        for tool in tools {
            let cost = costs[tool.id].map { "\(JSONWriter.text(.double($0.decodeRatio)))x (\($0.date))" }
            rows.append([
                tool.id, tool.version, tool.isDefault ? "by default" : "when named", tool.temporalDependency.word,
                cost ?? "not measured", tool.title,
            ])
        }
        lines = TextTable.aligned(rows)
        for tool in tools { lines += [""] + ToolListing.paragraph(tool) }
    }

    private static func paragraph(_ tool: any FrameTool.Type) -> [String] {
        var lines = ["\(tool.id): \(tool.definition)"]
        lines.append("  capabilities: " + ToolManifest.capabilities(of: tool).joined(separator: ", "))
        var keys = tool.outputs.frame.map(\.key)
        if tool.outputs.hasRegions { keys.append("regions") }
        if !keys.isEmpty { lines.append("  per frame: " + keys.joined(separator: ", ")) }
        let events = tool.outputs.events.map(\.type)
        if !events.isEmpty { lines.append("  events: " + events.joined(separator: ", ")) }
        let settings = tool.settings.map { setting in
            [
                "  --set \(tool.id).\(setting.key)=" + text(setting.json(setting.standard)),
                setting.choices.isEmpty
                    ? "\(text(.double(setting.range.lowerBound))) to \(text(.double(setting.range.upperBound)))"
                    : setting.choices.joined(separator: " or "), setting.kind.rawValue, setting.help,
            ]
        }
        return lines + TextTable.aligned(settings)
    }

    private static func text(_ value: JSON) -> String { value.string ?? JSONWriter.text(value) }
}
