internal import CFFmpeg
internal import Frames

/// Makes a decoded frame small and gives it the colours of a JPEG.
///
/// libswscale changes size and depth only. It would take the range of some formats from their name, leave the range of
/// pictures of more than 8 bits as it is (in `sws_setColorspaceDetails`), and go through RGB for another matrix.
final class StillToner {
    private let scaler = Scaler()
    private var known: (colours: ColourDescription, way: StillColour)?

    /// - Parameters:
    ///   - picture: the frame as it is measured.
    ///   - width: pixels, even.
    ///   - height: pixels, even.
    func small(_ frame: OwnedFrame, of picture: Picture, width: Int, height: Int) throws(DecodeError) -> SmallPicture {
        let colours = StillToner.describe(frame, picture)
        let way = known?.colours == colours ? known?.way : nil
        let chosen = way ?? StillColour(colours)
        known = (colours, chosen)
        var result = SmallPicture(width: width, height: height)
        let isShown = if case .shown = chosen { true } else { false }
        let scaled = try scaler.convert(
            frame, to: isShown ? AV_PIX_FMT_YUV444P12LE : AV_PIX_FMT_YUV420P, width: Int32(width),
            height: Int32(height), keepsCodes: true)
        switch chosen {
        case .same: result.planes = try StillToner.planes(scaled, UInt8.self, chromaShift: 1)
        case .recoded(let change):
            let codes = try StillToner.planes(scaled, UInt8.self, chromaShift: 1)
            result.planes = Kernels.recode(codes, width: width, height: height, by: change)
        case .shown(let tables):
            let codes = try StillToner.planes(scaled, UInt16.self, chromaShift: 0)
            result.planes = Kernels.shown(codes, width: width, height: height, by: tables)
        }
        return result
    }

    /// What the frame's tags say, and its format where they are silent.
    static func describe(_ frame: OwnedFrame, _ picture: Picture) -> ColourDescription {
        let raw = frame.pointer.pointee
        var colours = ColourDescription(
            primaries: Int(raw.color_primaries.rawValue), transfer: Int(raw.color_trc.rawValue),
            matrix: Int(raw.colorspace.rawValue), isFullRange: picture.isFullRange, depth: picture.depth,
            width: picture.width, height: picture.height)
        // Grey without a word is full range in FFmpeg; decoders of formats that have limited grey say so.
        if picture.chroma == .none, raw.color_range == AVCOL_RANGE_UNSPECIFIED { colours.isFullRange = true }
        // Dolby Vision without another base has PQ, and its tags say nothing.
        if colours.transfer == 2, av_frame_get_side_data(frame.pointer, AV_FRAME_DATA_DOVI_METADATA) != nil {
            colours.transfer = 16
        }
        return colours
    }

    /// The three planes of a frame without their padding.
    static func planes<Sample: FixedWidthInteger>(
        _ frame: OwnedFrame, _: Sample.Type, chromaShift: Int
    ) throws(DecodeError) -> [[Sample]] {
        let raw = frame.pointer.pointee
        let planes = [(raw.data.0, raw.linesize.0), (raw.data.1, raw.linesize.1), (raw.data.2, raw.linesize.2)]
        var result: [[Sample]] = []
        for (index, (data, stride)) in planes.enumerated() {
            guard let data else { throw .conversion("libswscale gave no plane \(index)") }
            let shift = index == 0 ? 0 : chromaShift
            let (count, rows) = (Int(raw.width) >> shift, Int(raw.height) >> shift)
            var plane: [Sample] = []
            plane.reserveCapacity(count * rows)
            for row in 0..<rows {
                (data + row * Int(stride)).withMemoryRebound(to: Sample.self, capacity: count) {
                    plane.append(contentsOf: UnsafeBufferPointer(start: $0, count: count))
                }
            }
            result.append(plane)
        }
        return result
    }
}
