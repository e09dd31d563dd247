package import Bytes

/// How far a job is, as the protocol tells it.
package struct Progress: Equatable, Sendable {
    /// A traversal of a video that needs more than one.
    package struct Pass: Equatable, Sendable {
        package var tool: String
        package var completed: Int
        package var total: Int

        package init(tool: String, completed: Int, total: Int) {
            self.tool = tool
            self.completed = completed
            self.total = total
        }

        /// For people: `people/people 2/3`.
        package var label: String { "\(tool) \(min(completed + 1, total))/\(total)" }

        /// The members that tell it, in the log and wherever else progress is told.
        package var members: [JSON.Member] {
            [
                JSON.Member("current_tool", .string(tool)), JSON.Member("tools_total", .int(total)),
                JSON.Member("tools_completed", .int(completed)),
            ]
        }

        /// Nil where one of the members is missing.
        package init?(_ json: JSON) {
            guard let tool = json["current_tool"]?.string, let total = json["tools_total"]?.int,
                let completed = json["tools_completed"]?.int
            else { return nil }
            self.init(tool: tool, completed: completed, total: total)
        }

        /// The last of these passes, as far as its name is known.
        package var last: Pass { Pass(tool: tool, completed: max(completed, total - 1), total: total) }
    }

    /// Counted from 1; 0 before the first frame.
    package var currentFrame: Int
    /// 0 while unknown.
    package var totalFrames: Int
    /// As a log says; a writer computes it once, a reader takes it over.
    package var percent: Int
    package var pass: Pass?

    package init(currentFrame: Int, totalFrames: Int, pass: Pass? = nil) {
        self.currentFrame = currentFrame
        self.totalFrames = totalFrames
        self.pass = pass
        percent = Progress.percent(
            currentFrame, of: totalFrames, pass: pass?.completed ?? 0, passes: pass?.total ?? 1)
    }

    init(currentFrame: Int, totalFrames: Int, percent: Int, pass: Pass?) {
        self.currentFrame = currentFrame
        self.totalFrames = totalFrames
        self.percent = percent
        self.pass = pass
    }

    /// A percentage for a person to see: that of the log where the total is known, else one of the estimated total, which is
    /// never past 99; nil where there is neither.
    package func shownPercent(estimatedTotal: Int?) -> Int? {
        if totalFrames > 0 { return percent }
        guard let estimatedTotal, estimatedTotal > 0 else { return nil }
        return min(
            99,
            Progress.percent(currentFrame, of: estimatedTotal, pass: pass?.completed ?? 0, passes: pass?.total ?? 1))
    }

    /// The one place where a percentage is computed: rounded down, 0…100, 0 while the total is unknown. Each of several
    /// passes has equal weight.
    package static func percent(_ current: Int, of total: Int, pass: Int = 0, passes: Int = 1) -> Int {
        guard total > 0, current > 0 || pass > 0, passes > 0 else { return 0 }
        // What a container declares or a worker says may be any number; no product of these overflows 128 bits.
        let whole = UInt128(total)
        let part = UInt128(min(max(0, current), total))
        let all = min(passes, 1000)
        let done = UInt128(min(max(0, pass), all)) * whole + part
        return Int(min(100, 100 * done / (UInt128(all) * whole)))
    }
}

/// Decides which frames are told, and with which total, so that a percentage never falls and no total is made up.
///
/// The frame that reaches the known total is held until the decoder has answered: after a further frame the total is
/// one more than the held frame's number, at the end it is that number.
package struct ProgressPacer {
    package typealias Step = (current: Int, total: Int)

    private let declared: Int
    /// Nanoseconds between two steps; 0 tells every frame.
    private let interval: UInt64
    private var held: Int?
    private var lastTime: UInt64?
    private var last: Step?

    /// - Parameter declared: the container's claim, 0 when it makes none.
    package init(declared: Int, interval: UInt64) {
        self.declared = max(0, declared)
        self.interval = interval
    }

    /// Takes the number of a decoded frame, from 1. `now` is any monotonic clock in nanoseconds.
    package mutating func frame(_ number: Int, now: UInt64) -> Step? {
        defer { held = declared > 0 && number >= declared ? number : nil }
        // What is told is the frame before, once it is known not to be the last.
        if let held { return due((held, held + 1), now) }
        guard declared == 0 || number < declared else { return nil }
        return due((number, declared), now)
    }

    /// The decoder has no more: n of n. Nil when there was no frame, or that was told already.
    package mutating func finish(frames: Int) -> Step? {
        guard frames > 0 else { return nil }
        if let last, last == (frames, frames) { return nil }
        return (frames, frames)
    }

    private mutating func due(_ step: Step, _ now: UInt64) -> Step? {
        if let lastTime, now &- lastTime < interval { return nil }
        lastTime = now
        last = step
        return step
    }
}
