internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// The run in pictures: SVG with presentation attributes only, so that no content policy can take anything from it.
enum Charts {
    struct Chart {
        let title: String
        /// The chart in words.
        let note: String
        /// The elements of the SVG.
        let shapes: String
        let width: Int
        let height: Int
        /// What the axis below says at its beginning, middle and end.
        let marks: [String]
        let kind: String
    }

    /// Those that have something to show.
    ///
    /// - Parameter speeds: of the videos of this run, see ``ReportVideo/speed``.
    static func all(_ data: ReportData, speeds: [Double]) throws(SystemError) -> [Chart] {
        var all = [Charts.speeds(speeds), trend(data.runs, upTo: data.run.summary.id)]
        if let timeline = data.timeline { all = [workers(timeline), try rates(timeline)] + all }
        return all.compactMap { $0 }
    }

    private static let width = 1000
    private static let columns = 120
    /// Rows of workers that are drawn.
    private static let mostRows = 24

    /// A row a worker: shaded where it worked, with a line where a video failed.
    static func workers(_ timeline: RunTimeline) -> Chart? {
        guard timeline.length > 0, !timeline.stretches.isEmpty else { return nil }
        let rows = timeline.rows
        let step = 16
        var (busy, failed) = ("", "")
        var total = 0.0
        func x(_ time: Double) -> Double { time / timeline.length * Double(width) }
        for (row, stretches) in rows.enumerated() {
            total += stretches.reduce(0) { $0 + $1.end - $1.start }
            guard row < mostRows else { continue }
            let (top, bottom) = (row * step + 2, row * step + step - 2)
            // What would lie less than a unit apart is one bar.
            var bar: (start: Double, end: Double)?
            func close() {
                guard let done = bar else { return }
                busy +=
                    "M\(number(done.start)) \(top)H\(number(max(done.end, done.start + 0.5)))V\(bottom)H\(number(done.start))Z"
                bar = nil
            }
            for stretch in stretches {
                let (start, end) = (x(stretch.start), x(stretch.end))
                let gap = stretches.count > 200 ? 1 : 0.05
                if let last = bar, start - last.end < gap {
                    bar = (last.start, end)
                } else {
                    close(); bar = (start, end)
                }
                if stretch.hasFailed { failed += "M\(number(end)) \(row * step)V\(row * step + step)" }
            }
            close()
        }
        let share = total / (timeline.length * Double(max(1, rows.count)))
        let failures = timeline.stretches.count(where: \.hasFailed)
        let note =
            "\(Text.plural(rows.count, "worker")), busy \(Text.decimal(share * 100, 0)) % of the time"
            + (failures > 0 ? ", \(Text.plural(failures, "failure"))" : "")
            + (rows.count > mostRows ? "; the first \(mostRows) are drawn" : "")
        return Chart(
            title: "Workers", note: note,
            shapes: "<path class=\"busy\" d=\"\(busy)\" fill=\"currentColor\"/>"
                + "<path class=\"fail\" d=\"\(failed)\" stroke=\"#c33\" stroke-width=\"2\" "
                + "vector-effect=\"non-scaling-stroke\"/>",
            width: width, height: min(rows.count, mostRows) * step, marks: times(timeline.length), kind: "workers")
    }

    /// Frames a second over the run.
    static func rates(_ timeline: RunTimeline) throws(SystemError) -> Chart? {
        let rates = try timeline.rates(columns)
        guard let peak = rates.max(), peak > 0 else { return nil }
        let mean = rates.reduce(0, +) / Double(rates.count)
        var line = "M0 100"
        for (column, rate) in rates.enumerated() { line += "V\(100 - Int(rate / peak * 96))H\(column + 1)" }
        return Chart(
            title: "Frames a second", note: "mean \(Text.count(Int(mean))), peak \(Text.count(Int(peak)))",
            shapes: "<path d=\"M0 50H\(columns)\" stroke=\"currentColor\" stroke-opacity=\".15\" "
                + "vector-effect=\"non-scaling-stroke\"/><path d=\"\(line)V100Z\" fill=\"currentColor\" "
                + "fill-opacity=\".35\"/><path d=\"\(line)\" stroke=\"currentColor\" stroke-width=\"1.5\" "
                + "vector-effect=\"non-scaling-stroke\"/>",
            width: columns, height: 100, marks: times(timeline.length), kind: "rates")
    }

    /// How many videos were processed how much faster than they play, in steps of the square root of two.
    ///
    /// - Parameter speeds: seconds of video in a second of work, of each video.
    static func speeds(_ speeds: [Double]) -> Chart? {
        guard speeds.count > 1 else { return nil }
        var bins: [Int: Int] = [:]
        for speed in speeds { bins[bin(speed), default: 0] += 1 }
        guard let first = bins.keys.min(), let last = bins.keys.max(), let most = bins.values.max() else { return nil }
        // Even, so that the middle of the axis is an edge.
        let count = (max(8, last - first + 1) + 1) / 2 * 2
        var bars = ""
        for (bin, videos) in bins.sorted(by: { $0.key < $1.key }) {
            let height = max(1, videos * 96 / most)
            bars += "M\((bin - first) * 10 + 1) 100V\(100 - height)H\((bin - first) * 10 + 9)V100Z"
        }
        let median = Outliers.median(speeds)
        let end = edge(first + count)
        return Chart(
            title: "Speed against real time",
            note:
                "median \(Text.speed(median)), slowest \(Text.speed(speeds.min())), fastest \(Text.speed(speeds.max()))",
            shapes: "<path d=\"\(bars)\" fill=\"currentColor\" fill-opacity=\".7\"/>", width: count * 10, height: 100,
            marks: [Text.speed(edge(first)), Text.speed(edge(first + count / 2)), Text.speed(end)], kind: "speeds")
    }

    /// The lower edge of a bin.
    private static func edge(_ bin: Int) -> Double {
        if bin < 0 { return 1 / edge(-bin) }
        return Double(1 << min(40, bin / 2)) * (bin % 2 == 0 ? 1 : 2.0.squareRoot())
    }

    private static func bin(_ speed: Double) -> Int {
        var bin = 0
        while bin < 60, speed >= edge(bin + 1) { bin += 1 }
        while bin > -60, speed < edge(bin) { bin -= 1 }
        return bin
    }

    /// The last runs side by side: failed and damaged videos above, wall time below.
    static func trend(_ runs: [RunSummary], upTo id: String) -> Chart? {
        let shown = Array(runs.filter { $0.id <= id }.prefix(30).reversed())
        guard shown.count > 1, let last = shown.last, let first = shown.first else { return nil }
        let troubles = shown.map { $0.tally.failed + $0.tally.damaged }
        let seconds = shown.map { $0.seconds ?? 0 }
        let (mostTroubles, longest) = (max(1, troubles.max() ?? 1), max(0.001, seconds.max() ?? 1))
        var (failed, damaged, time) = ("", "", "")
        for (index, run) in shown.enumerated() {
            let (left, right) = (index * 10 + 1, index * 10 + 9)
            func bar(_ bottom: Int, _ height: Int) -> String {
                height > 0 ? "M\(left) \(bottom)V\(bottom - height)H\(right)V\(bottom)Z" : ""
            }
            func height(_ count: Int) -> Int { count > 0 ? max(1, count * 56 / mostTroubles) : 0 }
            failed += bar(60, height(run.tally.failed))
            damaged += bar(60 - height(run.tally.failed), height(run.tally.damaged))
            time += bar(100, max(1, Int(seconds[index] / longest * 32)))
        }
        func day(_ run: RunSummary) -> String { String(Text.shown(run.started, limit: 16).prefix(10)) }
        return Chart(
            title: "The last \(shown.count) runs",
            note: "failed and damaged, at most \(Text.count(troubles.max() ?? 0)); below it wall time, at most "
                + Text.span(longest),
            shapes: "<path class=\"fail\" d=\"\(failed)\" fill=\"#c33\"/><path class=\"hurt\" d=\"\(damaged)\" "
                + "fill=\"#b60\"/><path d=\"M0 60H\(shown.count * 10)\" stroke=\"currentColor\" stroke-opacity=\".3\" "
                + "vector-effect=\"non-scaling-stroke\"/><path d=\"\(time)\" fill=\"currentColor\" "
                + "fill-opacity=\".35\"/>",
            width: shown.count * 10, height: 100, marks: [day(first), "", day(last)], kind: "trend")
    }

    private static func times(_ length: Double) -> [String] { ["0 s", Text.span(length / 2), Text.span(length)] }

    /// At most two decimals.
    private static func number(_ value: Double) -> String { Text.decimal(value, 2) }
}
