/// The lanes of a video's page with their axis.
struct ChartSection {
    struct Axis {
        let time: String
        let frame: String
    }

    let hasChart: Bool
    let lanes: [Lane]
    /// Columns of the lanes.
    let width: Int
    /// The chart's quarters, as an SVG path.
    let grid: String
    let marks: [Axis]
    let end: Axis

    /// - Parameter chart: nil for a video without a result.
    init(_ chart: LaneChart?) {
        lanes = chart?.all ?? []
        hasChart = !lanes.isEmpty
        let columns = chart?.width ?? 1
        width = columns
        grid = columns < 4 ? "" : (1..<4).map { "M\($0 * columns / 4) 0V100" }.joined()
        marks = (chart?.marks ?? []).map { Axis(time: $0.time, frame: $0.frame) }
        end = Axis(time: chart?.end.time ?? "", frame: chart?.end.frame ?? "")
    }
}
