internal import Bytes

/// The measures of one video over its frames, folded into at most 120 columns of lows and highs.
struct Lanes {
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

    private struct Column {
        var time: Double?
        var frames = 0
        var low = Double.infinity
        var high = -Double.infinity
        var sum = 0.0
        var levels = 0
        var score: Double?
        var black: Double?
        var still = 0
        var objects = 0
    }

    static let limit = 120

    /// Frames that the columns stand for.
    let total: Int
    private var columns: [Column]
    private var index = 0
    private var lastTime: Double?
    private var hasFreeze = false
    private var hasObjects = false

    init(total: Int) {
        self.total = min(max(1, total), 1 << 40)
        columns = Array(repeating: Column(), count: min(Lanes.limit, max(1, total)))
    }

    var width: Int { columns.count }

    private func column(of frame: Int) -> Int {
        min(max(0, frame), total - 1) * columns.count / total
    }

    /// Takes the next frame's record.
    mutating func add(_ frame: JSON) {
        let place = column(of: frame["frame_index"]?.int ?? index)
        index += 1
        var column = columns[place]
        column.frames += 1
        if let time = frame["time"]?.double {
            column.time = column.time ?? time
            lastTime = time
        }
        if let luma = frame["luma"], let low = luma["min"]?.double, let high = luma["max"]?.double {
            column.low = min(column.low, low)
            column.high = max(column.high, high)
            if let mean = luma["avg"]?.double {
                column.sum += mean
                column.levels += 1
            }
        }
        if let score = frame["scene"]?["score"]?.double { column.score = max(column.score ?? 0, score) }
        if let ratio = frame["black"]?["ratio"]?.double { column.black = max(column.black ?? 0, ratio) }
        if let freeze = frame["freeze"] {
            hasFreeze = true
            if freeze["difference"] != nil || freeze["since"] != nil { column.still += 1 }
        }
        if let objects = frame["detections"]?["tracked_objects"]?.array {
            hasObjects = true
            column.objects = max(column.objects, objects.count)
        }
        columns[place] = column
    }

    /// The lanes that have something to show, at most six.
    func lanes(_ facts: ResultFacts) -> [Lane] {
        let events = facts.events
        var result: [Lane] = []
        if let lane = luma() { result.append(lane) }
        if let lane = scene(events) { result.append(lane) }
        if let lane = share(
            "Black", "black", columns.map { $0.black ?? 0 }, events, columns.contains { $0.black != nil })
        {
            result.append(lane)
        }
        let still = columns.map { $0.frames > 0 ? Double($0.still) / Double($0.frames) : 0 }
        if let lane = share("Freeze", "freeze", still, events, hasFreeze) { result.append(lane) }
        if let lane = objects() { result.append(lane) }
        if let lane = errors(facts) { result.append(lane) }
        return result
    }

    /// Frame and time at the quarters of the axis.
    var marks: [(time: String, frame: String)] {
        guard columns.count >= 4 else { return [mark(0)] }
        return (0..<4).map { mark($0 * columns.count / 4) }
    }

    /// Frame and time where the axis ends.
    var end: (time: String, frame: String) { (Text.clock(lastTime), Text.count(total - 1)) }

    private func mark(_ place: Int) -> (time: String, frame: String) {
        let frame = (place * total + columns.count - 1) / columns.count
        return (Text.clock(columns[place].time), Text.count(frame))
    }

    private func luma() -> Lane? {
        let filled = columns.filter { $0.low <= $0.high }
        guard let low = filled.map(\.low).min(), let high = filled.map(\.high).max() else { return nil }
        let levels = filled.reduce(0) { $0 + $1.levels }
        let mean = levels > 0 ? filled.reduce(0) { $0 + $1.sum } / Double(levels) : nil
        let note =
            "\(Text.decimal(low, 0)) to \(Text.decimal(high, 0))" + (mean.map { ", mean \(Text.decimal($0, 0))" } ?? "")
        var lane = Lane(title: "Luma", note: note, label: "Luma over frames: \(note) of 255", kind: "luma")
        func height(_ value: Double) -> Int { Lanes.height(value / 255) }
        for run in runs({ $0.low <= $0.high }) {
            lane.area += "M\(run.lowerBound) \(height(columns[run.lowerBound].high))"
            for place in run { lane.area += "V\(height(columns[place].high))H\(place + 1)" }
            for place in run.reversed() { lane.area += "V\(height(columns[place].low))H\(place)" }
            lane.area += "Z"
        }
        for run in runs({ $0.levels > 0 }) {
            let means = run.map { height(columns[$0].sum / Double(columns[$0].levels)) }
            lane.line += "M\(run.lowerBound) \(means[0])"
            for (place, mean) in zip(run, means) { lane.line += "V\(mean)H\(place + 1)" }
        }
        return lane
    }

    private func scene(_ events: [JSON]) -> Lane? {
        let peak = columns.compactMap(\.score).max()
        let cuts = events.filter { $0["type"]?.string == "scene" }
        guard let peak else { return nil }
        let scale = [20.0, 50, 100].first { peak <= $0 } ?? 100
        let note = "\(Text.plural(cuts.count, "cut")), peak \(Text.decimal(peak, 1))"
        var lane = Lane(title: "Scene score", note: note, label: "Scene score over frames: \(note)", kind: "scene")
        lane.area = area(columns.map { ($0.score ?? 0) / scale })
        lane.ticks = ticks(cuts.compactMap { $0["start_frame"]?.int })
        return lane
    }

    /// A lane of shares from 0 to 1 with the spans of its events behind it.
    private func share(_ title: String, _ type: String, _ values: [Double], _ events: [JSON], _ isMeasured: Bool)
        -> Lane?
    {
        guard isMeasured else { return nil }
        let found = events.filter { $0["type"]?.string == type }
        let seconds = found.reduce(0.0) { $0 + max(0, ($1["end"]?.double ?? 0) - ($1["start"]?.double ?? 0)) }
        let note = found.isEmpty ? "no span" : "\(Text.plural(found.count, "span")), \(Text.span(seconds))"
        var lane = Lane(title: title, note: note, label: "\(title) over frames: \(note)", kind: type)
        lane.area = area(values)
        lane.spans = spans(
            found.compactMap { event in
                guard let start = event["start_frame"]?.int, let end = event["end_frame"]?.int, start <= end else {
                    return nil
                }
                return column(of: start)...column(of: end)
            })
        return lane
    }

    private func objects() -> Lane? {
        let peak = columns.map(\.objects).max() ?? 0
        guard hasObjects, peak > 0 else { return nil }
        let note = "at most \(Text.count(peak)) at once"
        var lane = Lane(title: "Objects", note: note, label: "Objects over frames: \(note)", kind: "objects")
        lane.area = area(columns.map { Double($0.objects) / Double(peak) })
        return lane
    }

    private func errors(_ facts: ResultFacts) -> Lane? {
        guard !facts.errors.isEmpty else { return nil }
        let count = max(facts.decode?["error_count"]?.int ?? 0, facts.errors.count)
        let note = Text.plural(count, "error")
        var lane = Lane(title: "Decoding", note: note, label: "Decode errors over frames: \(note)", kind: "errors")
        lane.ticks = ticks(facts.errors.compactMap { $0["frame"]?.int })
        return lane
    }

    /// A filled step curve of values from 0 to 1.
    private func area(_ values: [Double]) -> String {
        let heights = values.map { Lanes.height($0) }
        var text = ""
        var place = 0
        while place < heights.count {
            guard heights[place] < 100 else {
                place += 1
                continue
            }
            text += "M\(place) 100"
            while place < heights.count, heights[place] < 100 {
                text += "V\(heights[place])"
                let height = heights[place]
                while place < heights.count, heights[place] == height { place += 1 }
                text += "H\(place)"
            }
            text += "V100Z"
        }
        return text
    }

    /// Upright lines, at most one a column.
    private func ticks(_ frames: [Int]) -> String {
        Set(frames.map { column(of: $0) }).sorted().map { "M\($0).5 0V100" }.joined()
    }

    private func spans(_ ranges: [ClosedRange<Int>]) -> String {
        var covered = Array(repeating: false, count: columns.count)
        for range in ranges { for place in range { covered[place] = true } }
        var text = ""
        var place = 0
        while place < covered.count {
            let start = place
            while place < covered.count, covered[place] { place += 1 }
            if place > start { text += "M\(start) 0H\(place)V100H\(start)Z" }
            place += 1
        }
        return text
    }

    /// The stretches of columns for which something holds.
    private func runs(_ holds: (Column) -> Bool) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        for place in 0...columns.count {
            let isInside = place < columns.count && holds(columns[place])
            if isInside {
                start = start ?? place
            } else if let begun = start {
                result.append(begun..<place)
                start = nil
            }
        }
        return result
    }

    /// The distance from the top of a box 100 high.
    private static func height(_ share: Double) -> Int { 100 - Int((min(max(share, 0), 1) * 100).rounded()) }
}
