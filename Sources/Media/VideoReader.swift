internal import CFFmpeg
package import Frames

/// Limits that hold for any input, however it lies.
package struct MediaLimits: Sendable {
    /// Pixels of one picture; 8K video has 33 million.
    package var pixels: Int64 = 1 << 26
    package var streams = 256
    /// Bytes read to find out what the file is.
    package var probeBytes: Int64 = 8 << 20
    /// Decoder threads; more than one may give other pixels on damaged streams.
    package var threads = 1
    package init() {}
}

/// One video, read frame by frame from an open descriptor: demuxer, single decoder, timestamps and accounting.
///
/// Not Sendable: one video is one synchronous loop on one thread.
package final class VideoReader {
    package private(set) var info = VideoInfo()
    package private(set) var account = DecodeAccount()

    private let input: InputBytes
    private var format: UnsafeMutablePointer<AVFormatContext>
    private var codec: UnsafeMutablePointer<AVCodecContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private let stream: UnsafeMutablePointer<AVStream>
    private let scaler = Scaler()
    private var layout: PixelLayout?
    private var clock = TimestampClock()
    private var isDrained = false
    private var lastSize: (Int, Int)?

    /// Opens the default video stream of a file.
    ///
    /// - Parameters:
    ///   - descriptor: a regular file open for reading; closed when the reader goes.
    ///   - fileExtension: its name's, in lower case without the dot: raw streams are known by nothing else.
    package init(descriptor: Int32, fileExtension: String? = nil, limits: MediaLimits = MediaLimits())
        throws(DecodeError)
    {
        DecoderLog.install()
        input = try InputBytes(descriptor: descriptor)
        let opening = try InputFormats.opening(descriptor: descriptor, fileExtension: fileExtension)
        guard let packet = av_packet_alloc() else { throw .outOfMemory }
        var owner: Unfinished? = Unfinished(packet: packet)
        let format: UnsafeMutablePointer<AVFormatContext>
        do throws(DecodeError) {
            format = try VideoReader.openContainer(input, opening.demuxer, limits)
        } catch {
            throw opening.explain(error)
        }
        owner?.format = format
        let stream = try VideoReader.chooseStream(format)
        let codec = try VideoReader.openDecoder(stream, limits)
        owner?.release()
        owner = nil
        self.packet = packet
        self.format = format
        self.stream = stream
        self.codec = codec
        info = VideoReader.describe(format, stream, codec)
        info.decoderThreads = limits.threads
        clock = TimestampClock(stream: stream, format: format)
        _ = DecoderLog.take()
    }

    /// Frees what was made when a later step of `init` throws.
    private final class Unfinished {
        var packet: UnsafeMutablePointer<AVPacket>?
        var format: UnsafeMutablePointer<AVFormatContext>?

        init(packet: UnsafeMutablePointer<AVPacket>) { self.packet = packet }

        func release() {
            packet = nil
            format = nil
        }

        deinit {
            if packet != nil { av_packet_free(&packet) }
            if format != nil { avformat_close_input(&format) }
        }
    }

    deinit {
        var ownedPacket: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&ownedPacket)
        var ownedCodec: UnsafeMutablePointer<AVCodecContext>? = codec
        avcodec_free_context(&ownedCodec)
        var ownedFormat: UnsafeMutablePointer<AVFormatContext>? = format
        avformat_close_input(&ownedFormat)
    }

    /// Decodes the next frame; nil at the end. Damage is counted, not thrown.
    ///
    /// - Throws: ``DecodeError`` when nothing further can be decoded at all (no memory, no conversion).
    /// - Complexity: one frame's decoding; the picture is not copied unless its format must be converted.
    package func next() throws(DecodeError) -> (picture: Picture, time: FrameTime)? {
        while true {
            let frame = try OwnedFrame()
            let status = avcodec_receive_frame(codec, frame.pointer)
            if status >= 0 {
                let result = try take(frame)
                collectFaults(nil)
                return result
            }
            if status == fb_error_eof() {
                collectFaults(nil)
                account.isVariable = clock.isVariable
                account.coveredDuration = clock.covered
                account.gaps = clock.gaps
                return nil
            }
            if status == fb_error_again() {
                feed()
            } else {
                if status == fb_error_nomem() { throw .outOfMemory }
                collectFaults(Media.describe(status: status))
            }
        }
    }

    /// Hands the decoder one more packet of our stream, or the end.
    private func feed() {
        guard !isDrained else { return }
        while true {
            let status = av_read_frame(format, packet)
            if status < 0 {
                if status != fb_error_eof(), let demuxer = InputFormats.endedBy(format) {
                    for line in DecoderLog.take() where !line.hasPrefix(demuxer + ":") { account.fault(line) }
                } else if status != fb_error_eof() {
                    account.endedEarly = true
                    collectFaults("demux: " + Media.describe(status: status))
                }
                isDrained = true
                avcodec_send_packet(codec, nil)
                return
            }
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            account.demuxedPackets += 1
            // An empty packet would tell the decoder that the stream has ended.
            guard packet.pointee.size > 0 else { continue }
            let sent = avcodec_send_packet(codec, packet)
            if sent < 0, sent != fb_error_again() { collectFaults(Media.describe(status: sent)) }
            return
        }
    }

    /// Counts what the libraries logged since the last call; a failing status without a line is a fault of its own.
    private func collectFaults(_ status: String?) {
        let lines = DecoderLog.take()
        for line in lines {
            if line.contains("ended prematurely") || line.contains("partial file") { account.endedEarly = true }
            account.fault(line)
        }
        if let status, lines.isEmpty { account.fault(status) }
    }

    private func take(_ frame: OwnedFrame) throws(DecodeError) -> (picture: Picture, time: FrameTime) {
        let raw = frame.pointer.pointee
        let index = account.decodedFrames
        account.decodedFrames += 1
        if raw.flags & AV_FRAME_FLAG_CORRUPT != 0 || raw.decode_error_flags != 0 { account.corruptFrames += 1 }
        if raw.decode_error_flags & FF_DECODE_ERROR_CONCEALMENT_ACTIVE != 0 { account.concealedFrames += 1 }
        let size = (Int(raw.width), Int(raw.height))
        if let lastSize, lastSize != size { account.sizeChanges += 1 }
        lastSize = size
        let time = clock.stamp(raw, index: index, account: &account)
        return (try picture(frame), time)
    }

    private func picture(_ frame: OwnedFrame) throws(DecodeError) -> Picture {
        let format = AVPixelFormat(frame.pointer.pointee.format)
        if layout?.format != format { layout = PixelLayout(format) }
        guard let layout else { throw .conversion("unknown pixel format") }
        if info.pixelFormat.isEmpty { info.pixelFormat = layout.name }
        if layout.isReadInPlace { return try layout.picture(frame) }
        let target = layout.converted
        guard let targetLayout = PixelLayout(target) else { throw .conversion("unknown pixel format") }
        info.conversion = targetLayout.name
        let converted = try scaler.convert(
            frame, to: target, width: frame.pointer.pointee.width, height: frame.pointer.pointee.height)
        if layout.keepsRange { converted.pointer.pointee.color_range = frame.pointer.pointee.color_range }
        return try targetLayout.picture(converted)
    }
}

extension VideoReader {
    private static func openContainer(
        _ input: InputBytes, _ demuxer: UnsafePointer<AVInputFormat>?, _ limits: MediaLimits
    ) throws(DecodeError) -> UnsafeMutablePointer<AVFormatContext> {
        guard let allocated = avformat_alloc_context() else { throw .outOfMemory }
        allocated.pointee.pb = input.context
        allocated.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
        // Nothing but our descriptor is ever opened, whatever a demuxer wants.
        allocated.pointee.io_open = { _, _, _, _, _ in fb_error_invalid_data() }
        var options: OpaquePointer?
        av_dict_set(&options, "format_whitelist", InputFormats.whitelist, 0)
        av_dict_set(&options, "protocol_whitelist", "none", 0)
        av_dict_set_int(&options, "max_streams", Int64(limits.streams), 0)
        av_dict_set_int(&options, "probesize", limits.probeBytes, 0)
        defer { av_dict_free(&options) }
        var context: UnsafeMutablePointer<AVFormatContext>? = allocated
        let status = avformat_open_input(&context, nil, demuxer, &options)
        guard status >= 0, let context else {
            let lines = DecoderLog.take()
            // libavformat answers "no memory" here too, and says what it means only in its log.
            if lines.contains(where: { $0.contains("max_streams") }) { throw .tooManyStreams(limits.streams) }
            if status == fb_error_nomem() { throw .outOfMemory }
            if lines.contains(where: { $0.contains("whitelist") }) { throw .containerNotAllowed }
            if status == fb_error_invalid_data(), lines.isEmpty { throw .containerNotAllowed }
            throw .container(lines.last ?? Media.describe(status: status))
        }
        let found = avformat_find_stream_info(context, nil)
        if found < 0 || context.pointee.nb_streams > UInt32(limits.streams) {
            var owned: UnsafeMutablePointer<AVFormatContext>? = context
            let many = context.pointee.nb_streams > UInt32(limits.streams)
            avformat_close_input(&owned)
            throw many ? .tooManyStreams(limits.streams) : .container(Media.describe(status: found))
        }
        return context
    }

    /// The stream a player would show: the one marked default, else the first, never an attached picture.
    private static func chooseStream(_ format: UnsafeMutablePointer<AVFormatContext>) throws(DecodeError)
        -> UnsafeMutablePointer<AVStream>
    {
        let videos = videoStreams(format)
        let isDefault = { (stream: UnsafeMutablePointer<AVStream>) in
            stream.pointee.disposition & AV_DISPOSITION_DEFAULT != 0
        }
        guard let chosen = videos.first(where: isDefault) ?? videos.first else { throw .noVideo }
        for index in 0..<Int(format.pointee.nb_streams) {
            guard let stream = format.pointee.streams[index], stream != chosen else { continue }
            stream.pointee.discard = AVDISCARD_ALL
        }
        return chosen
    }

    private static func videoStreams(_ format: UnsafeMutablePointer<AVFormatContext>)
        -> [UnsafeMutablePointer<AVStream>]
    {
        (0..<Int(format.pointee.nb_streams)).compactMap { format.pointee.streams[$0] }.filter {
            $0.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
                && $0.pointee.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS) == 0
        }
    }

    private static func openDecoder(_ stream: UnsafeMutablePointer<AVStream>, _ limits: MediaLimits)
        throws(DecodeError) -> UnsafeMutablePointer<AVCodecContext>
    {
        guard let parameters = stream.pointee.codecpar else { throw .noVideo }
        guard let decoder = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw .codecMissing(InputFormats.codecName(parameters.pointee))
        }
        guard let context = avcodec_alloc_context3(decoder) else { throw .outOfMemory }
        var owned: UnsafeMutablePointer<AVCodecContext>? = context
        var status = avcodec_parameters_to_context(context, parameters)
        if status >= 0 {
            context.pointee.pkt_timebase = stream.pointee.time_base
            context.pointee.thread_count = Int32(clamping: limits.threads)
            context.pointee.max_pixels = limits.pixels
            status = avcodec_open2(context, decoder, nil)
        }
        guard status >= 0 else {
            avcodec_free_context(&owned)
            // The log says what is wrong with the stream; the status is often no more than "invalid argument".
            throw status == fb_error_nomem()
                ? .outOfMemory : .codec(DecoderLog.take().last ?? Media.describe(status: status))
        }
        return context
    }

    private static func describe(
        _ format: UnsafeMutablePointer<AVFormatContext>, _ stream: UnsafeMutablePointer<AVStream>,
        _ codec: UnsafeMutablePointer<AVCodecContext>
    ) -> VideoInfo {
        var info = VideoInfo()
        let raw = stream.pointee
        info.container = format.pointee.iformat?.pointee.name.map { String(cString: $0) } ?? ""
        info.codec = String(cString: avcodec_get_name(codec.pointee.codec_id))
        info.width = Int(codec.pointee.width)
        info.height = Int(codec.pointee.height)
        if let name = av_get_pix_fmt_name(codec.pointee.pix_fmt) { info.pixelFormat = String(cString: name) }
        info.realFrameRate = ratio(raw.r_frame_rate)
        info.averageFrameRate = ratio(raw.avg_frame_rate)
        info.timeBase = ratio(raw.time_base)
        info.streamIndex = Int(raw.index)
        info.videoStreams = videoStreams(format).count
        let unit = info.timeBase.value ?? 0
        if raw.start_time != fb_nopts() { info.startTime = rounded6(Double(raw.start_time) * unit) }
        if raw.duration != fb_nopts(), raw.duration > 0 {
            info.duration = rounded6(Double(raw.duration) * unit)
        } else if format.pointee.duration != fb_nopts(), format.pointee.duration > 0 {
            info.duration = rounded6(Double(format.pointee.duration) / 1_000_000)
        }
        if raw.nb_frames > 0 { info.declaredFrames = Int(raw.nb_frames) }
        // An AVI declares its duration as a count of ticks. Without its index FFmpeg puts a guess from the file's size
        // in that place, which would make a file that was cut look whole.
        if info.container == "avi", raw.nb_frames > 0, unit > 0 {
            info.duration = max(info.duration ?? 0, rounded6(Double(raw.nb_frames) * unit))
        }
        info.colorRange = known(av_color_range_name(codec.pointee.color_range))
        info.colorSpace = known(av_color_space_name(codec.pointee.colorspace))
        info.colorPrimaries = known(av_color_primaries_name(codec.pointee.color_primaries))
        info.colorTransfer = known(av_color_transfer_name(codec.pointee.color_trc))
        info.fieldOrder =
            switch raw.codecpar.pointee.field_order {
            case AV_FIELD_PROGRESSIVE: "progressive"
            case AV_FIELD_TT, AV_FIELD_TB: "top first"
            case AV_FIELD_BB, AV_FIELD_BT: "bottom first"
            default: nil
            }
        if let matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, nil) {
            let angle = matrix.withMemoryRebound(to: Int32.self, capacity: 9) { av_display_rotation_get($0) }
            if angle.isFinite { info.rotation = ((Int((-angle).rounded()) % 360) + 360) % 360 }
        }
        return info
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
