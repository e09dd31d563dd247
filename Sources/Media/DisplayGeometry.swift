internal import CFFmpeg

/// How a coded picture becomes the one that is shown: what lies outside the clean aperture is cut off, pixels are made
/// square, then the picture is mirrored and turned as the display matrix says.
package struct DisplayGeometry: Equatable, Sendable {
    /// Pixels at the edges of a coded picture that are not shown.
    package struct Margins: Equatable, Sendable {
        package var top = 0
        package var bottom = 0
        package var left = 0
        package var right = 0

        package init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
            (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
        }
    }

    /// Pixels of the picture as it is coded.
    package var width: Int
    package var height: Int
    package var margins = Margins()
    /// A pixel's width to its height, where the container or the codec tells it.
    package var sampleAspectRatio: Ratio?
    /// Quarter turns clockwise, 0 to 3, after the mirroring.
    package var turns = 0
    /// The picture is turned upside down, as water mirrors it, before it is turned.
    package var isMirrored = false

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Ratios further from square than this are taken for a mistake.
    private static let limit = 100.0

    /// What is shown of the coded picture, with square pixels and not turned yet. Players keep the number of rows.
    private var upright: (width: Double, height: Double) {
        let width = Double(max(1, self.width - margins.left - margins.right))
        let height = Double(max(1, self.height - margins.top - margins.bottom))
        return (width * (sampleAspectRatio?.value ?? 1), height)
    }

    /// Pixels of the picture as it is shown, with square pixels and upright.
    package var displaySize: (width: Int, height: Int) {
        let whole = (width: max(1, Int(upright.width.rounded())), height: max(1, Int(upright.height.rounded())))
        return turns % 2 == 0 ? whole : (whole.height, whole.width)
    }

    /// The size to scale the coded picture to, before it is turned, so that it is shown no larger than `long` by `short`
    /// pixels, whichever way it stands, and no larger than it is.
    package func scaled(long: Int, short: Int) -> (width: Double, height: Double) {
        let (width, height) = upright
        let factor = min(1, Double(long) / max(width, height), Double(short) / min(width, height))
        return (width * factor, height * factor)
    }

    /// The same with this ratio, unless it is none or beyond belief.
    func with(sampleAspectRatio ratio: Ratio) -> DisplayGeometry {
        var result = self
        result.sampleAspectRatio = ratio.value.flatMap { value in
            value >= 1 / DisplayGeometry.limit && value <= DisplayGeometry.limit ? ratio : nil
        }
        return result
    }

    /// The same with margins, unless nothing would be left of the picture.
    package func with(margins: Margins) -> DisplayGeometry {
        var result = self
        let isPossible =
            min(margins.top, margins.bottom, margins.left, margins.right) >= 0 && margins.left < width
            && margins.right < width - margins.left && margins.top < height && margins.bottom < height - margins.top
        result.margins = isPossible ? margins : Margins()
        return result
    }

    /// Splits a display matrix into a mirroring and a turn. FFmpeg's libavutil/display.h defines it: a point (x, y) goes
    /// to (a x + c y, b x + d y) with the matrix (a b u, c d v, x y w), and y points down.
    ///
    /// - Parameter matrix: nine numbers in fixed point.
    /// - Returns: clockwise degrees, 0 to 359, by which the picture is turned after it was turned upside down where
    ///   `isMirrored`; nil for a matrix without a direction.
    package static func parts(of matrix: [Int]) -> (degrees: Int, isMirrored: Bool)? {
        guard matrix.count == 9 else { return nil }
        let entries = matrix.map { Int32(clamping: $0) }
        let angle = entries.withUnsafeBufferPointer { $0.baseAddress.map { av_display_rotation_get($0) } ?? .nan }
        guard angle.isFinite else { return nil }
        let determinant =
            Double(matrix[0]) * Double(matrix[4]) - Double(matrix[1]) * Double(matrix[3])
        // libavutil counts counterclockwise.
        return (((Int((-angle).rounded()) % 360) + 360) % 360, determinant < 0)
    }
}

/// The sizes and shapes of a video's pictures in the order in which they come.
package struct PictureShapes: Sendable {
    /// Frames in a row that are shown alike.
    package struct Run: Equatable, Sendable {
        package var firstFrame: Int
        package var frames: Int
        package var geometry: DisplayGeometry
    }

    /// The first 100.
    package private(set) var runs: [Run] = []
    /// How the last picture is shown.
    package private(set) var last = DisplayGeometry(width: 0, height: 0)

    private static let limit = 100

    package init() {}

    mutating func take(_ geometry: DisplayGeometry, index: Int) {
        if let run = runs.last, run.geometry == geometry, run.firstFrame + run.frames == index {
            runs[runs.count - 1].frames += 1
        } else if runs.count < PictureShapes.limit {
            runs.append(Run(firstFrame: index, frames: 1, geometry: geometry))
        }
        last = geometry
    }
}

extension VideoInfo {
    /// Takes over what the container and the codec's parameters say of how the pictures are shown.
    mutating func describeDisplay(
        _ format: UnsafeMutablePointer<AVFormatContext>, _ stream: UnsafeMutablePointer<AVStream>
    ) {
        var geometry = DisplayGeometry(width: width, height: height)
        if let matrix = fb_display_matrix(stream) {
            let entries = UnsafeBufferPointer(start: matrix, count: 9).map { Int($0) }
            displayMatrix = entries
            if let parts = DisplayGeometry.parts(of: entries) {
                rotation = parts.degrees
                geometry.isMirrored = parts.isMirrored
                geometry.turns = (parts.degrees + 45) / 90 % 4
            }
        }
        var margins: [UInt32] = [0, 0, 0, 0]
        if fb_frame_cropping(stream, &margins) != 0 {
            geometry = geometry.with(
                margins: DisplayGeometry.Margins(
                    top: Int(margins[0]), bottom: Int(margins[1]), left: Int(margins[2]), right: Int(margins[3])))
        }
        display = geometry.with(sampleAspectRatio: Ratio(av_guess_sample_aspect_ratio(format, stream, nil)))
    }

    /// How a decoded picture is shown. The ratio of the container goes before the one of the picture; its margins hold
    /// for pictures of the size that it tells.
    func display(
        of frame: OwnedFrame, _ format: UnsafeMutablePointer<AVFormatContext>, _ stream: UnsafeMutablePointer<AVStream>
    ) -> DisplayGeometry {
        let (width, height) = (Int(frame.pointer.pointee.width), Int(frame.pointer.pointee.height))
        var geometry = display
        if (width, height) != (geometry.width, geometry.height) {
            (geometry.width, geometry.height) = (width, height)
            geometry.margins = DisplayGeometry.Margins()
        }
        return geometry.with(sampleAspectRatio: Ratio(av_guess_sample_aspect_ratio(format, stream, frame.pointer)))
    }
}

extension Ratio {
    fileprivate init(_ value: AVRational) { self.init(numerator: Int(value.num), denominator: Int(value.den)) }
}
