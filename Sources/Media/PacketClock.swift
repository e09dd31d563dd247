internal import CFFmpeg

/// Joins the clock of a stream that begins anew or jumps, as FFmpeg's command does: the packet after the break follows
/// the one before it by that one's duration.
///
/// Clocks begin anew where recordings are joined byte by byte, as the cells of a DVD are, and where a recorder or a
/// sender started again. Containers that are made for that (FFmpeg's flag `AVFMT_TS_DISCONT`: transport and program
/// streams, Ogg) break where decoding times step back by over 0.1 s or on by over 10 s, `ffmpeg`'s own limits. In
/// others, where a picture may be held for as long as one likes, only steps back by over a second count.
struct PacketClock {
    private let unit: Double
    private let mayJump: Bool
    private let frame: Int64
    private var offset: Int64 = 0
    /// The decoding time of the last packet and of the next, after joining.
    private var last: Int64?
    private var next: Int64?
    private(set) var restarts = 0

    init(unit: Double, mayJump: Bool, frame: Int64) {
        self.unit = unit
        self.mayJump = mayJump
        self.frame = frame
    }

    init(_ stream: UnsafeMutablePointer<AVStream>, _ format: UnsafeMutablePointer<AVFormatContext>) {
        let base = stream.pointee.time_base
        let unit = base.den != 0 ? Double(base.num) / Double(base.den) : 0
        let rate = stream.pointee.avg_frame_rate.num > 0 ? stream.pointee.avg_frame_rate : stream.pointee.r_frame_rate
        let seconds = rate.num > 0 && rate.den > 0 ? Double(rate.den) / Double(rate.num) : 0.04
        let flags = format.pointee.iformat?.pointee.flags ?? 0
        self.init(
            unit: unit, mayJump: flags & AVFMT_TS_DISCONT != 0,
            frame: unit > 0 ? Int64(clamping: Int((seconds / unit).rounded())) : 1)
    }

    mutating func join(_ packet: UnsafeMutablePointer<AVPacket>) {
        let times = join(dts: packet.pointee.dts, pts: packet.pointee.pts, duration: packet.pointee.duration)
        (packet.pointee.dts, packet.pointee.pts) = (times.dts, times.pts)
    }

    /// - Returns: the packet's times on the joined clock.
    mutating func join(dts: Int64, pts: Int64, duration: Int64) -> (dts: Int64, pts: Int64) {
        if dts != fb_nopts(), unit > 0 {
            var now = moved(dts)
            if let last, let next {
                let back = Double(last &- now) * unit
                let ahead = Double(now &- next) * unit
                let isRestart = last.subtractingReportingOverflow(now).overflow || back > (mayJump ? 0.1 : 1)
                if isRestart || (mayJump && ahead > 10) {
                    restarts += 1
                    offset = next &- dts
                    now = next
                }
            }
            last = now
            next = now &+ (duration > 0 ? duration : frame)
        }
        return (dts == fb_nopts() ? dts : moved(dts), pts == fb_nopts() ? pts : moved(pts))
    }

    private func moved(_ ticks: Int64) -> Int64 { ticks &+ offset }
}
