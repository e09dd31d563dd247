internal import BatchRun
internal import Bytes
internal import FrameTools
internal import Jobs
internal import ToolModel

/// `--tools` and `--set`, resolved against the tools that there are: those of this program, and those of plugins where a
/// name asks for them. Nothing of a plugin but its manifest is read.
struct ToolNames {
    /// In the order of a result.
    let tools: [ToolDescriptor]
    /// By tool and key.
    private(set) var given: [String: [String: SettingValue]] = [:]
    /// The plugins of ``tools``.
    let plugins: [FoundPlugin]

    /// - Throws: ``Failure``.
    init(list: String, settings: [String], source: PluginSource) throws {
        do {
            tools = try ToolList(list, builtIn: ToolRegistry.descriptors) { try source.tools() }.tools
        } catch let failure as ToolList.Failure {
            throw try ToolNames.failure(failure, list, source)
        }
        for text in settings {
            let known = try ToolNames.isBuiltIn(text) ? ToolRegistry.descriptors : source.known()
            let (tool, setting, value) = try ToolSelection.setting(text, among: known, source)
            given[tool.id, default: [:]][setting.key] = value
        }
        let ids = Set(tools.compactMap { $0.origin?.plugin.manifest.id })
        plugins = ids.isEmpty ? [] : try source.findings().usable.filter { ids.contains($0.id) }
    }

    private static func isBuiltIn(_ setting: String) -> Bool {
        ToolRegistry.tool(String(setting.prefix { $0 != "." && $0 != "=" })) != nil
    }

    private static func failure(_ failure: ToolList.Failure, _ list: String, _ source: PluginSource) throws -> Failure {
        switch failure {
        case .empty: return Failure(64, "--tools: no tool given; try --tools default")
        case .noneIsAlone: return Failure(64, "--tools \(Escape.visible(list)): none stands alone")
        case .nothingLeft: return Failure(64, "--tools \(Escape.visible(list)): no tool is left")
        case .several(let plugin, let ids):
            return Failure(64, "--tools \(plugin): this plugin has several tools: \(ids.joined(separator: ", "))")
        case .unknown(let name):
            if let fault = try source.fault(name) { return Failure(ExitStatus.configuration, "--tools \(fault)") }
            return Failure(
                64,
                "--tools: there is no tool named '\(Escape.visible(name))'; \(try source.hint(name, more: ["default", "all", "none"]))"
            )
        }
    }
}

/// The tools of a run with all that results depend on.
struct ToolSelection {
    private(set) var orders: [JobRequest.Tool] = []
    /// As results list them.
    private(set) var descriptions: [JSON] = []
    /// All tools that results of this run can be joined with, in their order.
    private(set) var available: [AvailableTool]
    private(set) var plugins: [ChosenPlugin] = []

    /// Reads the files of the plugins that are asked for.
    ///
    /// - Parameter devices: of `--plugin-devices`.
    /// - Throws: ``Failure``.
    init(_ names: ToolNames, devices: PluginDevices) throws {
        available = ToolRegistry.descriptors.map { AvailableTool($0) }
        var chosen: [String: ChosenPlugin] = [:]
        for found in names.plugins {
            let wanted = names.tools.compactMap(\.origin).filter { $0.plugin.manifest.id == found.id }.map(\.tool.id)
            let plugin = try ToolSelection.choose(found, wanted, devices)
            chosen[found.id] = plugin
        }
        var order: [String] = []
        for named in names.tools {
            var (tool, reference) = (named, nil as JobRequest.PluginReference?)
            if let origin = named.origin, let own = chosen[origin.plugin.manifest.id] {
                tool = ToolDescriptor(own.plugin, origin.tool)
                reference = own.reference
                available.append(AvailableTool(tool))
                if !order.contains(own.plugin.manifest.id) { order.append(own.plugin.manifest.id) }
            }
            let complete = ToolSettings(tool.settings, replacing: names.given[tool.id] ?? [:])
            orders.append(
                JobRequest.Tool(id: tool.id, settings: complete.values.mapValues(\.json), plugin: reference))
            descriptions.append(tool.json(complete))
        }
        plugins = order.compactMap { chosen[$0] }
    }

    private static func choose(_ found: FoundPlugin, _ tools: [String], _ devices: PluginDevices) throws -> ChosenPlugin
    {
        guard let own = devices.devices(of: found.manifest) else {
            let kinds = found.manifest.devices.joined(separator: ", ")
            throw Failure(
                ExitStatus.configuration,
                "the plugin \(found.id) works on \(kinds) alone: name a device, as in --plugin-devices cuda:0")
        }
        do throws(ManifestError) {
            return ChosenPlugin(
                plugin: try found.plugin(device: own.kind), folder: found.folder, tools: tools, devices: own.places)
        } catch {
            throw Failure(
                ExitStatus.configuration, "the plugin \(found.id) in \(found.folder.display) cannot be used: \(error)")
        }
    }

    /// What a `--set` says.
    ///
    /// - Parameter source: knows why a plugin cannot be used.
    static func setting(
        _ text: String, among tools: [ToolDescriptor] = ToolRegistry.descriptors, _ source: PluginSource? = nil
    ) throws -> (tool: ToolDescriptor, setting: Setting, value: SettingValue) {
        let shown = Escape.visible(text)
        let parts = text.split(separator: "=", maxSplits: 1)
        let name = parts.first?.split(separator: ".") ?? []
        guard parts.count == 2, name.count == 2 else {
            throw Failure(64, "--set \(shown): write TOOL.KEY=VALUE, such as scene.threshold=12")
        }
        let (id, key) = (String(name[0]), String(name[1]))
        guard let tool = tools.first(where: { $0.id == id }) else {
            if let fault = try source?.fault(id) { throw Failure(ExitStatus.configuration, "--set \(fault)") }
            let near = Suggestion.text(for: id, among: tools.map(\.id))
            throw Failure(64, "--set \(shown): there is no tool named '\(Escape.visible(id))'\(near)")
        }
        guard let setting = tool.setting(key) else {
            let near = Suggestion.text(for: key, among: tool.settings.map(\.key))
            throw Failure(64, "--set \(shown): \(id) has no setting '\(Escape.visible(key))'\(near)")
        }
        guard let value = setting.value(String(parts[1])) else {
            throw Failure(64, "--set \(shown): \(id).\(key) is \(setting.expectation) (\(setting.help))")
        }
        return (tool, setting, value)
    }
}

extension AvailableTool {
    fileprivate init(_ tool: ToolDescriptor) {
        self.init(
            description: tool.json(ToolSettings(tool.settings)),
            measuring: Set(tool.settings.filter { $0.kind == .measurement }.map(\.key)))
    }
}

extension ChosenPlugin {
    /// As workers are told of it; which of its devices it is, is decided when a job gets one.
    fileprivate var reference: JobRequest.PluginReference {
        JobRequest.PluginReference(
            manifest: plugin.manifest.json, fingerprint: plugin.fingerprint, device: plugin.device,
            place: devices.first ?? plugin.device)
    }
}
