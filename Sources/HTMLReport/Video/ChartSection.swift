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

    /// - Parameters:
    ///   - chart: nil for a video without a result.
    ///   - external: what external tools found.
    ///   - most: lanes of these.
    init(_ chart: LaneChart?, _ external: ExternalLanes?, most: Int) {
        if let chart, let external {
            let classes = external.fold.classes.compactMap { chart.lane($0, external) }.prefix(most)
            let values = external.values.compactMap { chart.lane($0, external.tools) }
            lanes = Array(classes) + Array(values.prefix(max(most / 2, most - classes.count))) + chart.all
        } else {
            lanes = chart?.all ?? []
        }
        hasChart = !lanes.isEmpty
        let columns = chart?.width ?? 1
        width = columns
        grid = columns < 4 ? "" : (1..<4).map { "M\($0 * columns / 4) 0V100" }.joined()
        marks = (chart?.marks ?? []).map { Axis(time: $0.time, frame: $0.frame) }
        end = Axis(time: chart?.end.time ?? "", frame: chart?.end.frame ?? "")
    }
}
