internal import Frames
package import ToolModel

/// All tools there are. A new tool is a file in `Tools` and a line here.
package enum ToolRegistry {
    package static let all: [any FrameTool.Type] = [
        LumaTool.self, SceneTool.self, BlackTool.self, FreezeTool.self, CutsTool.self, SharpnessTool.self,
        MotionTool.self, SITITool.self, BlurTool.self, CropTool.self, ChromaTool.self,
    ]

    /// What is to be known of them, in the same order.
    package static let descriptors: [ToolDescriptor] = all.map { $0.descriptor }

    package static func tool(_ id: String) -> (any FrameTool.Type)? { all.first { $0.id == id } }
}
