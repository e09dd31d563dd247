internal import Frames
package import ToolModel

/// All built-in tools. A new tool is a file in `Tools` and a line here.
package enum ToolRegistry {
    package static let all: [Tool] = [
        Tool(LumaTool.self), Tool(SceneTool.self), Tool(BlackTool.self), Tool(FreezeTool.self), Tool(CutsTool.self),
        Tool(SharpnessTool.self), Tool(MotionTool.self), Tool(SITITool.self), Tool(BlurTool.self), Tool(CropTool.self),
        Tool(ChromaTool.self),
    ]

    /// What is to be known of them, in the same order.
    package static let descriptors: [ToolDescriptor] = all.map { $0.descriptor }

    package static func tool(_ id: String) -> Tool? { all.first { $0.id == id } }
}
