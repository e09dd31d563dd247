internal import CFFmpeg

/// What a container says of a stream's colours. Some streams are silent about theirs (ProRes and HEVC as some programs
/// write them), and then it is all that is known.
struct DeclaredColours {
    private var primaries = AVCOL_PRI_UNSPECIFIED
    private var transfer = AVCOL_TRC_UNSPECIFIED
    private var matrix = AVCOL_SPC_UNSPECIFIED

    /// Of all streams that the container's header names.
    static func all(_ format: UnsafeMutablePointer<AVFormatContext>) -> [DeclaredColours] {
        (0..<Int(format.pointee.nb_streams)).map { index in
            var result = DeclaredColours()
            guard let parameters = format.pointee.streams?[index]?.pointee.codecpar?.pointee else { return result }
            result.primaries = parameters.color_primaries
            result.transfer = parameters.color_trc
            result.matrix = parameters.color_space
            return result
        }
    }

    /// Fills in what a frame's own tags leave open. The range is the decoder's alone: measures go by it.
    func complete(_ frame: OwnedFrame) {
        if frame.pointer.pointee.color_primaries == AVCOL_PRI_UNSPECIFIED {
            frame.pointer.pointee.color_primaries = primaries
        }
        if frame.pointer.pointee.color_trc == AVCOL_TRC_UNSPECIFIED { frame.pointer.pointee.color_trc = transfer }
        // H.273 has 0 for RGB, which a container of YUV says by mistake only.
        if frame.pointer.pointee.colorspace == AVCOL_SPC_UNSPECIFIED, matrix != AVCOL_SPC_RGB {
            frame.pointer.pointee.colorspace = matrix
        }
    }
}
