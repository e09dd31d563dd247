internal import CFFmpeg

/// A libswscale context: bit-exact and with accurate rounding, so that the same picture gives the same bytes anywhere.
final class Scaler {
    private var context: OpaquePointer?
    private var key: [Int32] = []

    deinit { fb_scaler_free(context) }

    /// Converts a frame to another size and format.
    ///
    /// - Parameter keepsCodes: whether YUV and grey keep range and matrix, whatever their format's name says of them.
    func convert(_ source: OwnedFrame, to format: AVPixelFormat, width: Int32, height: Int32, keepsCodes: Bool = false)
        throws(DecodeError) -> OwnedFrame
    {
        let raw = source.pointer.pointee
        let wanted: [Int32] = [raw.width, raw.height, raw.format, width, height, format.rawValue, keepsCodes ? 1 : 0]
        if context == nil || key != wanted {
            fb_scaler_free(context)
            // A mean over the area is as good as bicubic for making pictures smaller, at a quarter of its taps.
            let isSmaller = width < raw.width || height < raw.height
            context = fb_scaler_make(
                raw.width, raw.height, AVPixelFormat(raw.format), width, height, format, isSmaller ? 1 : 0)
            key = wanted
            if keepsCodes, let context { fb_scaler_keep_codes(context) }
        }
        guard let context else { throw .conversion("libswscale cannot convert this pixel format") }
        let target = try OwnedFrame()
        target.pointer.pointee.format = format.rawValue
        target.pointer.pointee.width = width
        target.pointer.pointee.height = height
        guard av_frame_get_buffer(target.pointer, 0) >= 0 else { throw .outOfMemory }
        guard fb_scaler_convert(context, target.pointer, source.pointer) >= 0 else {
            throw .conversion("libswscale failed on a frame")
        }
        return target
    }
}
