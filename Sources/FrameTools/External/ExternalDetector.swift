internal import Frames
package import ToolModel

extension Tool {
    /// A tool of a plugin: another program measures, and this one concludes.
    ///
    /// - Precondition: the descriptor has an origin.
    package init(external descriptor: ToolDescriptor) {
        guard let tool = descriptor.origin?.tool else { preconditionFailure("\(descriptor.id) is no external tool") }
        let id = descriptor.id
        self.init(external: descriptor) { settings in ExternalDetector(id, tool, settings) }
    }
}

/// What the host makes of an external tool's measures.
struct ExternalDetector: EventDetector {
    let id: String
    let tool: PluginTool
    let settings: ToolSettings

    init(_ id: String, _ tool: PluginTool, _ settings: ToolSettings) {
        (self.id, self.tool, self.settings) = (id, tool, settings)
    }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement { measurement }
    mutating func finish(end: Double) {}
    var events: [ToolEvent] { [] }
    var summary: Measurement { Measurement() }
}
