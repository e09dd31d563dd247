internal import Frames
internal import ToolModel

/// Black borders: cropdetect's box around everything that has been seen.
struct CropTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "crop",
        version: "1.0.0",
        title: "Black borders",
        definition:
            "cropdetect (vf_cropdetect.c 5.1.9): rows and columns whose mean is over limit*(2^depth-1), over all frames so far",
        temporalDependency: .sequence,
        settings: [
            .number(
                "limit", .measurement, 24.0 / 255, in: 0...1,
                help: "share of full scale up to which the mean of a row or column is border"),
            .integer(
                "round", .measurement, 16, in: 2...1024,
                help: "what width and height are a multiple of; twice that where it is odd"),
            .integer(
                "skip", .measurement, 2, in: 0...1_000_000,
                help: "frames at the start that are not looked at"),
        ],
        isDefault: false,
        capabilities: ["border_detection"],
        outputs: ToolOutputs(frame: [
            .init("x", help: "left column of the box that can be cut out"),
            .init("y", help: "its top row"),
            .init("w", help: "its width"),
            .init("h", help: "its height"),
            .init("x1", help: "first column of the exact box"),
            .init("y1", help: "its first row"),
            .init("x2", help: "its last column"),
            .init("y2", help: "its last row"),
        ]))

    private let limit: Double
    private let multiple: Int
    private let skip: Int
    private var seen = 0
    private var shape: (width: Int, height: Int, depth: Int)?
    /// What is content in any frame so far.
    private var rows: ClosedRange<Int>?
    private var columns: ClosedRange<Int>?

    init(settings: ToolSettings) {
        limit = settings.number("limit")
        let whole = settings.integer("round")
        multiple = whole % 2 == 0 ? whole : 2 * whole
        skip = settings.integer("skip")
    }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        let picture = frame.picture
        let current = (picture.width, picture.height, picture.depth)
        if shape.map({ $0 != current }) ?? true {
            shape = current
            (seen, rows, columns) = (0, nil, nil)
        }
        seen += 1
        guard seen > skip else { return Measurement() }
        let limit = UInt64((limit * (Double(1 << picture.depth) - 1)).rounded())
        rows = rows(picture, limit)
        columns = columns(picture, limit)
        guard let rows, let columns else { return Measurement() }
        return box(rows, columns)
    }

    /// The box in even numbers, and as it is.
    private func box(_ rows: ClosedRange<Int>, _ columns: ClosedRange<Int>) -> Measurement {
        let (x, width) = rounded(columns)
        let (y, height) = rounded(rows)
        var result = Measurement()
        for (key, value) in [
            ("x", x), ("y", y), ("w", width), ("h", height), ("x1", columns.lowerBound), ("y1", rows.lowerBound),
            ("x2", columns.upperBound), ("y2", rows.upperBound),
        ] { result.set(key, Double(value)) }
        return result
    }

    /// An even start and a length that is a multiple; what is left over goes to both ends.
    private func rounded(_ range: ClosedRange<Int>) -> (start: Int, length: Int) {
        let start = (range.lowerBound + 1) & ~1
        let length = max(0, range.upperBound - start + 1)
        let rest = length % multiple
        return (start + (rest / 2 + 1) & ~1, length - rest)
    }

    /// Only rows outside what is known are looked at: a video without borders costs nothing.
    private func rows(_ picture: Picture, _ limit: UInt64) -> ClosedRange<Int>? {
        let height = picture.luma.rows
        let count = UInt64(picture.luma.samplesPerRow)
        let isContent = { (row: Int) in Kernels.rowSum(picture, row: row) / count > limit }
        guard let first = (0..<(rows?.lowerBound ?? height)).first(where: isContent) ?? rows?.lowerBound else {
            return nil
        }
        let known = rows?.upperBound ?? first
        return first...(((known + 1)..<height).last(where: isContent) ?? known)
    }

    private func columns(_ picture: Picture, _ limit: UInt64) -> ClosedRange<Int>? {
        let width = picture.luma.samplesPerRow
        let count = UInt64(picture.luma.rows)
        let isContent = { (sum: UInt64) in sum / count > limit }
        guard let known = columns else {
            let sums = Kernels.columnSums(picture, columns: 0..<width)
            guard let first = sums.firstIndex(where: isContent), let last = sums.lastIndex(where: isContent) else {
                return nil
            }
            return first...last
        }
        let left = Kernels.columnSums(picture, columns: 0..<known.lowerBound).firstIndex(where: isContent)
        let right = Kernels.columnSums(picture, columns: known.upperBound + 1..<width).lastIndex(where: isContent)
        return (left ?? known.lowerBound)...(right.map { known.upperBound + 1 + $0 } ?? known.upperBound)
    }

    static func detector(settings: ToolSettings) -> any EventDetector { CropEventDetector() }
}

private struct CropEventDetector: EventDetector {
    /// The last box: it holds whatever was seen before.
    private(set) var summary = Measurement()
    let events: [ToolEvent] = []

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        if measurement["w"] != nil { summary = measurement }
        return measurement
    }

    mutating func finish(end: Double) {}
}
