internal import Frames

/// A stretch of frames in which something holds, in a video of which only some frames were looked at. Frames between two
/// in which it holds belong to it when nothing was seen of its end there.
struct Stretch {
    let first: (frame: Int, time: Double)
    /// The last frame in which it was seen to hold.
    private(set) var last: (frame: Int, time: Double)
    /// When the frame behind that one begins.
    private var next: Double?
    /// Whether a later frame was looked at, in which it does not hold.
    private(set) var isOver = false

    init(frame: Int, time: Double) {
        first = (frame, time)
        last = first
    }

    /// It holds in this frame.
    mutating func extend(frame: Int, time: Double) {
        last = (frame, time)
        next = nil
        isOver = false
    }

    /// It does not hold in this frame, or nobody looked.
    mutating func pass(time: Double, isLookedAt: Bool) {
        if next == nil { next = time }
        if isLookedAt { isOver = true }
    }

    /// From its first frame to the end of its last one.
    ///
    /// - Parameter end: seconds at which the video ends; nil while it goes on.
    func event(tool: String, type: String, end: Double?) -> ToolEvent {
        ToolEvent(
            tool: tool, type: type, startFrame: first.frame, endFrame: last.frame, start: first.time,
            end: max(first.time, rounded6(next ?? end ?? last.time)), isOpenAtEnd: !isOver)
    }
}
