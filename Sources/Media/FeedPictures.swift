internal import CFFmpeg
package import Frames

/// How the frames look that another program is sent.
package struct FeedForm: Equatable, Sendable {
    package enum Format: Equatable, Sendable {
        /// Luma as it is coded, on the 8-bit scale.
        case gray8
        /// R', G' and B' of full range.
        case rgb24
        /// Y, U and V as they are coded, on the 8-bit scale.
        case yuv420p
    }

    package enum Size: Equatable, Sendable {
        /// As pictures are coded.
        case source
        case exact(width: Int, height: Int)
        /// The shorter side at most.
        case short(Int)
    }

    package var format: Format
    package var size: Size
    /// Whether pictures are turned as a player turns them. Sizes are those of the turned ones.
    package var isUpright: Bool

    package init(format: Format, size: Size, isUpright: Bool) {
        self.format = format
        self.size = size
        self.isUpright = isUpright
    }
}

/// A frame as it is sent.
package enum FeedFrame {
    /// Made for it.
    case bytes([UInt8])
    /// Sent from where it was decoded.
    case picture(PackedPicture)

    /// Bytes.
    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .picture(let picture): picture.count
        }
    }

    /// A copy of its bytes.
    package func copied() -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .picture(let picture): picture.copied()
        }
    }
}

/// Makes the frames that another program is sent: one size and format for a whole video, rows without padding.
///
/// The same pictures give the same bytes on any machine: libswscale, bit-exact, changes size and depth only, and colours are
/// a matrix in whole numbers.
package final class FeedPictures {
    private let form: FeedForm
    private let scaler = Scaler()
    /// Of all frames, as the first one made it: before and after turning.
    private var coded: (width: Int, height: Int)?
    private var known: (colours: ColourDescription, conversion: RGBConversion)?
    /// As the first frame was shown: later ones keep the size that it gave.
    private var display = DisplayGeometry(width: 0, height: 0)

    package init(_ form: FeedForm) { self.form = form }

    /// Pixels of the frames that are sent, for a video that begins with such a picture.
    package func begin(_ picture: Picture, display: DisplayGeometry) -> (width: Int, height: Int) {
        self.display = display
        let isTurned = form.isUpright && display.turns % 2 == 1
        var size = (width: picture.width, height: picture.height)
        switch form.size {
        case .source: break
        case .exact(let width, let height): size = isTurned ? (height, width) : (width, height)
        case .short(let most):
            let short = min(size.width, size.height)
            if short > most {
                let factor = Double(most) / Double(short)
                func even(_ length: Int) -> Int { max(2, Int((Double(length) * factor / 2).rounded()) * 2) }
                size = (even(size.width), even(size.height))
            }
        }
        coded = size
        return isTurned ? (size.height, size.width) : size
    }

    /// What is sent of a picture.
    ///
    /// - Precondition: ``begin(_:display:)`` was called.
    /// - Throws: ``DecodeError`` when there is no memory or libswscale cannot convert it.
    /// - Complexity: O(pixels of the picture), unless it has the wanted size and format: then its own memory is sent.
    package func frame(_ picture: Picture) throws(DecodeError) -> FeedFrame {
        guard let size = coded, let frame = picture.owner as? OwnedFrame else {
            throw .conversion("a frame that no decoder made")
        }
        let isSame = picture.width == size.width && picture.height == size.height
        let isPlain =
            isSame && picture.depth == 8 && picture.chroma != .interleaved
            && picture.chroma != .interleavedSwapped
        var source = picture
        let isQuarter =
            picture.chroma == .planar && picture.planes[1].samplesPerRow == (picture.width + 1) / 2
            && picture.planes[1].rows == (picture.height + 1) / 2
        switch form.format {
        case .gray8 where picture.depth == 8 && isSame: break
        case .rgb24 where isPlain: break
        case .yuv420p where isPlain && isQuarter: break
        case .gray8, .yuv420p: source = try scaled(frame, AV_PIX_FMT_YUV420P, size)
        // Chroma goes to its place once, while the picture is made small.
        case .rgb24: source = try scaled(frame, AV_PIX_FMT_YUV444P, size)
        }
        switch form.format {
        case .gray8: return turned(source, size, planes: 1)
        case .rgb24: return .bytes(turned(Kernels.rgb(source, by: conversion(frame, picture)), size, 3))
        case .yuv420p: return turned(source, size, planes: 3)
        }
    }

    /// The small luma that tools share, turned where that is wanted.
    package func frame(_ small: SmallLuma) -> FeedFrame {
        .bytes(turned(small.samples, (small.width, small.height), 1))
    }

    /// Planes of one byte a sample, chroma of half the size.
    private func turned(_ picture: Picture, _ size: (width: Int, height: Int), planes count: Int) -> FeedFrame {
        guard form.isUpright, display.turns != 0 || display.isMirrored else {
            return .picture(PackedPicture(picture, planes: count))
        }
        return .bytes(
            picture.planes.prefix(count).reduce(into: []) { bytes, plane in
                let samples = PackedPicture(plane, of: picture).copied()
                bytes += turned(samples, (plane.samplesPerRow, plane.rows), 1)
            })
    }

    private func turned(_ bytes: [UInt8], _ size: (width: Int, height: Int), _ count: Int) -> [UInt8] {
        guard form.isUpright else { return bytes }
        return Kernels.turned(
            bytes, width: size.width, height: size.height, size: count, isMirrored: display.isMirrored,
            turns: display.turns)
    }

    private func scaled(
        _ frame: OwnedFrame, _ format: AVPixelFormat, _ size: (width: Int, height: Int)
    ) throws(DecodeError) -> Picture {
        let result = try scaler.convert(
            frame, to: format, width: Int32(size.width), height: Int32(size.height), keepsCodes: true)
        guard let layout = PixelLayout(format) else { throw .conversion("libswscale gave no picture") }
        return try layout.picture(result)
    }

    /// By the matrix and the range that the picture tells, or that players guess.
    private func conversion(_ frame: OwnedFrame, _ picture: Picture) -> RGBConversion {
        let colours = StillToner.describe(frame, picture)
        if let known, known.colours == colours { return known.conversion }
        let conversion = RGBConversion(colours)
        known = (colours, conversion)
        return conversion
    }
}

extension RGBConversion {
    /// High dynamic ranges and wide gamuts keep their own R', G' and B'.
    init(_ colours: ColourDescription) {
        let matrix = colours.coefficients.decoding
        // Limited range has 219 steps of luma from code 16 and 224 of colour differences (BT.601-7 item 2.5.3).
        let luma = colours.isFullRange ? 1 : 255 / 219.0
        let chroma = colours.isFullRange ? 1 : 255 / 224.0
        let black = colours.isFullRange ? 0 : 16
        self.init(
            luma: { Double($0 - black) * luma },
            chroma: matrix.rows.map { SIMD2($0.y * chroma, $0.z * chroma) })
    }
}
