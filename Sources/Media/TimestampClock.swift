internal import CFFmpeg
internal import Frames

/// Turns a stream's timestamps into seconds since its start, and counts what is odd about them.
///
/// All arithmetic on a file's numbers is overflow-checked: a lie in a header must not end the worker.
struct TimestampClock {
    private var unit = 0.0
    private var start: Int64?
    private var nominal: Double?
    private var last: Int64?
    private var highest: Int64?
    private var shortest = Int64.max
    private var longest: Int64 = 0
    private(set) var gaps = 0
    private(set) var covered: Double?

    init() {}

    init(stream: UnsafeMutablePointer<AVStream>, format: UnsafeMutablePointer<AVFormatContext>) {
        let base = stream.pointee.time_base
        unit = base.den != 0 ? Double(base.num) / Double(base.den) : 0
        if stream.pointee.start_time != fb_nopts() { start = stream.pointee.start_time }
        let rate = stream.pointee.avg_frame_rate.num > 0 ? stream.pointee.avg_frame_rate : stream.pointee.r_frame_rate
        if rate.num > 0, rate.den > 0 { nominal = Double(rate.den) / Double(rate.num) }
    }

    /// Steps differ by more than the container's rounding (two ticks and 5 %).
    var isVariable: Bool {
        guard longest > 0, shortest != .max, longest > shortest else { return false }
        let spread = longest - shortest
        return spread > 2 && Double(spread) > 0.05 * Double(longest)
    }

    mutating func stamp(_ frame: AVFrame, index: Int, account: inout DecodeAccount) -> FrameTime {
        let ticks = frame.best_effort_timestamp
        let shown = frame.pkt_duration > 0 ? Double(frame.pkt_duration) * unit : nominal
        guard ticks != fb_nopts(), unit > 0 else {
            account.missingTimestamps += 1
            return FrameTime(index: index, time: nil, duration: shown)
        }
        let origin = start ?? ticks
        start = origin
        if let highest, ticks < highest {
            account.backwardTimestamps += 1
            last = ticks
            return FrameTime(index: index, time: nil, duration: shown)
        }
        if let last {
            let (step, overflow) = ticks.subtractingReportingOverflow(last)
            if !overflow {
                if step == 0 { account.repeatedTimestamps += 1 }
                if step > 0 {
                    shortest = min(shortest, step)
                    longest = max(longest, step)
                    let seconds = Double(step) * unit
                    // A gap is a hole that a viewer notices: over a second and over ten frames' time.
                    if seconds > 1, seconds > 10 * (nominal ?? 0.04) { gaps += 1 }
                }
            }
        }
        last = ticks
        highest = ticks
        let (distance, overflow) = ticks.subtractingReportingOverflow(origin)
        let time = overflow ? nil : rounded6(Double(distance) * unit)
        if let time { covered = rounded6(time + (shown ?? 0)) }
        return FrameTime(index: index, time: time, duration: shown)
    }
}
