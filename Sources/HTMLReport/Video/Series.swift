internal import Bytes
internal import ToolModel

/// One measure over the frames of a video, folded into columns of lows and highs.
struct Series {
    /// The tool and its key, such as `luma` and `avg`.
    let tool: String
    let key: String
    private(set) var low: [Float]
    private(set) var high: [Float]
    private(set) var sum: [Double]
    private(set) var counts: [Int32]
    /// Frames that have a value.
    private(set) var total = 0

    init(tool: String, key: String, columns: Int) {
        self.tool = tool
        self.key = key
        low = Array(repeating: .infinity, count: columns)
        high = Array(repeating: -.infinity, count: columns)
        sum = Array(repeating: 0, count: columns)
        counts = Array(repeating: 0, count: columns)
    }

    mutating func add(_ value: Double, at column: Int) {
        low[column] = min(low[column], Float(value))
        high[column] = max(high[column], Float(value))
        sum[column] += value
        counts[column] += 1
        total += 1
    }

    /// Takes 0 for each frame that has no value.
    ///
    /// - Parameter frames: how many there are in each column.
    mutating func fill(_ frames: [Int32]) {
        for column in counts.indices where frames[column] > counts[column] {
            low[column] = min(low[column], 0)
            high[column] = max(high[column], 0)
            total += Int(frames[column] - counts[column])
            counts[column] = frames[column]
        }
    }

    var name: String { "\(tool).\(key)" }

    /// The number of objects in a frame, which no tool's own member holds.
    static let objects = (tool: "objects", key: "count")

    /// The lowest and the highest of all values.
    var range: (low: Double, high: Double)? {
        guard total > 0, let bottom = low.min(), let top = high.max() else { return nil }
        return (Double(bottom), Double(top))
    }

    var mean: Double? { total > 0 ? sum.reduce(0, +) / Double(total) : nil }
}

/// All measures of one video, folded as its frames come by. Memory hangs on the number of measures alone.
struct Fold {
    /// Frames that the columns stand for.
    let total: Int
    private(set) var series: [Series] = []
    private var found = ClassFold()
    /// The first time in each column.
    private(set) var times: [Double?]
    private(set) var frames: [Int32]
    private(set) var lastTime: Double?
    /// Frames before which time jumps, the first hundred.
    private(set) var gaps: [Int] = []
    private let nominal: Double
    private var index = 0

    static let limit = 240
    /// Far over the number of measures of all tools.
    private static let mostSeries = 64
    private static let mostGaps = 100

    /// - Parameters:
    ///   - total: frames of the video.
    ///   - rate: frames a second.
    init(total: Int, rate: Double?) {
        self.total = min(max(1, total), 1 << 40)
        nominal = 1 / (rate ?? 25)
        let columns = min(Fold.limit, self.total)
        times = Array(repeating: nil, count: columns)
        frames = Array(repeating: 0, count: columns)
    }

    var columns: Int { times.count }

    func column(of frame: Int) -> Int { min(max(0, frame), total - 1) * columns / total }

    /// The first frame of a column.
    func frame(of column: Int) -> Int { (column * total + columns - 1) / columns }

    /// Takes the next frame's record.
    mutating func add(_ frame: JSON) {
        let number = frame["frame_index"]?.int ?? index
        let column = column(of: number)
        index += 1
        frames[column] += 1
        if let time = frame["time"]?.double { take(time, number, column) }
        for member in frame.members ?? [] {
            guard let values = member.value.members else { continue }
            if member.key == "detections" {
                if let objects = member.value["tracked_objects"]?.array {
                    found.add(objects, of: "", at: column, columns: columns)
                    add(Series.objects.tool, Series.objects.key, Double(objects.count), column)
                }
                continue
            }
            if ToolDescriptor.isExternal(member.key), let objects = member.value["tracked_objects"]?.array {
                found.add(objects, of: member.key, at: column, columns: columns)
            }
            for value in values {
                if let number = value.value.double { add(member.key, value.key, number, column) }
            }
        }
    }

    /// A gap is a hole that a viewer notices: over a second and over ten frames' time, as the result counts them.
    private mutating func take(_ time: Double, _ frame: Int, _ column: Int) {
        if let lastTime, time - lastTime > max(1, 10 * nominal), gaps.count < Fold.mostGaps { gaps.append(frame) }
        times[column] = times[column] ?? time
        lastTime = time
    }

    private mutating func add(_ tool: String, _ key: String, _ value: Double, _ column: Int) {
        if let index = series.firstIndex(where: { $0.key == key && $0.tool == tool }) {
            series[index].add(value, at: column)
        } else if series.count < Fold.mostSeries {
            series.append(Series(tool: tool, key: key, columns: columns))
            series[series.count - 1].add(value, at: column)
        }
    }

    /// The classes of the objects, those with most detections first.
    var classes: [ClassFold.Found] { found.complete(frames) }

    var classNames: Set<String> { found.names }

    func series(_ tool: String, _ key: String) -> Series? { series.first { $0.tool == tool && $0.key == key } }

    /// Those that can be drawn: a value that stands at the first frame only, as the size of a grid, is no series over
    /// time, and neither is the number of a frame.
    func timeSeries(_ tools: ReportTools) -> [Series] {
        series.filter { (total < 3 || $0.total > 1) && tools.isTimeSeries($0.tool, $0.key) }
    }
}
