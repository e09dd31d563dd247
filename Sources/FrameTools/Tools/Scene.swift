internal import Frames
internal import ToolModel

/// Scene changes: scdet's mean absolute frame difference and score.
struct SceneTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "scene",
        version: "1.0.0",
        title: "Scene changes",
        definition:
            "scdet (vf_scdet.c 5.1.9): mafd = 100*SAD/N/2^depth of luma; score = clip(min(mafd, |mafd-previous|), 0, 100)",
        temporalDependency: .pair,
        settings: [
            .number(
                "threshold", .detection, 10, in: 0...100,
                help: "a score above it is a scene change")
        ],
        capabilities: ["shot_detection"],
        outputs: ToolOutputs(
            frame: [
                .init("mafd", to: 100, help: "mean absolute difference of luma to the frame before, in per cent"),
                .init("score", to: 100, help: "the smaller of the difference and of its change"),
            ],
            events: [
                .init(
                    "scene", values: [.init("score", to: 100, help: "the frame's score")],
                    help: "the first frame of a scene")
            ]),
        report: ReportHints(lanes: [LaneHint(.change, high: "score", events: ["scene"])]))

    init(settings: ToolSettings) {}

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        if let difference = frame.luma.difference {
            let mean = Double(difference) / Double(frame.sampleCount)
            result.set("mafd", 100 * mean / Double(1 << frame.picture.depth))
        }
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector {
        SceneEventDetector(threshold: settings.number("threshold"))
    }
}

private struct SceneEventDetector: EventDetector {
    let threshold: Double
    private(set) var events: [ToolEvent] = []
    private var previous: Double?
    private var difference = Statistic()
    private var score = Statistic()
    private var clock = 0.0

    init(threshold: Double) { self.threshold = threshold }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        clock = time.time ?? clock
        guard let mafd = measurement["mafd"] else {
            previous = nil
            return measurement
        }
        // Without a difference before it, a score says nothing of a cut: the first one is kept but never judged.
        let isJudged = previous != nil
        // Judged as it is stored: a difference of two rounded numbers may lie a hair above a threshold that it equals.
        let value = rounded4(min(max(min(mafd, abs(mafd - (previous ?? 0))), 0), 100))
        previous = mafd
        difference.add(mafd)
        score.add(value)
        var record = measurement
        record.set("score", value)
        if isJudged, value > threshold {
            var event = ToolEvent(
                tool: SceneTool.id, type: "scene", startFrame: time.index, endFrame: time.index, start: clock,
                end: clock)
            event.values.set("score", value)
            events.append(event)
        }
        return record
    }

    mutating func finish(end: Double) {}

    var summary: Measurement {
        var result = Measurement()
        result.set("events", Double(events.count))
        result.set("mafd_avg", difference.mean)
        result.set("mafd_max", difference.most)
        result.set("score_max", score.most)
        return result
    }
}
