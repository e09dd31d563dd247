package import FrameTools
package import ToolModel

/// A tool of a job, with its settings.
package struct SelectedTool: Sendable {
    package let tool: Tool
    package var descriptor: ToolDescriptor { tool.descriptor }
    package var id: String { tool.id }
    package let settings: ToolSettings
    /// Whether its objects are the frame's `detections`; else they stand under its own id.
    package let speaksForFrame: Bool

    package init(_ tool: Tool, _ settings: ToolSettings, speaksForFrame: Bool) {
        self.tool = tool
        self.settings = settings
        self.speaksForFrame = speaksForFrame
    }

    /// The tool whose objects are a frame's `detections`: the first that finds some, external ones before those of this
    /// program.
    ///
    /// - Parameter tools: external ones in the order in which they were named.
    package static func speaker(among tools: [ToolDescriptor]) -> String? {
        (tools.first { $0.detects && $0.origin != nil } ?? tools.first { $0.detects })?.id
    }
}
