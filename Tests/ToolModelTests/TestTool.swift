import ToolModel

/// Tools that are known by their descriptors alone.
enum TestTool {
    static func seer(_ id: String) -> ToolDescriptor {
        ToolDescriptor(
            id: id, version: "1.0.0", title: "Test", definition: "an object whose left edge is the frame's number",
            temporalDependency: .sequence, detects: true)
    }
}
