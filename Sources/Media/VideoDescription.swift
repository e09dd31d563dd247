internal import CFFmpeg
internal import Frames

extension VideoInfo {
    /// What container and decoder say before a frame is decoded; the duration is judged elsewhere.
    init(_ demuxer: Demuxer, _ decoder: VideoDecoder) {
        self.init()
        let (format, stream) = (demuxer.format, demuxer.stream)
        let (raw, context) = (stream.pointee, decoder.context.pointee)
        container = format.pointee.iformat?.pointee.name.map { String(cString: $0) } ?? ""
        codec = String(cString: avcodec_get_name(context.codec_id))
        width = Int(context.width)
        height = Int(context.height)
        if let name = av_get_pix_fmt_name(context.pix_fmt) { pixelFormat = String(cString: name) }
        realFrameRate = VideoInfo.ratio(raw.r_frame_rate)
        averageFrameRate = VideoInfo.ratio(raw.avg_frame_rate)
        timeBase = VideoInfo.ratio(raw.time_base)
        streamIndex = Int(raw.index)
        videoStreams = demuxer.videoStreams
        let unit = timeBase.value ?? 0
        if raw.start_time != fb_nopts() { startTime = rounded6(Double(raw.start_time) * unit) }
        if raw.nb_frames > 0, raw.nb_frames < Int64(UInt32.max) { declaredFrames = Int(raw.nb_frames) }
        let total = format.pointee.duration
        if total != fb_nopts(), total > 0 { roughDuration = Double(total) / 1_000_000 }
        colorRange = VideoInfo.known(av_color_range_name(context.color_range))
        colorSpace = VideoInfo.known(av_color_space_name(context.colorspace))
        colorPrimaries = VideoInfo.known(av_color_primaries_name(context.color_primaries))
        colorTransfer = VideoInfo.known(av_color_transfer_name(context.color_trc))
        fieldOrder =
            switch raw.codecpar.pointee.field_order {
            case AV_FIELD_PROGRESSIVE: "progressive"
            case AV_FIELD_TT, AV_FIELD_TB: "top first"
            case AV_FIELD_BB, AV_FIELD_BT: "bottom first"
            default: nil
            }
        describeDisplay(format, stream)
    }

    private static func ratio(_ value: AVRational) -> Ratio {
        Ratio(numerator: Int(value.num), denominator: Int(value.den))
    }

    private static func known(_ name: UnsafePointer<CChar>?) -> String? {
        guard let name else { return nil }
        let text = String(cString: name)
        return text == "unknown" || text == "unspecified" ? nil : text
    }
}
