internal import BatchRun
internal import Bytes
internal import ToolModel

/// Plugins as `forgebatch tools` tells of them: where they lie, what they are started by, and what they may do.
struct PluginListing {
    private(set) var lines: [String] = []
    /// The same for programs; empty where there is none.
    private(set) var members: [JSON.Member] = []

    /// - Parameters:
    ///   - tools: those that are listed.
    ///   - notes: a sentence each.
    init(
        _ plugins: [FoundPlugin], _ tools: [ToolDescriptor], unusable: [PluginFindings.Unusable], notes: [String]
    ) {
        for plugin in plugins { lines += [""] + PluginListing.paragraph(plugin) }
        if !unusable.isEmpty || !notes.isEmpty { lines.append("") }
        lines += unusable.map { "the plugin \($0.id) in \($0.folder.display) cannot be used: \($0.reason)" } + notes
        if !plugins.isEmpty {
            members.append(
                JSON.Member(
                    "plugins",
                    .array(
                        plugins.map { plugin in
                            PluginListing.json(plugin, tools.filter { $0.origin?.plugin.manifest.id == plugin.id })
                        })))
        }
        if !unusable.isEmpty {
            members.append(
                JSON.Member(
                    "unusable_plugins",
                    .array(
                        unusable.map { plugin in
                            .object(
                                [JSON.Member("id", .string(plugin.id))] + plugin.folder.members("folder")
                                    + [JSON.Member("reason", .string(plugin.reason))])
                        })))
        }
    }

    private static func paragraph(_ plugin: FoundPlugin) -> [String] {
        let manifest = plugin.manifest
        let limits = manifest.limits
        func seconds(_ value: Double) -> String { Quantity.duration(value) }
        let tools = manifest.tools.map { tool in "\(tool.id) (\(PluginListing.mode(tool)))" }
        return [
            "plugin \(manifest.id) \(manifest.version) in \(plugin.folder.display): \(Escape.visible(manifest.summary))",
            "  tools: \(tools.joined(separator: ", "))",
            "  runs: \(manifest.run.map { Escape.visible($0) }.joined(separator: " "))",
            "  may read: \(reads(manifest))",
            "  may write: a temporary folder of its own; no network",
            "  limits: \(Quantity.size(limits.memory)), \(limits.processes) \(limits.processes == 1 ? "process" : "processes"), "
                + "\(seconds(limits.startSeconds)) to start, \(seconds(limits.stallSeconds)) without an answer",
            "  devices: \(manifest.devices.joined(separator: ", "))",
        ]
    }

    /// What it may read, in words.
    static func reads(_ manifest: PluginManifest) -> String {
        let own = ["its folder", "what \(Escape.visible(manifest.run.first ?? "")) and the system's libraries need"]
        return (own + manifest.reads.map { Escape.visible($0) }).joined(separator: ", ")
    }

    /// How a tool gets to see a video.
    private static func mode(_ tool: PluginTool) -> String {
        guard case .frames(let feed) = tool.mode else { return "reads the video itself" }
        let pace =
            switch feed.pace {
            case .every(1): "every frame"
            case .every(let count): "every \(count)th frame"
            case .perSecond(let rate): "\(JSONWriter.text(.double(rate))) frames a second"
            }
        let size =
            switch feed.size {
            case .source: "in their own size"
            case .small: "made small"
            case .exact(let width, let height): "\(width) x \(height)"
            case .short(let side): "shorter side \(side) at most"
            }
        return "\(pace), \(feed.format.rawValue), \(size)"
    }

    private static func json(_ plugin: FoundPlugin, _ tools: [ToolDescriptor]) -> JSON {
        let manifest = plugin.manifest
        let limits = manifest.limits
        let head = JSON.members([
            "id": .string(manifest.id), "name": .string(manifest.name), "version": .string(manifest.version),
            "description": .string(manifest.summary),
        ])
        let rest = JSON.members([
            "run": .array(manifest.run.map { .string($0) }), "read": .array(manifest.reads.map { .string($0) }),
            "devices": .array(manifest.devices.map { .string($0) }),
            "limits": .members([
                "memory": .int(limits.memory), "processes": .int(limits.processes),
                "start_seconds": .double(limits.startSeconds), "stall_seconds": .double(limits.stallSeconds),
            ]),
            "tools": .array(tools.map { ToolManifest.tool($0) }),
        ])
        return .object((head.members ?? []) + plugin.folder.members("folder") + (rest.members ?? []))
    }
}
