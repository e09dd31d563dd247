package import Bytes
internal import FrameTools
package import ToolModel

/// The tools that results come from.
package enum KnownTools {
    /// In the order in which reports and exports have them.
    package static var all: [ToolDescriptor] { ToolRegistry.descriptors }

    /// How many objects were found, by the first tool that counted some.
    ///
    /// - Parameter summaries: of a result, by tool.
    package static func objectCount(_ summaries: JSON?, among tools: [ToolDescriptor] = all) -> JSON? {
        tools.lazy.compactMap { tool in tool.report.objectCount.flatMap { summaries?[tool.id]?[$0] } }.first
    }
}
