internal import Frames

/// A stretch of frames for which a condition holds, turned into an event when it lasts long enough.
struct SpanTracker {
    let tool: String
    let type: String
    /// Seconds.
    let minimum: Double
    /// Whether a span that reaches the end of the video counts to the end of its last frame, or to that frame's timestamp.
    let countsLastFrame: Bool
    private(set) var events: [ToolEvent] = []
    private(set) var seconds = 0.0
    private var start: (frame: Int, time: Double)?
    private var last = (frame: 0, time: 0.0)
    private var clock = 0.0

    init(tool: String, type: String, minimum: Double, countsLastFrame: Bool) {
        self.countsLastFrame = countsLastFrame
        self.tool = tool
        self.type = type
        self.minimum = minimum
    }

    /// The time of a frame; where the file gives none, that of the frame before.
    mutating func now(_ time: FrameTime) -> Double {
        clock = time.time ?? clock
        return clock
    }

    /// The condition began to hold at a frame.
    mutating func open(frame: Int, time: Double) {
        if start == nil { start = (frame, time) }
    }

    /// The condition holds at this frame.
    mutating func extend(frame: Int, time: Double) { last = (frame, time) }

    /// The condition does not hold any more at `time`.
    mutating func close(time: Double, atEnd: Bool = false) {
        guard let begun = start else { return }
        start = nil
        // Times are multiples of a microsecond; half of one keeps a span of exactly the minimum from being lost.
        guard (atEnd && !countsLastFrame ? last.time : time) - begun.time >= minimum - 5e-7 else { return }
        seconds += time - begun.time
        events.append(
            ToolEvent(
                tool: tool, type: type, startFrame: begun.frame, endFrame: max(begun.frame, last.frame),
                start: begun.time,
                end: rounded6(time), isOpenAtEnd: atEnd))
    }

    var summary: Measurement {
        var result = Measurement()
        result.set("events", Double(events.count))
        result.set("seconds", seconds)
        return result
    }
}

/// Count, mean and extremes of a measure over a video.
struct Statistic {
    private var count = 0
    private var sum = 0.0
    private(set) var least = Double.infinity
    private(set) var most = -Double.infinity

    mutating func add(_ value: Double?) {
        guard let value else { return }
        count += 1
        sum += value
        least = min(least, value)
        most = max(most, value)
    }

    /// Not a number without a value, so that it is left out where it is stored.
    var mean: Double { count > 0 ? sum / Double(count) : .nan }
}
