package import ToolModel

/// A tool: what there is to know of it, and how its two halves are made.
package struct Tool: Sendable {
    package let descriptor: ToolDescriptor
    private let makeMeasurer: (@Sendable (ToolSettings) -> any FrameTool)?
    private let makeDetector: @Sendable (ToolSettings) -> any EventDetector

    package var id: String { descriptor.id }

    /// A tool of this program.
    package init(_ type: any FrameTool.Type) {
        descriptor = type.descriptor
        makeMeasurer = { type.init(settings: $0) }
        makeDetector = { type.detector(settings: $0) }
    }

    /// A tool whose pixel work is another program's.
    init(external descriptor: ToolDescriptor, detector: @escaping @Sendable (ToolSettings) -> any EventDetector) {
        self.descriptor = descriptor
        makeMeasurer = nil
        makeDetector = detector
    }

    /// Its pixel work on one video; nil for a tool whose pixel work is another program's.
    package func measurer(settings: ToolSettings) -> (any FrameTool)? { makeMeasurer?(settings) }

    /// The half that never touches a pixel, for one video.
    package func detector(settings: ToolSettings) -> any EventDetector { makeDetector(settings) }
}
