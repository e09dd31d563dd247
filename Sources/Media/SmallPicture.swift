internal import CFFmpeg
package import Frames

/// A small full-range YUV 4:2:0 picture in arrays, for stills: even sizes, no padding.
package struct SmallPicture: Sendable {
    /// Pixels, even.
    package let width: Int
    /// Pixels, even.
    package let height: Int
    /// Luma, then the two chroma planes of half the width and height; rows without padding.
    package var planes: [[UInt8]]

    package init(width: Int, height: Int, luma: UInt8 = 0) {
        precondition(width > 0 && height > 0 && width % 2 == 0 && height % 2 == 0, "4:2:0 has even sizes")
        self.width = width
        self.height = height
        let chroma = [UInt8](repeating: 128, count: width * height / 4)
        planes = [[UInt8](repeating: luma, count: width * height), chroma, chroma]
    }

    /// Copies another picture to a place inside this one.
    package mutating func draw(_ other: SmallPicture, x: Int, y: Int) {
        precondition(x % 2 == 0 && y % 2 == 0 && x + other.width <= width && y + other.height <= height)
        for index in 0..<3 {
            let shift = index == 0 ? 0 : 1
            let (count, rows) = (other.width >> shift, other.height >> shift)
            for row in 0..<rows {
                let target = ((y >> shift) + row) * (width >> shift) + (x >> shift)
                planes[index].replaceSubrange(
                    target..<target + count, with: other.planes[index][row * count..<(row + 1) * count])
            }
        }
    }
}

/// Makes small pictures of decoded ones.
package final class StillScaler {
    private let toner = StillToner()

    package init() {}

    /// A copy that fits into `width` x `height`, in proportion, never larger than the picture; nil for a picture that
    /// no decoder made.
    package func small(_ picture: Picture, fitting width: Int, _ height: Int) throws(DecodeError) -> SmallPicture? {
        guard let frame = picture.owner as? OwnedFrame else { return nil }
        let factor = min(1, Double(width) / Double(picture.width), Double(height) / Double(picture.height))
        let even = { (length: Int) in max(2, Int((Double(length) * factor / 2).rounded()) * 2) }
        return try toner.small(frame, of: picture, width: even(picture.width), height: even(picture.height))
    }
}

/// Writes JPEG with libavcodec's encoder, the same bytes for the same picture.
package enum JPEG {
    /// - Parameter quality: the quantiser scale, 2 (best) to 31.
    package static func encode(_ picture: SmallPicture, quality: Int32 = 6) throws(DecodeError) -> [UInt8] {
        guard let encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG) else { throw .codecMissing("mjpeg (encoder)") }
        var context = avcodec_alloc_context3(encoder)
        defer { avcodec_free_context(&context) }
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        guard let context, let packet else { throw .outOfMemory }
        context.pointee.width = Int32(picture.width)
        context.pointee.height = Int32(picture.height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUVJ420P
        context.pointee.color_range = AVCOL_RANGE_JPEG
        context.pointee.time_base = AVRational(num: 1, den: 25)
        context.pointee.flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT
        context.pointee.global_quality = quality * FF_QP2LAMBDA
        context.pointee.thread_count = 1
        guard avcodec_open2(context, encoder, nil) >= 0 else { throw .conversion("the JPEG encoder does not open") }
        let frame = try OwnedFrame()
        frame.pointer.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
        frame.pointer.pointee.width = Int32(picture.width)
        frame.pointer.pointee.height = Int32(picture.height)
        frame.pointer.pointee.color_range = AVCOL_RANGE_JPEG
        frame.pointer.pointee.quality = quality * FF_QP2LAMBDA
        guard av_frame_get_buffer(frame.pointer, 0) >= 0 else { throw .outOfMemory }
        fill(frame, picture)
        guard avcodec_send_frame(context, frame.pointer) >= 0, avcodec_send_frame(context, nil) >= 0,
            avcodec_receive_packet(context, packet) >= 0, let data = packet.pointee.data
        else { throw .conversion("the JPEG encoder failed") }
        return Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size)))
    }

    private static func fill(_ frame: OwnedFrame, _ picture: SmallPicture) {
        let raw = frame.pointer.pointee
        let data = [raw.data.0, raw.data.1, raw.data.2]
        let strides = [raw.linesize.0, raw.linesize.1, raw.linesize.2]
        for index in 0..<3 {
            guard let base = data[index] else { continue }
            let count = index == 0 ? picture.width : picture.width / 2
            let rows = index == 0 ? picture.height : picture.height / 2
            picture.planes[index].withUnsafeBufferPointer { source in
                guard let start = source.baseAddress else { return }
                for row in 0..<rows {
                    (base + row * Int(strides[index])).update(from: start + row * count, count: count)
                }
            }
        }
    }
}
