internal import CFFmpeg

/// A stream's decoder: the one owner of libavcodec's context.
final class VideoDecoder {
    let context: UnsafeMutablePointer<AVCodecContext>
    private let allocationFailed: UnsafeMutablePointer<Int32>

    /// Whether there was no memory for a picture, at any time. Decoders make an error of the stream of that.
    var isOutOfMemory: Bool { fb_has_failed(allocationFailed) != 0 }

    /// Opens the decoder of a stream.
    init(_ stream: UnsafeMutablePointer<AVStream>, _ limits: MediaLimits) throws(DecodeError) {
        guard let parameters = stream.pointee.codecpar else { throw .noVideo }
        guard let decoder = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw .codecMissing(InputFormats.codecName(parameters.pointee))
        }
        guard let context = avcodec_alloc_context3(decoder) else { throw .outOfMemory }
        let allocationFailed = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        allocationFailed.initialize(to: 0)
        var status = avcodec_parameters_to_context(context, parameters)
        if status >= 0 {
            context.pointee.pkt_timebase = stream.pointee.time_base
            context.pointee.thread_count = Int32(clamping: limits.threads)
            context.pointee.max_pixels = limits.pixels
            fb_watch_memory(context, allocationFailed)
            status = avcodec_open2(context, decoder, nil)
        }
        self.context = context
        self.allocationFailed = allocationFailed
        guard status >= 0 else {
            // The log says what is wrong with the stream; the status is often no more than "invalid argument".
            let lines = DecoderLog.take()
            if status == fb_error_nomem() || lines.contains(where: \.isOutOfMemory) { throw .outOfMemory }
            let parametersSize = (Int(parameters.pointee.width), Int(parameters.pointee.height))
            if let refusal = VideoDecoder.pictureLimit(lines, parametersSize, limits) { throw refusal }
            throw .codec(lines.last?.description ?? Media.describe(status: status))
        }
        MemoryNeed.tell(
            width: context.pointee.width, height: context.pointee.height, format: context.pointee.pix_fmt, limits)
    }

    deinit {
        var owned: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&owned)
        allocationFailed.deallocate()
    }

    /// The refusal of a picture over the limit, when that is what the decoder complains of.
    static func pictureLimit(_ lines: [LogLine], _ size: (Int, Int), _ limits: MediaLimits) -> DecodeError? {
        guard lines.contains(where: { $0.text.contains("exceeds specified max pixel count") }) else { return nil }
        return .pictureTooLarge(width: size.0, height: size.1, limit: limits.pixels)
    }
}
