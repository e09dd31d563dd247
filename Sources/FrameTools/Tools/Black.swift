internal import Frames

/// Black pictures: blackdetect, with the range taken from the frame's colour range.
struct BlackTool: FrameTool {
    static let id = "black"
    static let version = "1.0.0"
    static let title = "Black pictures"
    static let definition =
        "blackdetect (vf_blackdetect.c): share of luma samples at or below floor(16+pixel*219), full range floor(pixel*255)"
    static let temporalDependency = TemporalDependency.frame
    static let settings = [
        Setting(
            key: "pixel", kind: .measurement, standard: 0.10, range: 0...1,
            help: "share of the luma range up to which a sample is black"),
        Setting(
            key: "picture", kind: .detection, standard: 0.98, range: 0...1,
            help: "share of black samples from which a picture is black"),
        Setting(
            key: "duration", kind: .detection, standard: 2, range: 0...86400,
            help: "seconds from which black pictures are an event"),
    ]
    static let features = [FrameFeature.darkCount(setting: "pixel")]
    static let capabilities = ["black_detection"]
    static let outputs = ToolOutputs(
        frame: [.init("ratio", to: 1, help: "share of black samples")],
        events: [.init("black", help: "black pictures for as long as the setting says")])

    private let level: Double

    init(settings: ToolSettings) { level = settings["pixel"] }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        result.set("ratio", Double(frame.dark(level: level)) / Double(frame.sampleCount))
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector {
        BlackEventDetector(share: settings["picture"], minimum: settings["duration"])
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
