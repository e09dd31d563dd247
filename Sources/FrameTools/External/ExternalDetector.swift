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

/// What the host makes of an external tool's measures, as its manifest asks for: objects of its candidates, and events of
/// its values.
struct ExternalDetector: EventDetector {
    /// Nil for a tool that finds no objects.
    private var objects: DetectionFold?
    private var values: ValueFold
    private var clock = 0.0
    private var dropped = (values: 0.0, objects: 0.0)

    init(_ id: String, _ tool: PluginTool, _ settings: ToolSettings) {
        objects = tool.conclusion.detections.map { DetectionFold(id, tool, $0, settings) }
        values = ValueFold(id, tool, settings)
    }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        clock = time.time ?? clock
        var record = measurement
        record.candidates = objects == nil ? nil : measurement.candidates.map { Candidate.stored($0) }
        dropped.values += record[PluginTool.droppedValues] ?? 0
        dropped.objects += record[PluginTool.droppedObjects] ?? 0
        objects?.fold(record.candidates, frame: time.index, time: clock)
        values.fold(record, frame: time.index, time: clock)
        return record
    }

    mutating func finish(end: Double) {
        objects?.finish(end: end)
        values.finish(end: end)
    }

    var latency: Int { objects?.latency ?? 0 }

    mutating func detections(of index: Int) -> [Detection] { objects?.take(index) ?? [] }

    var events: [ToolEvent] {
        ((objects?.events ?? []) + values.events).enumerated().sorted {
            ($0.element.startFrame, $0.offset) < ($1.element.startFrame, $1.offset)
        }.map(\.element)
    }

    var summary: Measurement {
        var result = Measurement()
        objects?.summarize(into: &result)
        values.summarize(into: &result)
        if dropped.values > 0 { result.set(PluginTool.droppedValues, dropped.values) }
        if dropped.objects > 0 { result.set(PluginTool.droppedObjects, dropped.objects) }
        return result
    }

    var classes: [ClassCount]? { objects?.classes.counts }
}

extension Candidate {
    /// Candidates of a frame as a result holds them, so that concluding now and later sees the same: places to two digits,
    /// confidences to four, and besides its box only what all of them have.
    static func stored(_ candidates: [Candidate]) -> [Candidate] {
        func all(_ has: (Candidate) -> Bool) -> Bool { candidates.allSatisfy(has) }
        let hasConfidence = all { $0.confidence != nil }
        let hasID = all { $0.classID != nil }
        let hasName = all { $0.className != nil }
        let hasTrack = all { $0.track != nil }
        return candidates.map { candidate in
            Candidate(
                box: candidate.box.stored, confidence: hasConfidence ? candidate.confidence.map(rounded4) : nil,
                classID: hasID ? candidate.classID : nil, className: hasName ? candidate.className : nil,
                track: hasTrack ? candidate.track : nil, keypoints: candidate.keypoints.map(\.stored))
        }
    }
}

extension Box {
    /// To two digits after the point.
    var stored: Box { Box(x1: rounded2(x1), y1: rounded2(y1), x2: rounded2(x2), y2: rounded2(y2)) }
}

extension Keypoint {
    var stored: Keypoint {
        Keypoint(x: rounded2(x), y: rounded2(y), confidence: confidence.map(rounded4))
    }
}

/// Two digits after the point: the precision of places that another program measured, in pixels.
private func rounded2(_ value: Double) -> Double { (value * 100).rounded() / 100 }
