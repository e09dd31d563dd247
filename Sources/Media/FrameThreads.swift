internal import CFFmpeg

/// How many pictures a decoder works on at once, each on a thread of its own (FFmpeg's frame threads).
enum FrameThreads {
    /// The threads for a stream: as many as the limits allow and there is memory for, and one where the decoder has no
    /// frame threads or the pictures are small. Threads within a picture (slices) are not used: which of them find damage
    /// first would show in what they conceal.
    static func count(
        _ decoder: UnsafePointer<AVCodec>, _ parameters: AVCodecParameters, _ limits: MediaLimits
    ) -> Int {
        let pixels = Int64(parameters.width) * Int64(parameters.height)
        // With memory of ours for its pictures, so that those with holes are seen.
        let needed = AV_CODEC_CAP_FRAME_THREADS | AV_CODEC_CAP_DR1
        guard limits.threads > 1, decoder.pointee.capabilities & needed == needed,
            parameters.width > 0, parameters.height > 0, pixels >= limits.threadedPixels
        else { return 1 }
        if limits.memory <= 0 { return limits.threads }
        return (2...limits.threads).last { count in
            let need = MemoryNeed.bytes(
                width: parameters.width, height: parameters.height, format: AVPixelFormat(parameters.format),
                threads: count)
            return need.map { $0 <= limits.memory } ?? false
        } ?? 1
    }
}
