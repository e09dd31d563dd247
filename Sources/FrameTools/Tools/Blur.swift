internal import Frames
internal import ToolModel

/// Blur: blurdetect's mean width of edges over the whole luma plane.
struct BlurTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "blur",
        version: "1.0.0",
        title: "Blur",
        definition:
            "blurdetect (vf_blurdetect.c): mean width of Canny edges along the gradient (Marziliano et al. 2002), in pixels, 8-bit scale",
        temporalDependency: .frame,
        settings: [
            .number(
                "low", .measurement, 15, in: 0...255,
                help: "gradient, of 0 to 255, over which a pixel next to a strong edge is an edge"),
            .number(
                "high", .measurement, 30, in: 0...255,
                help: "gradient, of 0 to 255, over which a pixel is a strong edge"),
            .integer(
                "radius", .measurement, 50, in: 1...100,
                help: "pixels that are searched for an edge's end, in each direction"),
        ],
        isDefault: false,
        capabilities: ["blur_measurement"],
        outputs: ToolOutputs(frame: [
            .init("blur", to: 200, help: "mean width of the edges in pixels")
        ]),
        report: ReportHints(colour: "sharpness"))

    private let low: Int
    private let high: Int
    private let radius: Int

    init(settings: ToolSettings) {
        // Gradients are whole numbers: one is over a limit when it is over the limit rounded down.
        low = Int(settings.number("low"))
        high = Int(settings.number("high"))
        radius = settings.integer("radius")
    }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        let edges = Kernels.edgeWidths(frame.picture, low: low, high: high, radius: radius)
        // A diagonal step counts for 0.7, as in blurdetect: half of what it is long.
        let total = Double(edges.straight) + 0.7 * Double(edges.diagonal)
        var result = Measurement()
        // Less than two pixels of width in a whole picture is no edge to speak of: blurdetect divides 0 by 0 there.
        if total >= 2 { result.set("blur", total / Double(edges.count)) }
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector { BlurEventDetector() }
}

private struct BlurEventDetector: EventDetector {
    private var width = Statistic()
    let events: [ToolEvent] = []

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        width.add(measurement["blur"])
        return measurement
    }

    mutating func finish(end: Double) {}

    var summary: Measurement {
        var result = Measurement()
        result.set("blur_avg", width.mean)
        result.set("blur_min", width.least)
        result.set("blur_max", width.most)
        return result
    }
}
