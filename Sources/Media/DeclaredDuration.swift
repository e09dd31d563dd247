internal import CFFmpeg
internal import Frames

/// How long a container says that its video lasts, on the clock of the video's first picture.
///
/// Many containers know a duration of the file only, which sound and subtitles may make longer than the picture.
struct DeclaredDuration {
    /// Seconds, of the video's own track.
    var own: Double?
    /// Seconds from the video's start to the end of the whole file, where the container tells no more.
    var file: Double?
    /// Seconds on the container's clock at which the whole file ends.
    private var fileEnd: Double?

    /// What to go by before anything is read.
    var expected: Double? { own ?? file }

    /// What the video is held to when everything is read.
    ///
    /// - Parameter othersEnd: seconds on the container's clock that another stream reaches. One that lasts as long as the
    ///   file accounts for the file's duration, which then says nothing of the picture.
    func settled(othersEnd: Double?) -> Double? {
        if let own { return own }
        guard let file, let fileEnd else { return nil }
        if let othersEnd, othersEnd > fileEnd - max(1, 0.01 * fileEnd) { return nil }
        return file
    }

    init(_ stream: UnsafeMutablePointer<AVStream>, _ format: UnsafeMutablePointer<AVFormatContext>) {
        let raw = stream.pointee
        let name = format.pointee.iformat?.pointee.name.map { String(cString: $0) } ?? ""
        let unit = raw.time_base.den != 0 ? Double(raw.time_base.num) / Double(raw.time_base.den) : 0
        let start = raw.start_time != fb_nopts() ? max(0, Double(raw.start_time) * unit) : 0
        // What FFmpeg worked out from packets at the end of the file or from its size is what is there, no claim.
        let isClaim = format.pointee.duration_estimation_method == AVFMT_DURATION_FROM_STREAM
        let names = Set(name.split(separator: ",").map(String.init))
        if names.contains("avi") {
            // An AVI declares a count of ticks from its beginning on. Without its index FFmpeg puts a guess from the
            // file's size in place of the duration, which would make a file that was cut look whole.
            if raw.nb_frames > 0, raw.nb_frames < DeclaredDuration.unknown32, unit > 0 {
                own = positive(Double(raw.nb_frames) * unit - start)
            }
            return
        }
        guard isClaim else { return }
        if names.isDisjoint(with: DeclaredDuration.fileOnly) {
            guard raw.duration != fb_nopts(), raw.duration > 0, !DeclaredDuration.isUnknown(raw.duration) else {
                return
            }
            own = positive(Double(raw.duration) * unit)
            return
        }
        // What FFmpeg gives as the file's duration is made of the streams' where they have one, late starts added.
        let total = format.pointee.duration
        let isOnStream = raw.duration != fb_nopts() && raw.duration > 0
        guard isOnStream || total != fb_nopts() && total > 0 else { return }
        let end = isOnStream ? Double(raw.duration) * unit : Double(total) / 1_000_000
        if let tag = DeclaredDuration.tag(stream), tag <= end + 1 {
            // mkvmerge's statistics give the track's own length, others the time at which it ends.
            let isLength = av_dict_get(raw.metadata, "_STATISTICS_TAGS", nil, AV_DICT_IGNORE_SUFFIX) != nil
            own = positive(isLength ? tag : tag - start)
            return
        }
        fileEnd = end
        // A clock that starts behind the file's whole duration does not count from the file's start.
        file = positive(start < end ? end - start : end)
    }

    /// FFmpeg's demuxers that give every stream the duration of the file.
    private static let fileOnly: Set<String> = ["matroska", "webm", "flv", "live_flv", "asf", "asf_o", "rm", "wtv"]

    private static let unknown32 = Int64(UInt32.max)

    /// All ones stand for "unknown" in ISO files (ISO/IEC 14496-12, 8.4.2.3), and come as the number they look like.
    private static func isUnknown(_ ticks: Int64) -> Bool { ticks == unknown32 || ticks >= Int64.max - 1 }

    private func positive(_ seconds: Double) -> Double? {
        seconds.isFinite && seconds > 0 ? rounded6(seconds) : nil
    }

    /// Matroska's tag `DURATION` of the track: `00:00:12.000000000`, in seconds.
    private static func tag(_ stream: UnsafeMutablePointer<AVStream>) -> Double? {
        guard let entry = av_dict_get(stream.pointee.metadata, "DURATION", nil, AV_DICT_IGNORE_SUFFIX),
            let value = entry.pointee.value
        else { return nil }
        let parts = String(cString: value).split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2] else { return nil }
        let total = hours * 3600 + minutes * 60 + seconds
        return total > 0 ? total : nil
    }
}
