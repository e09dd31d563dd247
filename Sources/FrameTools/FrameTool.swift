package import Frames
package import ToolModel

/// A tool's pixel work on one video, frame by frame in order.
package protocol FrameTool: SendableMetatype {
    /// What is to be known of it without running it.
    static var descriptor: ToolDescriptor { get }

    init(settings: ToolSettings)

    /// An earlier picture that the next frame will be compared with, nil for none. It may be handed to the frame's
    /// ``FrameFeatures``, which then know the difference without reading the frame again.
    var reference: Picture? { get }

    /// Measures one frame.
    mutating func measure(_ frame: FrameFeatures) -> Measurement

    /// The half that never touches a pixel.
    static func detector(settings: ToolSettings) -> any EventDetector
}

extension FrameTool {
    package var reference: Picture? { nil }
    package static var id: String { descriptor.id }
}

/// A fold over a tool's measurements in frame order. It yields each frame's record, the events and the summary.
package protocol EventDetector {
    /// Takes one frame; the answer is what is stored of it.
    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement
    /// The last frame is in. `end` is its timestamp plus its duration, in seconds.
    mutating func finish(end: Double)
    var events: [ToolEvent] { get }
    var summary: Measurement { get }
    /// What was found of each class, for a tool of which a summary tells it, in the order in which the classes appeared.
    var classes: [ClassCount]? { get }

    /// How many of the frames that were folded last have detections that are not known yet. It may change with each frame.
    var latency: Int { get }
    /// The objects of a frame. Asked once for each frame in order, when it is none of the last `latency` frames any more, or
    /// the end is reached.
    mutating func detections(of index: Int) -> [Detection]
}

extension EventDetector {
    package var classes: [ClassCount]? { nil }
    package var latency: Int { 0 }
    package mutating func detections(of index: Int) -> [Detection] { [] }
}
