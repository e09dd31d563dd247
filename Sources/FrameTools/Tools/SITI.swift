internal import Frames
internal import ToolModel

/// Spatial and temporal information of ITU-T P.910, at full size.
struct SITITool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "siti",
        version: "1.0.0",
        title: "Spatial and temporal information",
        definition:
            "ITU-T P.910 on luma mapped to 0...255: si = deviation of hypot(SobelX, SobelY), ti = deviation of Y(n)-Y(n-1)",
        temporalDependency: .pair,
        isDefault: false,
        capabilities: ["spatial_temporal_information"],
        outputs: ToolOutputs(frame: [
            .init("si", help: "standard deviation of the gradient"),
            .init("ti", help: "standard deviation of the difference to the frame before"),
        ]),
        report: ReportHints(lanes: [LaneHint(.detail, band: "si")]))

    init(settings: ToolSettings) {}

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        let picture = frame.picture
        let top = 1 << picture.depth - 1
        let range = picture.isFullRange ? 0...top : 16 << (picture.depth - 8)...235 << (picture.depth - 8)
        // Black and white become 0 and 255; a factor comes out of a deviation as it went in.
        let scale = 255 / Double(range.upperBound - range.lowerBound)
        // Pictures of different ranges have no difference of samples.
        let previous = frame.previous.flatMap { $0.isFullRange == picture.isFullRange ? $0 : nil }
        let sums = Kernels.detail(picture, previous: previous, range: range)
        var result = Measurement()
        result.set("si", SITITool.deviation(sums.count, sums.sum, sums.squares) * scale)
        if let change = sums.change {
            let deviation = SITITool.deviation(frame.sampleCount, Double(change.sum), Double(change.squares))
            result.set("ti", deviation * scale)
        }
        return result
    }

    /// The standard deviation of a whole population; not a number of an empty one.
    private static func deviation(_ count: Int, _ sum: Double, _ squares: Double) -> Double {
        guard count > 0 else { return .nan }
        let mean = sum / Double(count)
        return max(0, squares / Double(count) - mean * mean).squareRoot()
    }

    static func detector(settings: ToolSettings) -> any EventDetector { SITIEventDetector() }
}

private struct SITIEventDetector: EventDetector {
    private var spatial: [Double] = []
    private var temporal: [Double] = []
    let events: [ToolEvent] = []

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        if let value = measurement["si"] { spatial.append(value) }
        if let value = measurement["ti"] { temporal.append(value) }
        return measurement
    }

    mutating func finish(end: Double) {}

    /// The greatest value is what P.910 gives for a clip.
    var summary: Measurement {
        var result = Measurement()
        for (key, values) in [("si", spatial), ("ti", temporal)] {
            let sorted = values.sorted()
            guard let most = sorted.last else { continue }
            result.set(key + "_max", most)
            result.set(key + "_avg", sorted.reduce(0, +) / Double(sorted.count))
            result.set(key + "_median", (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2)
        }
        return result
    }
}
