internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import FrameTools
internal import ToolModel

struct ToolsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools", abstract: "List the tools with their settings and what they put into a result.",
        discussion: """
            run --tools takes ids, forgebatch/ID, and capabilities: the first tool of the list that has one. Cost is the \
            time of a run with the tool alone as a multiple of decoding alone. Plugins are listed behind the tools, with \
            what they may read; run looks for them in the same folders.
            """)

    @Argument(help: "Only these tools (default: all).")
    var ids: [String] = []

    @Flag(help: "Print the manifest as JSON, with the plugins that there are.")
    var json = false

    @Option(
        name: .customLong("plugin-dir"), parsing: .singleValue,
        help: ArgumentHelp(
            "A folder of plugins, or a plugin's folder, as for run (repeatable).", valueName: "dir"),
        completion: .directory, transform: PathArgument.read)
    var pluginDirs: [PathArgument] = []

    func run() throws {
        let source = PluginSource(pluginDirs.map(\.path))
        let tools = try chosen(source)
        let external = Set(tools.compactMap { $0.origin?.plugin.manifest.id })
        let builtIn = tools.filter { $0.origin == nil }
        let findings = try source.findings()
        // What cannot be used has no tools that anybody could ask for.
        let plugins = PluginListing(
            findings.usable.filter { external.contains($0.id) }, tools, unusable: ids.isEmpty ? findings.unusable : [],
            notes: ids.isEmpty ? findings.notes : [])
        let costs = ToolCosts.measured(builtIn)
        if json {
            let manifest = ToolManifest.json(version: Forgebatch.version, tools: builtIn, costs: costs)
            Terminal.output(JSONWriter.text(.object((manifest.members ?? []) + plugins.members)))
            return
        }
        (ToolListing(tools, costs: costs).lines + plugins.lines).forEach { Terminal.output($0) }
    }

    private func chosen(_ source: PluginSource) throws -> [ToolDescriptor] {
        let tools = try source.known()
        let wanted = try ids.map { id throws -> String in
            if let tool = ToolResolver.tool(id, among: ToolRegistry.descriptors) { return tool.id }
            let external = tools.filter { $0.origin != nil }
            guard let tool = try? ToolResolver.external(id, among: external) else {
                if let fault = try source.fault(id) { throw Failure(ExitStatus.configuration, fault) }
                throw Failure(
                    ExitStatus.usage, "there is no tool named '\(Escape.visible(id))'; \(try source.hint(id))")
            }
            return tool.id
        }
        return wanted.isEmpty ? tools : tools.filter { wanted.contains($0.id) }
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
        var frame = tool.outputs.frame.map { ["    " + $0.key, ToolListing.range($0), $0.help] }
        if tool.outputs.hasRegions { frame.append(["    regions", "", "boxes in pixels of the picture"]) }
        if !frame.isEmpty { lines += ["  per frame:"] + TextTable.aligned(frame) }
        let events = tool.outputs.events.map { event in
            ["    " + event.type, event.values.map(\.key).joined(separator: ", "), event.help]
        }
        if !events.isEmpty { lines += ["  events:"] + TextTable.aligned(events) }
        let settings = tool.settings.map { setting in
            [
                "  --set \(tool.id).\(setting.key)=\(setting.standard.text)", setting.bounds, setting.kind.rawValue,
                setting.help,
            ]
        }
        return lines + TextTable.aligned(settings)
    }

    /// `0 to 100`, `from 0`: the values that a number may have.
    private static func range(_ field: ToolOutputs.Field) -> String {
        func text(_ value: Double) -> String { JSONWriter.text(.double(value)) }
        switch (field.least, field.most) {
        case (let least?, let most?): return "\(text(least)) to \(text(most))"
        case (let least?, nil): return "from \(text(least))"
        case (nil, let most?): return "up to \(text(most))"
        case (nil, nil): return ""
        }
    }
}
