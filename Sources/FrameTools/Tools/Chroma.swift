internal import Frames
internal import ToolModel

/// Colour: what signalstats says of U and V, on the 8-bit scale, with 64-bit sums.
struct ChromaTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "chroma",
        version: "1.0.0",
        title: "Colour",
        definition:
            "signalstats U*, V*, SAT*, HUEMED, HUEAVG, UDIF, VDIF (vf_signalstats.c), 8-bit scale; absent without chroma",
        temporalDependency: .pair,
        isDefault: false,
        capabilities: ["colour_measurement"],
        outputs: ToolOutputs(
            frame: [("u", "U"), ("v", "V"), ("sat", "the saturation")].flatMap { key, name in
                [
                    ("min", "least"), ("low", "level of the lowest tenth of"), ("avg", "mean of"),
                    ("high", "level of the highest tenth of"), ("max", "greatest"),
                ].map { .init("\(key)_\($0.0)", to: 255.9961, help: "\($0.1) \(name)") }
            } + [
                .init("hue_med", to: 359, help: "median of the hue in degrees"),
                .init("hue_avg", to: 359, help: "mean of the hue's degrees"),
                .init("u_dif", to: 255.9961, help: "mean absolute difference of U to the frame before"),
                .init("v_dif", to: 255.9961, help: "mean absolute difference of V to the frame before"),
            ]))

    init(settings: ToolSettings) {}

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        guard let counts = Kernels.colours(frame.picture) else { return result }
        let scale = frame.picture.scale
        for (key, list) in [("u", counts.u), ("v", counts.v), ("sat", counts.saturation)] {
            let levels = HistogramStatistics(list)
            for (name, level) in [("_min", levels.min), ("_low", levels.low)] {
                if let level { result.set(key + name, Double(level) / scale) }
            }
            result.set(key + "_avg", levels.mean / scale)
            for (name, level) in [("_high", levels.high), ("_max", levels.max)] {
                if let level { result.set(key + name, Double(level) / scale) }
            }
        }
        let hue = HistogramStatistics(counts.hue)
        if let median = hue.median { result.set("hue_med", Double(median)) }
        result.set("hue_avg", hue.mean)
        if let previous = frame.previous, previous.chroma == frame.picture.chroma,
            let difference = Kernels.chromaDifference(frame.picture, previous)
        {
            result.set("u_dif", Double(difference.u) / Double(hue.count) / scale)
            result.set("v_dif", Double(difference.v) / Double(hue.count) / scale)
        }
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector { ChromaEventDetector() }
}

private struct ChromaEventDetector: EventDetector {
    private var statistics: [String: Statistic] = [:]
    let events: [ToolEvent] = []

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        for (key, value) in measurement.values { statistics[key, default: Statistic()].add(value) }
        return measurement
    }

    mutating func finish(end: Double) {}

    var summary: Measurement {
        var result = Measurement()
        for key in ["u", "v", "sat"] {
            if let least = statistics[key + "_min"]?.least { result.set(key + "_min", least) }
            if let mean = statistics[key + "_avg"]?.mean { result.set(key + "_avg", mean) }
            if let most = statistics[key + "_max"]?.most { result.set(key + "_max", most) }
            if let mean = statistics[key + "_dif"]?.mean { result.set(key + "_dif", mean) }
        }
        return result
    }
}
