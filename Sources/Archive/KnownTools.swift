package import Bytes
internal import FrameTools
package import ToolModel

/// The tools that results come from.
package enum KnownTools {
    /// In the order in which reports and exports have them.
    package static var all: [ToolDescriptor] { ToolRegistry.descriptors }

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
