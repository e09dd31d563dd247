internal import CFFmpeg
internal import Frames

/// Turns a stream's timestamps into seconds since its start, and counts what is odd about them.
///
/// A frame without a timestamp follows the one before it by that one's duration, or by the frame rate's. All arithmetic
/// on a file's numbers is overflow-checked: a lie in a header must not end the worker.
struct TimestampClock {
    private let unit: Double
    private var start: Int64?
    /// Seconds a frame is shown by the frame rate; nil when none is known.
    private let nominal: Double?
    private var last: (ticks: Int64, stated: Double)?
    private var highest: Int64?
    /// The last frame's time and the seconds that it is shown.
    private var lastTime: (start: Double, shown: Double)?
    /// Whether the last frame's time was counted, for want of a timestamp.
    private var isCounting = false
    /// Seconds that counted frames went ahead of the timestamps that came after them.
    private var shift = 0.0
    private var shortest = Int64.max
    private var longest: Int64 = 0
    private(set) var gaps = 0
    /// Steps of two frames or more, by the frame rate and by what the container says.
    private(set) var holes = 0
    /// The longest of the last packets' durations. Where frames are stored in another order than they are shown in, the
    /// one that is held is not the one whose packet says so.
    private var held = RecentMost()
    private(set) var covered: Double?

    init(unit: Double, start: Int64?, nominal: Double?) {
        self.unit = unit
        self.start = start
        self.nominal = nominal
    }

    init(_ stream: UnsafeMutablePointer<AVStream>, _ format: UnsafeMutablePointer<AVFormatContext>) {
        let base = stream.pointee.time_base
        let rate = stream.pointee.avg_frame_rate.num > 0 ? stream.pointee.avg_frame_rate : stream.pointee.r_frame_rate
        let first = stream.pointee.start_time
        // FFmpeg gives the pictures of a raw Dirac stream numbers for times, in a unit of 1/1200000 of a second.
        let hasTimes = format.pointee.iformat?.pointee.name.map { String(cString: $0) != "dirac" } ?? true
        self.init(
            unit: hasTimes && base.den != 0 ? Double(base.num) / Double(base.den) : 0,
            start: first != fb_nopts() ? first : nil,
            nominal: rate.num > 0 && rate.den > 0 ? Double(rate.den) / Double(rate.num) : nil)
    }

    /// Steps differ by more than the container's rounding (two ticks and 5 %).
    var isVariable: Bool {
        guard longest > 0, shortest != .max, longest > shortest else { return false }
        let spread = longest - shortest
        return spread > 2 && Double(spread) > 0.05 * Double(longest)
    }

    /// Takes note of a packet on its way to the decoder: for how many ticks the container says that its picture is shown.
    mutating func note(duration: Int64) { held.add(Double(max(0, duration))) }

    /// The time of the next frame that came out of the decoder.
    ///
    /// - Parameters:
    ///   - ticks: its timestamp in units of the stream, or FFmpeg's sign for none.
    ///   - duration: ticks for which the container says that it is shown; 0 when it does not say.
    mutating func stamp(_ ticks: Int64, duration: Int64, index: Int, account: inout DecodeAccount) -> FrameTime {
        let stated = duration > 0 ? Double(duration) * unit : 0
        let shown = stated > 0 ? stated : nominal
        guard ticks != fb_nopts(), unit > 0 else {
            account.missingTimestamps += 1
            return FrameTime(index: index, time: count(shown), duration: shown)
        }
        let origin = start ?? ticks
        start = origin
        let (distance, overflow) = ticks.subtractingReportingOverflow(origin)
        guard !overflow, let time = place(Double(distance) * unit, ticks) else {
            account.backwardTimestamps += 1
            last = (ticks, stated)
            return FrameTime(index: index, time: nil, duration: shown)
        }
        note(ticks, &account)
        last = (ticks, stated)
        highest = max(highest ?? ticks, ticks)
        end(time, shown)
        isCounting = false
        return FrameTime(index: index, time: time, duration: shown)
    }

    /// Seconds a frame is shown where nothing tells: FFmpeg's rate for streams without one, 25 a second.
    private static let assumed = 0.04

    /// The time of a frame without a timestamp.
    private mutating func count(_ shown: Double?) -> Double {
        let shown = shown ?? TimestampClock.assumed
        isCounting = true
        let time = rounded6(lastTime.map { $0.start + $0.shown } ?? 0)
        end(time, shown)
        return time
    }

    /// A timestamp's place on the timeline; nil when it steps back.
    private mutating func place(_ seconds: Double, _ ticks: Int64) -> Double? {
        var time = rounded6(seconds + shift)
        if isCounting, let lastTime, time < lastTime.start {
            shift += lastTime.start + lastTime.shown - time
            time = rounded6(seconds + shift)
        } else if let highest, ticks < highest {
            return nil
        }
        return time
    }

    private mutating func end(_ time: Double, _ shown: Double?) {
        lastTime = (time, shown ?? 0)
        covered = rounded6(time + (shown ?? 0))
    }

    private mutating func note(_ ticks: Int64, _ account: inout DecodeAccount) {
        guard let last else { return }
        let (step, overflow) = ticks.subtractingReportingOverflow(last.ticks)
        guard !overflow else { return }
        if step == 0 { account.repeatedTimestamps += 1 }
        guard step > 0 else { return }
        shortest = min(shortest, step)
        longest = max(longest, step)
        // A gap is a hole that a viewer notices: over a second and over ten frames' time longer than the container says
        // that the picture before it is shown.
        let seconds = Double(step) * unit
        if let nominal, seconds > 1.75 * max(nominal, last.stated) { holes += 1 }
        let hole = seconds - max(last.stated, held.most * unit)
        if hole > 1, hole > 10 * (nominal ?? 0.04) { gaps += 1 }
    }
}

/// The greatest of the last 32 values: twice as many pictures as any codec reorders.
private struct RecentMost {
    private var values = [Double](repeating: 0, count: 32)
    private var next = 0

    var most: Double { values.max() ?? 0 }

    mutating func add(_ value: Double) {
        values[next] = value
        next = (next + 1) % values.count
    }
}
