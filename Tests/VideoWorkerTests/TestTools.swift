import FrameTools
import Frames
import Testing
import ToolModel

/// A tool that sees an object in every frame and knows of it some frames later.
protocol Seer: FrameTool {
    static var name: String { get }
    static var delay: Int { get }
    static var classID: Int { get }
}

extension Seer {
    static var descriptor: ToolDescriptor {
        ToolDescriptor(
            id: name, version: "1.0.0", title: "Test", definition: "an object whose left edge is the frame's number",
            temporalDependency: .sequence, detects: true)
    }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        result.set("number", Double(frame.time.index))
        result.regions = [Box(x1: 1, y1: 2, x2: 3, y2: 4)]
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector {
        SeerEventDetector(latency: delay, classID: classID)
    }
}

private struct SeerEventDetector: EventDetector {
    let latency: Int
    let classID: Int
    private var folded = 0
    private var isFinished = false
    private var asked = 0
    let events: [ToolEvent] = []
    let summary = Measurement()

    init(latency: Int, classID: Int) {
        self.latency = latency
        self.classID = classID
    }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        folded += 1
        return measurement
    }

    mutating func finish(end: Double) { isFinished = true }

    mutating func detections(of index: Int) -> [Detection] {
        // Each frame once, in order, and not before enough of them are in.
        #expect(index == asked)
        #expect(isFinished || folded > index + latency)
        asked += 1
        let left = Double(index)
        return [
            Detection(
                track: 1, classID: classID, className: "class \(classID)",
                box: Box(x1: left, y1: 10, x2: left + 4, y2: 15))
        ]
    }
}

struct Prompt: Seer {
    static let name = "prompt"
    static let delay = 0
    static let classID = 7
    init(settings: ToolSettings) {}
}

struct Slow: Seer {
    static let name = "slow"
    static let delay = 5
    static let classID = 8
    init(settings: ToolSettings) {}
}
