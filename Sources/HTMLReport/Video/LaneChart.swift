internal import FrameResults
internal import ToolModel

/// One lane of a chart, ready to draw.
struct Lane {
    let title: String
    /// What its numbers count, and what they mean; empty where that is not told.
    var unit = ""
    var meaning = ""
    let note: String
    /// The chart in words.
    let label: String
    /// The style's name.
    let kind: String
    /// SVG paths in a box as wide as there are columns and 100 high; empty where there is nothing of the kind.
    var area = ""
    var line = ""
    var spans = ""
    var ticks = ""
}

/// The lanes that a page shows without script: at most six of at most 120 columns, related measures in one, and those of
/// external tools before them.
struct LaneChart {
    let fold: Fold
    let facts: ResultFacts
    private let tools: [ToolDescriptor]
    /// Columns of the fold that make one here.
    private let step: Int

    private static let limit = 120

    /// - Parameter tools: those whose measures are drawn, in the order of their lanes.
    init(_ fold: Fold, _ facts: ResultFacts, _ tools: [ToolDescriptor]) {
        self.tools = tools
        self.fold = fold
        self.facts = facts
        step = (fold.columns + LaneChart.limit - 1) / LaneChart.limit
    }

    var width: Int { (fold.columns + step - 1) / step }

    var all: [Lane] {
        let hints = tools.flatMap { tool in tool.report.lanes.map { Source(tool: tool.id, hint: $0) } }
        var lanes: [ReportLane] = []
        for source in hints where !lanes.contains(source.hint.lane) { lanes.append(source.hint.lane) }
        let drawn = lanes.map { lane in draw(lane, hints.filter { $0.hint.lane == lane }) } + [decoding]
        return drawn.compactMap { $0 }
    }

    /// What one tool adds to a lane.
    private struct Source {
        let tool: String
        let hint: LaneHint
    }

    private func draw(_ lane: ReportLane, _ sources: [Source]) -> Lane? {
        switch lane.form {
        case .band(let decimals, let top): band(lane, sources, decimals, top)
        case .peaks(let scales, let noun): peaks(lane, sources, scales, noun)
        case .spans: spans(lane, sources)
        case .activity(let whole): activity(lane, sources, whole)
        }
    }

    /// The series of the first tool that has one.
    private func series(_ sources: [Source], _ key: (LaneHint) -> String?) -> Series? {
        for source in sources {
            if let name = key(source.hint), let found = fold.series(source.tool, name) { return found }
        }
        return nil
    }

    private func lane(_ lane: ReportLane, _ note: String, _ suffix: String = "") -> Lane {
        Lane(
            title: lane.title, unit: lane.unit, meaning: lane.meaning, note: note,
            label: "\(lane.caption): \(note)\(suffix)", kind: lane.style)
    }

    /// Frame and time at the quarters of the axis.
    var marks: [(time: String, frame: String)] {
        let columns = fold.columns >= 4 ? (0..<4).map { $0 * fold.columns / 4 } : [0]
        return columns.map { (Text.clock(fold.times[$0]), Text.count(fold.frame(of: $0))) }
    }

    /// Frame and time where the axis ends.
    var end: (time: String, frame: String) { (Text.clock(fold.lastTime), Text.count(fold.total - 1)) }

    private func column(of frame: Int) -> Int { fold.column(of: frame) / step }

    /// Folds the values of the fold's columns into the ones drawn here.
    private func joined(_ values: [Double?], _ join: (Double, Double) -> Double) -> [Double?] {
        (0..<width).map { column in
            values[column * step..<min(values.count, (column + 1) * step)].compactMap { $0 }.reduce(nil) { sum, value in
                sum.map { join($0, value) } ?? value
            }
        }
    }

    func lows(_ series: Series) -> [Double?] { joined(series.low.map { $0.isFinite ? Double($0) : nil }, min) }
    func highs(_ series: Series) -> [Double?] {
        joined(series.high.map { $0.isFinite ? Double($0) : nil }, max)
    }

    func means(_ series: Series) -> [Double?] {
        let sums = joined(series.sum.map { $0 }, +)
        let counts = joined(series.counts.map { Double($0) }, +)
        return zip(sums, counts).map { sum, count in (count ?? 0) > 0 ? (sum ?? 0) / (count ?? 1) : nil }
    }

    private func band(_ lane: ReportLane, _ sources: [Source], _ decimals: Int, _ top: Double?) -> Lane? {
        guard let low = series(sources, \.low), let high = series(sources, \.high), let bottom = low.range?.low,
            let peak = high.range?.high
        else { return nil }
        let scale = top ?? peak
        guard scale > 0 else { return nil }
        let mean = series(sources, \.mean)
        let note =
            "\(Text.decimal(bottom, decimals)) to \(Text.decimal(peak, decimals))"
            + (mean?.mean.map { ", mean \(Text.decimal($0, decimals))" } ?? "")
        var drawn = self.lane(lane, note, top.map { " of \(Text.decimal($0, 0))" } ?? "")
        drawn.area = Shape.band(lows(low).map { $0.map { $0 / scale } }, highs(high).map { $0.map { $0 / scale } })
        if let mean { drawn.line = Shape.line(means(mean).map { $0.map { $0 / scale } }) }
        return drawn
    }

    private func peaks(_ lane: ReportLane, _ sources: [Source], _ scales: [Double], _ noun: String) -> Lane? {
        guard let score = series(sources, \.high), let peak = score.range?.high else { return nil }
        let scale = scales.first { peak <= $0 } ?? max(scales.last ?? 0, peak)
        let frames = Set(sources.flatMap(\.hint.events).flatMap { events($0) }.map(\.startFrame))
        var drawn = self.lane(lane, "\(Text.plural(frames.count, noun)), peak \(Text.decimal(peak, 1))")
        drawn.area = Shape.area(highs(score).map { ($0 ?? 0) / scale })
        drawn.ticks = ticks(frames)
        return drawn
    }

    private func spans(_ lane: ReportLane, _ sources: [Source]) -> Lane? {
        let share = series(sources, \.high)
        let condition = series(sources, \.condition)
        let types = sources.flatMap(\.hint.events)
        let spans = types.flatMap { events($0) }
        guard share != nil || condition != nil || !spans.isEmpty else { return nil }
        func seconds(_ type: String) -> Double {
            events(type).reduce(0) { $0 + max(0, $1.end - $1.start) }
        }
        let notes = types.compactMap { type in
            let count = events(type).count
            return count == 0 ? nil : "\(Text.count(count)) × \(type), \(Text.span(seconds(type)))"
        }
        var drawn = self.lane(lane, notes.isEmpty ? "no span of either" : notes.joined(separator: "; "))
        if let share { drawn.area = Shape.area(highs(share).map { $0 ?? 0 }) }
        if let condition, condition.total > 0 {
            let counts = joined(condition.counts.map { Double($0) }, +)
            let frames = joined(fold.frames.map { Double($0) }, +)
            drawn.line = Shape.line(zip(counts, frames).map { ($0 ?? 0) / max(1, $1 ?? 1) })
        }
        drawn.spans = self.spans(spans)
        return drawn
    }

    private func activity(_ lane: ReportLane, _ sources: [Source], _ whole: Double) -> Lane? {
        let score = series(sources, \.high)
        // Those that a tool names have lanes of their own.
        let objects = fold.classNames.isEmpty ? fold.series(Series.objects.tool, Series.objects.key) : nil
        let peak = score?.range?.high ?? 0
        let most = objects?.range?.high ?? 0
        guard peak > 0 || most > 0 else { return nil }
        var notes: [String] = []
        if score != nil { notes.append("peak \(Text.decimal(peak / whole * 100, 1)) %") }
        if most > 0 { notes.append("at most \(Text.plural(Int(most), "object"))") }
        var drawn = self.lane(lane, notes.joined(separator: ", "))
        if let score, peak > 0 { drawn.area = Shape.area(highs(score).map { ($0 ?? 0) / peak }) }
        if let objects, most > 0 { drawn.line = Shape.line(highs(objects).map { ($0 ?? 0) / most }) }
        drawn.spans = spans(sources.flatMap(\.hint.events).flatMap { events($0) })
        return drawn
    }

    private var decoding: Lane? {
        guard !facts.decode.errors.isEmpty || !fold.gaps.isEmpty else { return nil }
        let count = facts.decode.errorCount
        let notes =
            (count > 0 ? [Text.plural(count, "error")] : [])
            + (fold.gaps.isEmpty ? [] : [Text.plural(fold.gaps.count, "gap")])
        let note = notes.joined(separator: ", ")
        var lane = Lane(
            title: "Decoding", unit: "frames",
            meaning:
                "Frames at which the decoder reported errors; marks below are jumps in time. A sound video has none.",
            note: note, label: "Decode errors and gaps: \(note)", kind: "errors")
        lane.ticks = ticks(Set(facts.decode.errors.compactMap(\.frame)))
        lane.spans = fold.gaps.map { column(of: $0) }.map { "M\($0) 70H\($0 + 1)V100H\($0)Z" }.joined()
        return lane
    }

    /// Of tools of this program: a plugin may use the same words.
    private func events(_ type: String) -> [EventRecord] {
        facts.events.filter { $0.type == type && !ToolDescriptor.isExternal($0.tool) }
    }

    /// Upright lines, at most one a column.
    func ticks(_ frames: Set<Int>) -> String {
        Set(frames.map { column(of: $0) }).sorted().map { "M\($0).5 0V100" }.joined()
    }

    func spans(_ events: [EventRecord]) -> String {
        var covered = Array(repeating: false, count: width)
        for event in events where event.startFrame <= event.endFrame {
            for column in column(of: event.startFrame)...column(of: event.endFrame) { covered[column] = true }
        }
        return Shape.spans(covered)
    }
}
