internal import ArgumentParser
internal import Bytes
internal import FrameTools
internal import ToolModel

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
        let tools = ToolRegistry.descriptors
        let costs = ToolCosts.measured(tools)
        if json {
            let manifest = ToolManifest.json(version: Forgebatch.version, tools: tools, costs: costs)
            Terminal.output(JSONWriter.text(manifest))
            return
        }
        ToolListing(tools, costs: costs).lines.forEach { Terminal.output($0) }
    }
}

/// The tools as text: a table, then a paragraph for each.
struct ToolListing {
    private(set) var lines: [String]

    init(_ tools: [ToolDescriptor], costs: [String: ToolCost]) {
        var rows = [["TOOL", "VERSION", "RUNS", "REACH", "COST", "TITLE"]]
        for tool in tools {
            let cost = costs[tool.id].map { "\(JSONWriter.text(.double($0.decodeRatio)))x (\($0.date))" }
            rows.append([
                tool.id, tool.version, tool.isDefault ? "by default" : "when named", tool.temporalDependency.rawValue,
                cost ?? "not measured", tool.title,
            ])
        }
        lines = TextTable.aligned(rows)
        for tool in tools { lines += [""] + ToolListing.paragraph(tool) }
    }

    private static func paragraph(_ tool: ToolDescriptor) -> [String] {
        var lines = ["\(tool.id): \(tool.definition)"]
        lines.append("  capabilities: " + tool.allCapabilities.joined(separator: ", "))
        var keys = tool.outputs.frame.map(\.key)
        if tool.outputs.hasRegions { keys.append("regions") }
        if !keys.isEmpty { lines.append("  per frame: " + keys.joined(separator: ", ")) }
        let events = tool.outputs.events.map(\.type)
        if !events.isEmpty { lines.append("  events: " + events.joined(separator: ", ")) }
        let settings = tool.settings.map { setting in
            [
                "  --set \(tool.id).\(setting.key)=\(setting.standard.text)", setting.bounds, setting.kind.rawValue,
                setting.help,
            ]
        }
        return lines + TextTable.aligned(settings)
    }
}
