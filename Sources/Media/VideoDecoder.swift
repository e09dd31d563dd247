internal import CFFmpeg

/// A stream's decoder: the one owner of libavcodec's context.
final class VideoDecoder {
    let context: UnsafeMutablePointer<AVCodecContext>
    /// How many pictures it decodes at once.
    let threads: Int
    private let watch: UnsafeMutablePointer<fb_watch>

    /// Whether there was no memory for a picture, at any time. Decoders make an error of the stream of that.
    var isOutOfMemory: Bool { fb_lacked_memory(watch) != 0 }

    /// Whether a picture was done, shown or not, of which the decoder made something up, or did not write all. The latter is
    /// looked for with several threads only: with one, what is left there of other pictures is always the same.
    var hasHoles: Bool { fb_saw_holes(watch) != 0 }

    /// Opens the decoder of a stream, with one thread where there are none to be had for more.
    static func open(
        _ stream: UnsafeMutablePointer<AVStream>, _ limits: MediaLimits
    ) throws(DecodeError) -> VideoDecoder {
        guard let parameters = stream.pointee.codecpar else { throw .noVideo }
        guard let decoder = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw .codecMissing(InputFormats.codecName(parameters.pointee))
        }
        let threads = FrameThreads.count(decoder, parameters.pointee, limits)
        if threads > 1, let opened = try? VideoDecoder(stream, parameters, decoder, threads, limits) { return opened }
        return try VideoDecoder(stream, parameters, decoder, 1, limits)
    }

    private init(
        _ stream: UnsafeMutablePointer<AVStream>, _ parameters: UnsafeMutablePointer<AVCodecParameters>,
        _ decoder: UnsafePointer<AVCodec>, _ threads: Int, _ limits: MediaLimits
    ) throws(DecodeError) {
        // Before there are threads, whose stacks count, too.
        if threads > 1 {
            MemoryNeed.tell(
                width: parameters.pointee.width, height: parameters.pointee.height,
                format: AVPixelFormat(parameters.pointee.format), threads: threads, limits)
        }
        guard let context = avcodec_alloc_context3(decoder) else { throw .outOfMemory }
        let watch = UnsafeMutablePointer<fb_watch>.allocate(capacity: 1)
        watch.initialize(to: fb_watch(no_memory: 0, has_holes: 0, looks: threads > 1 ? 1 : 0))
        var status = avcodec_parameters_to_context(context, parameters)
        if status >= 0 {
            context.pointee.pkt_timebase = stream.pointee.time_base
            context.pointee.thread_count = Int32(clamping: threads)
            context.pointee.thread_type = FF_THREAD_FRAME
            context.pointee.max_pixels = limits.pixels
            fb_watch_pictures(context, watch)
            status = avcodec_open2(context, decoder, nil)
        }
        self.context = context
        self.threads = threads
        self.watch = watch
        guard status >= 0 else {
            // The log says what is wrong with the stream; the status is often no more than "invalid argument".
            let lines = DecoderLog.take()
            if status == fb_error_nomem() || lines.contains(where: \.isOutOfMemory) { throw .outOfMemory }
            let parametersSize = (Int(parameters.pointee.width), Int(parameters.pointee.height))
            if let refusal = VideoDecoder.pictureLimit(lines, parametersSize, limits) { throw refusal }
            throw .codec(lines.last?.description ?? Media.describe(status: status))
        }
        MemoryNeed.tell(
            width: context.pointee.width, height: context.pointee.height, format: context.pointee.pix_fmt,
            threads: threads, limits)
    }

    /// Waits until no thread works any more, once the last picture is out: what they have to say is said then.
    func rest() { if threads > 1 { avcodec_flush_buffers(context) } }

    deinit {
        var owned: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&owned)
        watch.deallocate()
    }

    /// The refusal of a picture over the limit, when that is what the decoder complains of.
    static func pictureLimit(_ lines: [LogLine], _ size: (Int, Int), _ limits: MediaLimits) -> DecodeError? {
        guard lines.contains(where: { $0.text.contains("exceeds specified max pixel count") }) else { return nil }
        return .pictureTooLarge(width: size.0, height: size.1, limit: limits.pixels)
    }
}
