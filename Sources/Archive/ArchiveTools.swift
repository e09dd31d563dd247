package import Bytes
internal import FrameTools
package import ToolModel

extension Archive {
    /// The tools that results come from, in the order in which reports and exports have them.
    package static var tools: [ToolDescriptor] { ToolRegistry.descriptors }

    /// How many objects were found, by the first tool that counted some.
    ///
    /// - Parameter summaries: of a result, by tool.
    package static func objectCount(_ summaries: JSON?, among tools: [ToolDescriptor] = tools) -> JSON? {
        tools.lazy.compactMap { tool in tool.report.objectCount.flatMap { summaries?[tool.id]?[$0] } }.first
    }
}
