internal import CFFmpeg
internal import Frames

/// An AVFrame that frees itself: the owner of a picture's memory.
final class OwnedFrame {
    let pointer: UnsafeMutablePointer<AVFrame>

    init() throws(DecodeError) {
        guard let frame = av_frame_alloc() else { throw .outOfMemory }
        pointer = frame
    }

    deinit {
        var owned: UnsafeMutablePointer<AVFrame>? = pointer
        av_frame_free(&owned)
    }
}

/// How a pixel format's samples lie, and whether they can be measured where they are.
struct PixelLayout {
    let format: AVPixelFormat
    let name: String
    let depth: Int
    let shift: Int
    let planes: Int
    let chromaShiftY: Int
    let chroma: ChromaLayout
    let isReadInPlace: Bool
    let hasFullRangeName: Bool
    /// Whether converting leaves the range of luma as it is. RGB, palettes and grey become limited range.
    let keepsRange: Bool

    init?(_ format: AVPixelFormat) {
        guard let descriptor = av_pix_fmt_desc_get(format) else { return nil }
        self.format = format
        name = av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown"
        let flags = Int32(truncatingIfNeeded: descriptor.pointee.flags)
        let luma = descriptor.pointee.comp.0
        depth = Int(luma.depth)
        shift = Int(luma.shift)
        planes = Int(av_pix_fmt_count_planes(format))
        chromaShiftY = Int(descriptor.pointee.log2_chroma_h)
        let (u, v) = (descriptor.pointee.comp.1, descriptor.pointee.comp.2)
        chroma =
            switch (descriptor.pointee.nb_components, u.plane, v.plane) {
            case (3..., 1, 2): .planar
            case (3..., 1, 1): u.offset < v.offset ? .interleaved : .interleavedSwapped
            default: .none
            }
        hasFullRangeName = name.hasPrefix("yuvj")
        keepsRange = flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) == 0 && descriptor.pointee.nb_components >= 3
        let barred =
            AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM
            | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER
        let bytes = depth > 8 ? 2 : 1
        isReadInPlace =
            flags & barred == 0 && (flags & AV_PIX_FMT_FLAG_BE == 0 || depth == 8) && depth >= 8 && depth <= 16
            && luma.plane == 0 && Int(luma.step) == bytes && luma.offset == 0 && !name.hasPrefix("xyz")
    }

    /// Planar YUV 4:4:4 of the same depth, or of 8 or 16 bits where FFmpeg has none of that depth.
    var converted: AVPixelFormat {
        switch depth {
        case ...8: AV_PIX_FMT_YUV444P
        case 9: AV_PIX_FMT_YUV444P9LE
        case 10: AV_PIX_FMT_YUV444P10LE
        case 11...12: AV_PIX_FMT_YUV444P12LE
        case 13...14: AV_PIX_FMT_YUV444P14LE
        default: AV_PIX_FMT_YUV444P16LE
        }
    }

    /// Tells what colours a frame has that was converted from one of this layout. What was RGB is YUV by the matrix of
    /// BT.601 now; XYZ became sRGB on the way.
    func describeColours(of converted: OwnedFrame, from source: OwnedFrame) {
        let raw = source.pointer.pointee
        let isXYZ = name.hasPrefix("xyz")
        if keepsRange { converted.pointer.pointee.color_range = raw.color_range }
        converted.pointer.pointee.colorspace = keepsRange && !isXYZ ? raw.colorspace : AVCOL_SPC_SMPTE170M
        converted.pointer.pointee.color_primaries = isXYZ ? AVCOL_PRI_UNSPECIFIED : raw.color_primaries
        converted.pointer.pointee.color_trc = isXYZ ? AVCOL_TRC_UNSPECIFIED : raw.color_trc
    }

    /// The picture in an AVFrame of this layout, read where it is.
    func picture(_ frame: OwnedFrame) throws(DecodeError) -> Picture {
        let raw = frame.pointer.pointee
        let width = Int(raw.width)
        let height = Int(raw.height)
        guard width > 0, height > 0 else { throw .codec("a frame of \(width)x\(height)") }
        let bytes = depth > 8 ? 2 : 1
        let data = [raw.data.0, raw.data.1, raw.data.2, raw.data.3]
        let strides = [raw.linesize.0, raw.linesize.1, raw.linesize.2, raw.linesize.3]
        var result: [Plane] = []
        for index in 0..<min(planes, 4) {
            guard let base = data[index] else { throw .codec("a frame without plane \(index)") }
            let line = Int(av_image_get_linesize(format, raw.width, Int32(index)))
            let isChroma = index == 1 || index == 2
            let rows = isChroma ? (height + (1 << chromaShiftY) - 1) >> chromaShiftY : height
            result.append(
                Plane(
                    base: UnsafeRawPointer(base), stride: Int(strides[index]), samplesPerRow: line / bytes, rows: rows))
        }
        let isFull = raw.color_range == AVCOL_RANGE_JPEG || (hasFullRangeName && raw.color_range != AVCOL_RANGE_MPEG)
        return Picture(
            planes: result, width: width, height: height, depth: depth, shift: shift, isFullRange: isFull,
            chroma: chroma, owner: frame)
    }
}
