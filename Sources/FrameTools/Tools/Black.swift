internal import Frames
internal import ToolModel

/// Black pictures: blackdetect, with the range taken from the frame's colour range.
struct BlackTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "black",
        version: "1.0.0",
        title: "Black pictures",
        definition:
            "blackdetect (vf_blackdetect.c): share of luma samples at or below floor(16+pixel*219), full range floor(pixel*255)",
        temporalDependency: .frame,
        settings: [
            .number(
                "pixel", .measurement, 0.10, in: 0...1,
                help: "share of the luma range up to which a sample is black"),
            .number(
                "picture", .detection, 0.98, in: 0...1,
                help: "share of black samples from which a picture is black"),
            .number(
                "duration", .detection, 2, in: 0...86400,
                help: "seconds from which black pictures are an event"),
        ],
        features: [.darkCount(setting: "pixel")],
        capabilities: ["black_detection"],
        outputs: ToolOutputs(
            frame: [.init("ratio", to: 1, help: "share of black samples")],
            events: [.init("black", help: "black pictures for as long as the setting says")]),
        report: ReportHints(lanes: [LaneHint(.standstill, high: "ratio", events: ["black"])], colour: "black"))

    private let level: Double

    init(settings: ToolSettings) { level = settings.number("pixel") }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        result.set("ratio", Double(frame.dark(level: level)) / Double(frame.sampleCount))
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector {
        BlackEventDetector(share: settings.number("picture"), minimum: settings.number("duration"))
    }
}

private struct BlackEventDetector: EventDetector {
    let share: Double
    private var spans: SpanTracker
    private var ratio = Statistic()

    init(share: Double, minimum: Double) {
        self.share = share
        spans = SpanTracker(tool: BlackTool.id, type: "black", minimum: minimum, countsLastFrame: true)
    }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        let now = spans.now(time)
        let value = measurement["ratio"] ?? 0
        ratio.add(value)
        if value >= share {
            spans.open(frame: time.index, time: now)
            spans.extend(frame: time.index, time: now)
        } else {
            spans.close(time: now)
        }
        return measurement
    }

    mutating func finish(end: Double) { spans.close(time: end, atEnd: true) }

    var events: [ToolEvent] { spans.events }

    var summary: Measurement {
        var result = spans.summary
        result.set("ratio_avg", ratio.mean)
        return result
    }
}
