package import FrameTools

/// From pixels of a frame that a plugin was given to those of the source as it is stored.
///
/// The frame is the whole stored picture: turned upside down where it is mirrored, then turned clockwise, then scaled. A
/// frame that was given as it is stored is only scaled.
package struct FrameMapping: Equatable, Sendable {
    /// Pixels of the frame given.
    package let width: Double
    package let height: Double
    private let sourceWidth: Double
    private let sourceHeight: Double
    /// Quarter turns clockwise, 0 to 3.
    private let turns: Int
    private let isMirrored: Bool

    /// - Parameters:
    ///   - given: pixels of the frame that was given.
    ///   - source: pixels of the picture as it is stored.
    ///   - rotation: degrees by which the frame was turned clockwise; the nearest quarter turn counts.
    ///   - isMirrored: whether it was turned upside down before it was turned.
    package init(
        given: (width: Int, height: Int), source: (width: Int, height: Int), rotation: Int = 0,
        isMirrored: Bool = false
    ) {
        (width, height) = (Double(max(1, given.width)), Double(max(1, given.height)))
        (sourceWidth, sourceHeight) = (Double(source.width), Double(source.height))
        turns = ((rotation % 360 + 360 + 45) / 90) % 4
        self.isMirrored = isMirrored
    }

    package func source(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let isLying = turns % 2 == 1
        let (across, down) = isLying ? ((y, height), (x, width)) : ((x, width), (y, height))
        let isDownTurned = turns == 1 || turns == 2
        return (
            FrameMapping.scaled(across, isTurned: turns >= 2, to: sourceWidth),
            FrameMapping.scaled(down, isTurned: isDownTurned != isMirrored, to: sourceHeight)
        )
    }

    /// A place along a side, from its beginning or from its end, on a side of another length.
    private static func scaled(_ place: (at: Double, whole: Double), isTurned: Bool, to length: Double) -> Double {
        (isTurned ? place.whole - place.at : place.at) * length / place.whole
    }

    package func source(_ box: Box) -> Box {
        let (one, two) = (source(box.x1, box.y1), source(box.x2, box.y2))
        return Box(x1: min(one.x, two.x), y1: min(one.y, two.y), x2: max(one.x, two.x), y2: max(one.y, two.y))
    }
}
