internal import Frames
internal import ToolModel

/// Brightness: signalstats' YMIN, YAVG, YMAX and YDIF on the 8-bit scale, with 64-bit sums; on demand YLOW and YHIGH.
struct LumaTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "luma",
        version: "1.0.0",
        title: "Brightness",
        definition: "signalstats YMIN, YAVG, YMAX, YDIF (vf_signalstats.c), 8-bit scale",
        temporalDependency: .pair,
        settings: [
            .word(
                "histogram", .measurement, "off", "full",
                help: "full adds low and high, from a histogram of every sample")
        ],
        capabilities: ["brightness"],
        outputs: ToolOutputs(
            frame: [
                .init("min", to: 255.9961, help: "least sample, on the 8-bit scale"),
                .init("low", to: 255.9961, help: "level of the darkest tenth, with histogram=full"),
                .init("avg", to: 255.9961, help: "mean of the samples"),
                .init("high", to: 255.9961, help: "level of the brightest tenth, with histogram=full"),
                .init("max", to: 255.9961, help: "greatest sample"),
                .init("dif", to: 255.9961, help: "mean absolute difference to the frame before"),
            ],
            summary: [
                .init("darkest_avg", help: "mean of the samples of the darkest frame"),
                .init("brightest_avg", help: "mean of the samples of the brightest frame"),
            ]),
        report: ReportHints(
            lanes: [LaneHint(.luma, low: "min", high: "max", mean: "avg")],
            outliers: [
                OutlierHint("Darkest", key: "avg", side: .low, measure: .value(name: "luma", decimals: 1))
            ]))

    private let hasHistogram: Bool

    init(settings: ToolSettings) { hasHistogram = settings.word("histogram") == "full" }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        let sums = frame.luma
        let scale = frame.picture.scale
        let count = Double(frame.sampleCount)
        var result = Measurement()
        let levels = hasHistogram ? HistogramStatistics(Kernels.lumaHistogram(frame.picture)) : nil
        result.set("min", Double(sums.min) / scale)
        if let low = levels?.low { result.set("low", Double(low) / scale) }
        result.set("avg", Double(sums.sum) / count / scale)
        if let high = levels?.high { result.set("high", Double(high) / scale) }
        result.set("max", Double(sums.max) / scale)
        if let difference = sums.difference { result.set("dif", Double(difference) / count / scale) }
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector { LumaEventDetector() }
}

private struct LumaEventDetector: EventDetector {
    private var low = Statistic()
    private var average = Statistic()
    private var high = Statistic()
    private var difference = Statistic()
    private var lowTenth = Statistic()
    private var highTenth = Statistic()
    let events: [ToolEvent] = []

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        low.add(measurement["min"])
        average.add(measurement["avg"])
        high.add(measurement["max"])
        difference.add(measurement["dif"])
        lowTenth.add(measurement["low"])
        highTenth.add(measurement["high"])
        return measurement
    }

    mutating func finish(end: Double) {}

    var summary: Measurement {
        var result = Measurement()
        result.set("min", low.least)
        result.set("avg", average.mean)
        result.set("max", high.most)
        result.set("dif", difference.mean)
        result.set("darkest_avg", average.least)
        result.set("brightest_avg", average.most)
        result.set("low_avg", lowTenth.mean)
        result.set("high_avg", highTenth.mean)
        return result
    }
}
