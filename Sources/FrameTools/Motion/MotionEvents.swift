internal import Frames

/// Stretches of motion: enough frames over a score, with time before and after, and joined where those meet.
struct MotionEvents {
    let score: Double
    let frames: Int
    let before: Double
    let after: Double

    private(set) var list: [ToolEvent] = []
    private(set) var seconds = 0.0
    /// Frames that an event may begin with.
    private var recent: [(frame: Int, time: Double)] = []
    private var run: [(frame: Int, time: Double)] = []
    private var current: (start: (frame: Int, time: Double), last: Double, end: Int)?

    init(score: Double, frames: Int, before: Double, after: Double) {
        (self.score, self.frames, self.before, self.after) = (score, frames, before, after)
    }

    mutating func take(_ value: Double?, frame: Int, time: Double) {
        if let ongoing = current {
            if time > ongoing.last + after + 5e-7 {
                close(at: ongoing.last + after, isOpen: false)
            } else {
                current?.end = frame
            }
        }
        if let value, value >= score {
            run.append((frame, time))
            if run.count > frames { run.removeFirst() }
            if run.count == frames { begin(time) }
        } else {
            run = []
        }
        recent.append((frame, time))
        let floor = (run.first?.time ?? time) - before - 5e-7
        while let oldest = recent.first, oldest.time < floor { recent.removeFirst() }
    }

    private mutating func begin(_ time: Double) {
        if current != nil {
            current?.last = time
            return
        }
        guard let first = run.first, let newest = run.last else { return }
        let earliest = max(first.time - before, list.last?.end ?? -.infinity)
        let start = recent.first { $0.time >= earliest - 5e-7 } ?? first
        current = (start, time, newest.frame)
    }

    private mutating func close(at time: Double, isOpen: Bool) {
        guard let ongoing = current else { return }
        current = nil
        seconds += time - ongoing.start.time
        list.append(
            ToolEvent(
                tool: "motion", type: "motion", startFrame: ongoing.start.frame, endFrame: ongoing.end,
                start: ongoing.start.time, end: rounded6(time), isOpenAtEnd: isOpen))
    }

    mutating func finish(end: Double) {
        guard let ongoing = current else { return }
        let time = ongoing.last + after
        if time < end { close(at: time, isOpen: false) } else { close(at: end, isOpen: true) }
    }
}
