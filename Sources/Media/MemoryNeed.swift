internal import CFFmpeg

/// How much memory decoding and measuring a video of a given picture size may take.
enum MemoryNeed {
    /// Bytes of address space that code, libraries, demuxing and the tools take, whatever the picture's size.
    private static let base: Int64 = 512 << 20
    /// Pictures alive at once: 16 references (the most of H.264 and HEVC), those waiting for output, and the ones that
    /// are measured, compared with and converted.
    private static let pictures: Int64 = 26
    /// Bytes of address space that a thread of the decoder takes besides pictures: its stack, 8 MiB by custom, and its copy of
    /// the decoder's tables.
    private static let thread: Int64 = 12 << 20

    /// Bytes for pictures of this size, decoded by so many threads; nil where the size makes no sense.
    static func bytes(width: Int32, height: Int32, format: AVPixelFormat, threads: Int) -> Int64? {
        guard width > 0, height > 0 else { return nil }
        // Where the container does not tell the format, as deep as it gets.
        let known = format == AV_PIX_FMT_NONE ? AV_PIX_FMT_YUV444P16LE : format
        let stored = av_image_get_buffer_size(known, width, height, 64)
        guard stored > 0 else { return nil }
        var one = Int64(stored)
        if let layout = PixelLayout(known), !layout.isReadInPlace {
            one += Int64(max(0, av_image_get_buffer_size(layout.converted, width, height, 64)))
        }
        // A fifth more for the edges around pictures, motion vectors and the like.
        let count = Int64(max(1, threads))
        return base + one * (pictures + 2 * count) / 5 * 6 + (count > 1 ? count * thread : 0)
    }

    static func tell(width: Int32, height: Int32, format: AVPixelFormat, threads: Int, _ limits: MediaLimits) {
        guard Int64(width) * Int64(height) <= limits.pixels,
            let bytes = bytes(width: width, height: height, format: format, threads: threads)
        else { return }
        limits.expectMemory?(bytes)
    }
}
