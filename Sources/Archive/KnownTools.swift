package import Bytes
package import FrameTools
package import Jobs
internal import Store
package import ToolModel

/// The tools that results come from: those of this program, and those of the plugins whose manifests an output folder keeps.
package struct KnownTools: Sendable {
    /// The tools of this program, in the order in which reports and exports have them.
    package static var all: [ToolDescriptor] { ToolRegistry.descriptors }

    /// The tools of this program, then those of plugins by their ids; of a tool that is there in several versions the
    /// highest.
    package let descriptors: [ToolDescriptor]
    /// The manifests and fingerprints of plugins, the highest version of one first.
    private let plugins: [(manifest: PluginManifest, fingerprint: String)]

    /// The tools that results of an output folder come from. A copy of a manifest that cannot be read is left out.
    ///
    /// - Complexity: the size of the manifests' copies.
    package init(_ layout: OutputLayout) {
        plugins = PluginCopies.all(layout).compactMap { copy in
            (try? PluginManifest(copy.manifest)).map { ($0, copy.fingerprint) }
        }.sorted { one, other in
            let (first, second) = (KnownTools.numbers(one.manifest.version), KnownTools.numbers(other.manifest.version))
            if one.manifest.id != other.manifest.id { return one.manifest.id < other.manifest.id }
            if first != second { return second.lexicographicallyPrecedes(first) }
            return one.fingerprint < other.fingerprint
        }
        var descriptors = KnownTools.all
        for (manifest, fingerprint) in plugins {
            for tool in Plugin(manifest, fingerprint: fingerprint).tools
            where !descriptors.contains(where: { $0.id == tool.id }) { descriptors.append(tool) }
        }
        self.descriptors = descriptors
    }

    private static func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }

    package func descriptor(_ id: String) -> ToolDescriptor? { descriptors.first { $0.id == id } }

    /// The very tool that a result tells of, on the same device; nil for one that is not known.
    ///
    /// - Parameter description: an entry of the result's `tools`.
    package func tool(_ description: JSON) -> Tool? {
        guard let id = description["id"]?.string else { return nil }
        guard let fingerprint = description["fingerprint"]?.string else { return ToolRegistry.tool(id) }
        let device = description["device"]?.string ?? "cpu"
        for plugin in plugins where plugin.fingerprint == fingerprint {
            let tools = Plugin(plugin.manifest, fingerprint: fingerprint, device: device).tools
            if let descriptor = tools.first(where: { $0.id == id }) { return Tool(external: descriptor) }
        }
        return nil
    }

    /// How many objects were found, by the first external tool that counted some, else by the first of this program: as the
    /// frames have them.
    ///
    /// - Parameter summaries: of a result, by tool.
    package static func objectCount(_ summaries: JSON?, among tools: [ToolDescriptor] = all) -> JSON? {
        // The same key in all of them, so that a plugin that is gone counts, too.
        let external = (summaries?.members ?? []).lazy.filter { ToolDescriptor.isExternal($0.key) }
        if let count = external.compactMap({ $0.value["objects"] }).first { return count }
        return tools.lazy.compactMap { tool in tool.report.objectCount.flatMap { summaries?[tool.id]?[$0] } }.first
    }

    /// The size of a frame's picture as it is stored, in pixels, by the first tool that tells it; nil when none does.
    ///
    /// - Parameter frame: its record.
    package static func pictureSize(
        _ frame: JSON, among tools: [ToolDescriptor] = all
    ) -> (width: Int, height: Int)? {
        for tool in tools {
            guard let keys = tool.outputs.pictureSize, let values = frame[tool.id],
                let width = values[keys.width]?.int, let height = values[keys.height]?.int
            else { continue }
            return (width, height)
        }
        return nil
    }
}
