package import FrameTools
package import ToolModel

/// A tool of a job, with its settings.
package struct SelectedTool: Sendable {
    package let type: any FrameTool.Type
    package var descriptor: ToolDescriptor { type.descriptor }
    package let settings: ToolSettings
    /// Whether its objects are the frame's `detections`; else they stand under its own id.
    package let speaksForFrame: Bool

    package init(_ type: any FrameTool.Type, _ settings: ToolSettings, speaksForFrame: Bool) {
        self.type = type
        self.settings = settings
        self.speaksForFrame = speaksForFrame
    }

    /// The tool whose objects are a frame's `detections`: the first that finds some.
    package static func speaker(among tools: [ToolDescriptor]) -> String? { tools.first { $0.detects }?.id }
}
