package import Bytes

/// What is wrong with a manifest, in a sentence for its author.
package struct ManifestError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// A plugin's manifest, `manifest.json`: what it is, how it is run, and its tools. docs/plugins.md explains every key.
package struct PluginManifest: Sendable {
    /// What a plugin may take, in bytes, processes and seconds.
    package struct Limits: Equatable, Sendable {
        package var memory: Int64 = 2 << 30
        package var processes = 32
        /// From its start to its hello.
        package var startSeconds = 60.0
        /// Without an answer or progress.
        package var stallSeconds = 60.0
    }

    /// The version of the wire between the host and a plugin.
    package static let wire = 1

    /// The manifest's name in a plugin's folder.
    package static let fileName = "manifest.json"

    package let id: String
    package let name: String
    /// Semantic.
    package let version: String
    package let summary: String
    /// The command, and what it is told.
    package let run: [String]
    /// Code and models, relative to the plugin's folder: a change of one measures again.
    package let files: [String]
    /// What else it may read.
    package let reads: [String]
    package let limits: Limits
    /// The kinds of devices it can use: `cpu`, `cuda`.
    package let devices: [String]
    package let capabilities: [String]
    package let tools: [PluginTool]
    /// As it was read.
    package let json: JSON

    /// - Throws: ``ManifestError``, which names the key that is wrong.
    package init(_ json: JSON) throws(ManifestError) {
        let reader = ManifestReader(json, "")
        try reader.requireObject()
        self.json = json
        id = try reader.identifier("id")
        guard id != ToolManifest.pluginID else { throw ManifestError("id: \(id) is the name of the built-in tools") }
        name = try reader.text("name")
        version = try reader.version("version")
        summary = try reader.optionalText("description") ?? name
        let wire = try reader.integer("protocol", in: 1...1_000_000)
        guard wire == PluginManifest.wire else {
            throw ManifestError("protocol: this program speaks \(PluginManifest.wire), and the plugin wants \(wire)")
        }
        run = try reader.texts("run")
        guard !run.isEmpty else {
            throw ManifestError("run: a command is wanted, such as [\"python3\", \"plugin.py\"]")
        }
        files = try reader.optionalTexts("files").map { path throws(ManifestError) in
            try ManifestReader.beneath(path, "files")
        }
        reads = try reader.optionalTexts("read")
        limits = try PluginManifest.limits(reader)
        let devices = try reader.optionalTexts("devices")
        self.devices = devices.isEmpty ? ["cpu"] : devices
        if let unknown = self.devices.first(where: { $0 != "cpu" && $0 != "cuda" }) {
            throw ManifestError("devices: \(unknown) is no device; there are cpu and cuda")
        }
        capabilities = try reader.optionalTexts("capabilities")
        let entries = try reader.list("tools")
        guard !entries.isEmpty else { throw ManifestError("tools: a plugin has one at least") }
        var tools: [PluginTool] = []
        for (index, entry) in entries.enumerated() {
            let tool = try PluginTool(ManifestReader(entry, "tools[\(index)]."))
            if tools.contains(where: { $0.id == tool.id }) {
                throw ManifestError("tools[\(index)].id: \(tool.id) is there twice")
            }
            tools.append(tool)
        }
        self.tools = tools
        let used = Set(tools.flatMap(\.allCapabilities))
        if let unused = capabilities.first(where: { !used.contains($0) }) {
            throw ManifestError("capabilities: no tool has \(unused)")
        }
    }

    private static func limits(_ reader: ManifestReader) throws(ManifestError) -> Limits {
        var limits = Limits()
        guard let own = try reader.object("limits") else { return limits }
        if let memory = try own.optionalInteger("memory", in: 1 << 20...1 << 50) { limits.memory = Int64(memory) }
        if let count = try own.optionalInteger("processes", in: 1...10_000) { limits.processes = count }
        if let seconds = try own.optionalNumber("start_seconds", in: 0.1...86_400) { limits.startSeconds = seconds }
        if let seconds = try own.optionalNumber("stall_seconds", in: 0.1...86_400) { limits.stallSeconds = seconds }
        return limits
    }

    package func tool(_ id: String) -> PluginTool? { tools.first { $0.id == id } }
}

/// A plugin that is there, or was when a run used it: its manifest, and what its results depend on besides.
package struct Plugin: Sendable {
    package let manifest: PluginManifest
    /// `p1:` and the SHA-256 of its manifest and files.
    package let fingerprint: String
    /// Where it is worked: `cpu`, `cuda`.
    package let device: String

    package init(_ manifest: PluginManifest, fingerprint: String, device: String = "cpu") {
        self.manifest = manifest
        self.fingerprint = fingerprint
        self.device = device
    }

    package var tools: [ToolDescriptor] { manifest.tools.map { ToolDescriptor(self, $0) } }
}

/// Where an external tool comes from.
package struct ToolOrigin: Sendable {
    package let plugin: Plugin
    package let tool: PluginTool
}

extension ToolDescriptor {
    /// An external tool.
    package init(_ plugin: Plugin, _ tool: PluginTool) {
        let finds = tool.conclusion.detections != nil
        self.init(
            id: "\(plugin.manifest.id)/\(tool.id)", version: plugin.manifest.version, title: tool.title,
            definition: tool.definition, temporalDependency: .sequence, settings: tool.settings, isDefault: false,
            detects: finds, capabilities: tool.capabilities, outputs: tool.declaredOutputs, report: tool.reportHints,
            origin: ToolOrigin(plugin: plugin, tool: tool))
    }
}
