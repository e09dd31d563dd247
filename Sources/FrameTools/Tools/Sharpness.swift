internal import Frames
internal import ToolModel

/// Sharpness: spatial information and the Laplacian's variance of the small picture.
struct SharpnessTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "sharpness",
        version: "2.0.0",
        title: "Sharpness",
        definition:
            "standard deviation of the Sobel gradient (SI of ITU-T P.910) and variance of the Laplacian, of the luma made smaller to 200 rows or fewer",
        temporalDependency: .frame,
        features: [.smallLuma],
        capabilities: ["sharpness_measurement"],
        outputs: ToolOutputs(frame: [
            .init("si", help: "standard deviation of the Sobel gradient"),
            .init("laplacian", help: "variance of the Laplacian"),
        ]),
        report: ReportHints(
            lanes: [LaneHint(.detail, band: "si")],
            outliers: [
                OutlierHint("Least sharp", key: "si_avg", side: .low, measure: .value(name: "SI", decimals: 1))
            ]))

    init(settings: ToolSettings) {}

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        let detail = Kernels.detail(frame.small)
        var result = Measurement()
        // Pictures of fewer than three rows or columns have no inner pixel, and no sharpness.
        guard detail.count > 0 else { return result }
        let count = Double(detail.count)
        let mean = detail.gradient / count
        result.set("si", max(0, detail.gradientSquared / count - mean * mean).squareRoot())
        let level = detail.laplacian / count
        result.set("laplacian", max(0, detail.laplacianSquared / count - level * level))
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector { SharpnessEventDetector() }
}

private struct SharpnessEventDetector: EventDetector {
    private var information = Statistic()
    private var curvature = Statistic()
    let events: [ToolEvent] = []

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        information.add(measurement["si"])
        curvature.add(measurement["laplacian"])
        return measurement
    }

    mutating func finish(end: Double) {}

    var summary: Measurement {
        var result = Measurement()
        result.set("si_avg", information.mean)
        result.set("si_min", information.least)
        result.set("si_max", information.most)
        result.set("laplacian_avg", curvature.mean)
        result.set("laplacian_min", curvature.least)
        return result
    }
}
