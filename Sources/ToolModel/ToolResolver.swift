/// Finds the tool that a name means: an id, `plugin/tool`, or a capability.
package enum ToolResolver {
    /// The tool, or nil. Names are whole; the start of one means nothing.
    ///
    /// - Parameter tools: in the order of the manifest, which decides between tools of one capability.
    package static func tool(_ name: String, among tools: [ToolDescriptor]) -> ToolDescriptor? {
        if let tool = tools.first(where: { $0.id == name }) { return tool }
        let prefix = ToolManifest.pluginID + "/"
        if name.hasPrefix(prefix) { return tools.first { $0.id == name.dropFirst(prefix.count) } }
        return tools.first { $0.allCapabilities.contains(name) }
    }

    /// All names that mean a tool, without those of the plugin: ids first, each name once.
    package static func names(among tools: [ToolDescriptor]) -> [String] {
        var names: [String] = []
        for name in tools.map(\.id) + tools.flatMap(\.allCapabilities)
        where !names.contains(name) {
            names.append(name)
        }
        return names
    }
}
