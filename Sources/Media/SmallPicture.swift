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

    /// The same upside down, as water mirrors it.
    package func mirrored() -> SmallPicture {
        rearranged(width: width, height: height) { x, y, _, rows in (x, rows - 1 - y) }
    }

    /// The same after quarter turns clockwise.
    package func turned(_ quarters: Int) -> SmallPicture {
        switch ((quarters % 4) + 4) % 4 {
        case 1: rearranged(width: height, height: width) { x, y, columns, _ in (y, columns - 1 - x) }
        case 2: rearranged(width: width, height: height) { x, y, columns, rows in (columns - 1 - x, rows - 1 - y) }
        case 3: rearranged(width: height, height: width) { x, y, _, rows in (rows - 1 - y, x) }
        default: self
        }
    }

    /// A picture whose samples are these in other places.
    ///
    /// - Parameter source: the place here of a sample there, in a plane of so many columns and rows there.
    private func rearranged(
        width: Int, height: Int, source: (_ x: Int, _ y: Int, _ columns: Int, _ rows: Int) -> (x: Int, y: Int)
    ) -> SmallPicture {
        var result = SmallPicture(width: width, height: height)
        for index in 0..<3 {
            let shift = index == 0 ? 0 : 1
            let (columns, rows, stride) = (width >> shift, height >> shift, self.width >> shift)
            for y in 0..<rows {
                for x in 0..<columns {
                    let place = source(x, y, columns, rows)
                    result.planes[index][y * columns + x] = planes[index][place.y * stride + place.x]
                }
            }
        }
        return result
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
    private let scaler = Scaler()

    package init() {}

    /// A copy as the picture is shown, upright and with square pixels, in proportion and never larger than shown; nil for
    /// a picture that no decoder made.
    ///
    /// - Parameters:
    ///   - long: pixels that its longer side may have.
    ///   - short: pixels that its shorter side may have.
    ///   - display: how it is shown.
    package func small(_ picture: Picture, long: Int, short: Int, display: DisplayGeometry) throws(DecodeError)
        -> SmallPicture?
    {
        guard let frame = picture.owner as? OwnedFrame else { return nil }
        let size = display.scaled(long: long, short: short)
        let small = try toner.small(
            try shown(frame, display.margins), of: picture, width: StillScaler.even(size.width),
            height: StillScaler.even(size.height))
        return (display.isMirrored ? small.mirrored() : small).turned(display.turns)
    }

    /// The picture in a frame of this size: scaled until it touches two of its sides, on black.
    package func fitted(_ picture: SmallPicture, width: Int, height: Int) throws(DecodeError) -> SmallPicture {
        guard (picture.width, picture.height) != (width, height) else { return picture }
        let factor = min(Double(width) / Double(picture.width), Double(height) / Double(picture.height))
        var inner = SmallPicture(
            width: min(width, StillScaler.even(Double(picture.width) * factor)),
            height: min(height, StillScaler.even(Double(picture.height) * factor)))
        let scaled = try scaler.convert(
            try picture.frame(), to: AV_PIX_FMT_YUVJ420P, width: Int32(inner.width), height: Int32(inner.height),
            keepsCodes: true)
        inner.planes = try StillToner.planes(scaled, UInt8.self, chromaShift: 1)
        var result = SmallPicture(width: width, height: height)
        result.draw(inner, x: (width - inner.width) / 4 * 2, y: (height - inner.height) / 4 * 2)
        return result
    }

    private static func even(_ length: Double) -> Int { max(2, Int((length / 2).rounded()) * 2) }

    /// A view of the same memory without the margins.
    private func shown(_ frame: OwnedFrame, _ margins: DisplayGeometry.Margins) throws(DecodeError) -> OwnedFrame {
        guard margins != DisplayGeometry.Margins() else { return frame }
        let view = try OwnedFrame()
        guard av_frame_ref(view.pointer, frame.pointer) >= 0 else { throw .outOfMemory }
        view.pointer.pointee.crop_top = margins.top
        view.pointer.pointee.crop_bottom = margins.bottom
        view.pointer.pointee.crop_left = margins.left
        view.pointer.pointee.crop_right = margins.right
        // A format whose planes cannot be cut is shown whole.
        return av_frame_apply_cropping(view.pointer, Int32(AV_FRAME_CROP_UNALIGNED)) >= 0 ? view : frame
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
        let frame = try picture.frame()
        frame.pointer.pointee.quality = quality * FF_QP2LAMBDA
        guard avcodec_send_frame(context, frame.pointer) >= 0, avcodec_send_frame(context, nil) >= 0,
            avcodec_receive_packet(context, packet) >= 0, let data = packet.pointee.data
        else { throw .conversion("the JPEG encoder failed") }
        return Array(UnsafeBufferPointer(start: data, count: Int(packet.pointee.size)))
    }
}

extension SmallPicture {
    /// A copy that FFmpeg can read.
    fileprivate func frame() throws(DecodeError) -> OwnedFrame {
        let frame = try OwnedFrame()
        frame.pointer.pointee.format = AV_PIX_FMT_YUVJ420P.rawValue
        frame.pointer.pointee.width = Int32(width)
        frame.pointer.pointee.height = Int32(height)
        frame.pointer.pointee.color_range = AVCOL_RANGE_JPEG
        guard av_frame_get_buffer(frame.pointer, 0) >= 0 else { throw .outOfMemory }
        let raw = frame.pointer.pointee
        let data = [raw.data.0, raw.data.1, raw.data.2]
        let strides = [raw.linesize.0, raw.linesize.1, raw.linesize.2]
        for index in 0..<3 {
            guard let base = data[index] else { continue }
            let count = index == 0 ? width : width / 2
            let rows = index == 0 ? height : height / 2
            planes[index].withUnsafeBufferPointer { source in
                guard let start = source.baseAddress else { return }
                for row in 0..<rows {
                    (base + row * Int(strides[index])).update(from: start + row * count, count: count)
                }
            }
        }
        return frame
    }
}
