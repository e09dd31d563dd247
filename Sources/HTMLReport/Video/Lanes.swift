internal import Bytes

/// One lane of a chart, ready to draw.
struct Lane {
    let title: String
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

/// The lanes that a page shows without script: at most six of at most 120 columns, related measures in one.
struct Lanes {
    let fold: Fold
    let facts: ResultFacts
    /// Columns of the fold that make one here.
    private let step: Int

    private static let limit = 120

    init(_ fold: Fold, _ facts: ResultFacts) {
        self.fold = fold
        self.facts = facts
        step = (fold.columns + Lanes.limit - 1) / Lanes.limit
    }

    var width: Int { (fold.columns + step - 1) / step }

    var all: [Lane] { [luma, scene, dark, detail, motion, decoding].compactMap { $0 } }

    /// Frame and time at the quarters of the axis.
    var marks: [(time: String, frame: String)] {
        let places = fold.columns >= 4 ? (0..<4).map { $0 * fold.columns / 4 } : [0]
        return places.map { (Text.clock(fold.times[$0]), Text.count(fold.frame(of: $0))) }
    }

    /// Frame and time where the axis ends.
    var end: (time: String, frame: String) { (Text.clock(fold.lastTime), Text.count(fold.total - 1)) }

    private func column(of frame: Int) -> Int { fold.column(of: frame) / step }

    /// Folds the values of the fold's columns into the ones drawn here.
    private func joined(_ values: [Double?], _ join: (Double, Double) -> Double) -> [Double?] {
        (0..<width).map { place in
            values[place * step..<min(values.count, (place + 1) * step)].compactMap { $0 }.reduce(nil) { sum, value in
                sum.map { join($0, value) } ?? value
            }
        }
    }

    private func lows(_ series: Series) -> [Double?] { joined(series.low.map { $0.isFinite ? Double($0) : nil }, min) }
    private func highs(_ series: Series) -> [Double?] {
        joined(series.high.map { $0.isFinite ? Double($0) : nil }, max)
    }

    private func means(_ series: Series) -> [Double?] {
        let sums = joined(series.sum.map { $0 }, +)
        let counts = joined(series.counts.map { Double($0) }, +)
        return zip(sums, counts).map { sum, count in (count ?? 0) > 0 ? (sum ?? 0) / (count ?? 1) : nil }
    }

    private var luma: Lane? {
        guard let low = fold.series("luma", "min"), let high = fold.series("luma", "max"), let bottom = low.range?.low,
            let top = high.range?.high
        else { return nil }
        let mean = fold.series("luma", "avg")
        let note =
            "\(Text.decimal(bottom, 0)) to \(Text.decimal(top, 0))"
            + (mean?.mean.map { ", mean \(Text.decimal($0, 0))" } ?? "")
        var lane = Lane(title: "Luma", note: note, label: "Luma over frames: \(note) of 255", kind: "luma")
        lane.area = band(lows(low).map { $0.map { $0 / 255 } }, highs(high).map { $0.map { $0 / 255 } })
        if let mean { lane.line = Shape.line(means(mean).map { $0.map { $0 / 255 } }) }
        return lane
    }

    private var scene: Lane? {
        guard let score = fold.series("scene", "score") ?? fold.series("cuts", "content"), let peak = score.range?.high
        else { return nil }
        let cuts = events("scene") + events("cut")
        let scale = [20.0, 50, 100].first { peak <= $0 } ?? max(100, peak)
        let places = Set(cuts.compactMap { $0["start_frame"]?.int })
        let note = "\(Text.plural(places.count, "cut")), peak \(Text.decimal(peak, 1))"
        var lane = Lane(title: "Change", note: note, label: "Change from frame to frame: \(note)", kind: "scene")
        lane.area = Shape.area(highs(score).map { ($0 ?? 0) / scale })
        lane.ticks = ticks(places)
        return lane
    }

    /// Black and frozen frames are both pictures without news.
    private var dark: Lane? {
        let black = fold.series("black", "ratio")
        let frozen = fold.series("freeze", "difference")
        let spans = events("black") + events("freeze")
        guard black != nil || frozen != nil || !spans.isEmpty else { return nil }
        func seconds(_ type: String) -> Double {
            events(type).reduce(0) { $0 + max(0, ($1["end"]?.double ?? 0) - ($1["start"]?.double ?? 0)) }
        }
        let notes = ["black", "freeze"].compactMap { type in
            let count = events(type).count
            return count == 0 ? nil : "\(Text.count(count)) × \(type), \(Text.span(seconds(type)))"
        }
        let note = notes.isEmpty ? "no span of either" : notes.joined(separator: "; ")
        var lane = Lane(
            title: "Black and frozen", note: note, label: "Black and frozen frames: \(note)", kind: "freeze")
        if let black { lane.area = Shape.area(highs(black).map { $0 ?? 0 }) }
        if let frozen {
            let counts = joined(frozen.counts.map { Double($0) }, +)
            let frames = joined(fold.frames.map { Double($0) }, +)
            if frozen.total > 0 {
                lane.line = Shape.line(zip(counts, frames).map { ($0 ?? 0) / max(1, $1 ?? 1) })
            }
        }
        lane.spans = self.spans(spans)
        return lane
    }

    private var detail: Lane? {
        guard let series = fold.series("sharpness", "si") ?? fold.series("siti", "si"), let range = series.range,
            range.high > 0
        else { return nil }
        let note = "\(Text.decimal(range.low, 1)) to \(Text.decimal(range.high, 1))"
        var lane = Lane(title: "Sharpness", note: note, label: "Spatial information: \(note)", kind: "sharpness")
        lane.area = band(
            lows(series).map { $0.map { $0 / range.high } }, highs(series).map { $0.map { $0 / range.high } })
        return lane
    }

    private var motion: Lane? {
        let score = fold.series("motion", "score")
        let objects = fold.series("objects", "count")
        let peak = score?.range?.high ?? 0
        let most = objects?.range?.high ?? 0
        guard peak > 0 || most > 0 else { return nil }
        var notes: [String] = []
        if score != nil { notes.append("peak \(Text.decimal(peak, 1)) %") }
        if most > 0 { notes.append("at most \(Text.plural(Int(most), "object"))") }
        let note = notes.joined(separator: ", ")
        var lane = Lane(title: "Motion", note: note, label: "Motion and objects: \(note)", kind: "motion")
        if let score, peak > 0 { lane.area = Shape.area(highs(score).map { ($0 ?? 0) / peak }) }
        if let objects, most > 0 { lane.line = Shape.line(highs(objects).map { ($0 ?? 0) / most }) }
        lane.spans = spans(events("motion"))
        return lane
    }

    private var decoding: Lane? {
        guard !facts.errors.isEmpty || !fold.gaps.isEmpty else { return nil }
        let count = max(facts.decode?["error_count"]?.int ?? 0, facts.errors.count)
        let notes =
            (count > 0 ? [Text.plural(count, "error")] : [])
            + (fold.gaps.isEmpty ? [] : [Text.plural(fold.gaps.count, "gap")])
        let note = notes.joined(separator: ", ")
        var lane = Lane(title: "Decoding", note: note, label: "Decode errors and gaps: \(note)", kind: "errors")
        lane.ticks = ticks(Set(facts.errors.compactMap { $0["frame"]?.int }))
        lane.spans = fold.gaps.map { column(of: $0) }.map { "M\($0) 70H\($0 + 1)V100H\($0)Z" }.joined()
        return lane
    }

    private func events(_ type: String) -> [JSON] { facts.events.filter { $0["type"]?.string == type } }

    /// Upright lines, at most one a column.
    private func ticks(_ frames: Set<Int>) -> String {
        Set(frames.map { column(of: $0) }).sorted().map { "M\($0).5 0V100" }.joined()
    }

    private func spans(_ events: [JSON]) -> String {
        var covered = Array(repeating: false, count: width)
        for event in events {
            guard let start = event["start_frame"]?.int, let end = event["end_frame"]?.int, start <= end else {
                continue
            }
            for place in column(of: start)...column(of: end) { covered[place] = true }
        }
        return Shape.spans(covered)
    }

    private func band(_ low: [Double?], _ high: [Double?]) -> String { Shape.band(low, high) }
}
