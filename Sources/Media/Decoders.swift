internal import CFFmpeg

/// Which codecs the linked FFmpeg decodes.
package enum Decoders {
    /// Those that most videos are made with, by FFmpeg's names.
    package static let common = [
        "h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg", "prores", "dnxhd", "ffv1",
        "h263", "flv1", "msmpeg4v3", "wmv2", "wmv3", "vc1", "theora", "rv40", "svq3", "cinepak", "dvvideo", "huffyuv",
        "utvideo", "qtrle", "gif", "apng", "rawvideo",
    ]

    /// Those of them that it does not.
    package static let missing = common.filter { !isDecoded($0) }

    private static func isDecoded(_ codec: String) -> Bool {
        guard let descriptor = avcodec_descriptor_get_by_name(codec),
            let decoder = avcodec_find_decoder(descriptor.pointee.id)
        else { return false }
        // FFmpeg's own decoder of AV1 needs a graphics card.
        return codec != "av1" || String(cString: decoder.pointee.name) != "av1"
    }
}
