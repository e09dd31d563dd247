internal import CFFmpeg

/// A libswscale context: bit-exact and with accurate rounding, so that the same picture gives the same bytes anywhere.
final class Scaler {
    private var context: OpaquePointer?
    private var key: [Int32] = []

    deinit { sws_freeContext(context) }

    /// Converts a frame to another size and format.
    ///
    /// - Parameter keepsCodes: whether YUV and grey keep range and matrix, whatever their format's name says of them.
    func convert(_ source: OwnedFrame, to format: AVPixelFormat, width: Int32, height: Int32, keepsCodes: Bool = false)
        throws(DecodeError) -> OwnedFrame
    {
        let raw = source.pointer.pointee
        let wanted: [Int32] = [raw.width, raw.height, raw.format, width, height, format.rawValue, keepsCodes ? 1 : 0]
        if context == nil || key != wanted {
            sws_freeContext(context)
            // A mean over the area is as good as bicubic for making pictures smaller, at a quarter of its taps.
            let filter = width < raw.width || height < raw.height ? SWS_AREA : SWS_BICUBIC
            let flags = filter | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP
            context = sws_getContext(
                raw.width, raw.height, AVPixelFormat(raw.format), width, height, format, flags, nil, nil, nil)
            key = wanted
            // The same on both sides, so that nothing is changed.
            if keepsCodes, let context, let table = sws_getCoefficients(SWS_CS_DEFAULT) {
                sws_setColorspaceDetails(context, table, 0, table, 0, 0, 1 << 16, 1 << 16)
            }
        }
        guard let context else { throw .conversion("libswscale cannot convert this pixel format") }
        let target = try OwnedFrame()
        target.pointer.pointee.format = format.rawValue
        target.pointer.pointee.width = width
        target.pointer.pointee.height = height
        guard av_frame_get_buffer(target.pointer, 0) >= 0 else { throw .outOfMemory }
        guard sws_scale_frame(context, target.pointer, source.pointer) >= 0 else {
            throw .conversion("libswscale failed on a frame")
        }
        return target
    }
}
