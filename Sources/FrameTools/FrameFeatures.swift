package import Frames
package import ToolModel

/// What several tools need of a frame, computed once, on demand. No tool owns it; it lives as long as its frame.
package final class FrameFeatures {
    /// What the tools of a job declare, with their settings.
    package struct Needs: Equatable, Sendable {
        /// Whether a tool asks for ``FrameFeatures/small``, which then comes out of the traversal of the luma.
        package private(set) var small: Bool
        /// The levels at which dark samples are counted, shares of the luma range. The first comes out of the traversal
        /// of the luma; each further one takes a traversal of its own.
        package private(set) var darkLevels: [Double]

        package init(small: Bool = false, darkLevels: [Double] = []) {
            self.small = small
            self.darkLevels = darkLevels
        }

        package mutating func add(_ features: [FrameFeature], _ settings: ToolSettings) {
            for feature in features {
                switch feature {
                case .smallLuma: small = true
                case .darkCount(let key):
                    let level = settings.number(key)
                    if !darkLevels.contains(level) { darkLevels.append(level) }
                }
            }
        }
    }

    package let picture: Picture
    package let time: FrameTime
    /// The picture before, nil at the first frame and at the first after a change of size or format.
    package let previous: Picture?
    /// An earlier picture that a tool compares with, where that is not the one before.
    private let reference: Picture?
    private let needs: Needs
    private var darkCounts: [Double: Int] = [:]

    /// - Parameter reference: ``FrameTool/reference``; with it the traversal of the luma tells the difference to that one, too.
    package init(picture: Picture, time: FrameTime, before: Picture?, reference: Picture? = nil, needs: Needs) {
        self.picture = picture
        self.time = time
        previous = before.flatMap { $0.isComparable(with: picture) ? $0 : nil }
        self.reference = reference.flatMap { $0 !== before && $0.isComparable(with: picture) ? $0 : nil }
        self.needs = needs
    }

    /// The sum of absolute differences of luma to an earlier picture, on the scale of the samples. It is known where that is
    /// the one before or the reference, else it takes a reading of both.
    ///
    /// - Precondition: the pictures are comparable.
    package func lumaDifference(to other: Picture) -> UInt64 {
        if other === previous, let known = luma.difference { return known }
        if other === reference, let known = luma.referenceDifference { return known }
        return Kernels.difference(picture, other, plane: 0)
    }

    /// Sum, extremes and difference to the picture before: one traversal of the full-size luma.
    package var luma: Kernels.LumaSums { scan.sums }

    /// How many luma samples are at or below a level.
    ///
    /// - Parameter level: share of the luma range.
    package func dark(level: Double) -> Int {
        if level == needs.darkLevels.first { return scan.sums.dark }
        if let known = darkCounts[level] { return known }
        let count = Kernels.luma(picture, previous: nil, darkLimit: darkLimit(level)).dark
        darkCounts[level] = count
        return count
    }

    /// The luma made smaller, on the 8-bit scale: the one small picture that all tools share.
    package private(set) lazy var small = SmallLuma(
        picture,
        samples: needs.small ? scan.small : Kernels.luma(picture, previous: nil, darkLimit: 0, factor: factor).small)

    /// Luma samples of the picture.
    package var sampleCount: Int { picture.luma.sampleCount }

    private lazy var scan = Kernels.luma(
        picture, previous: previous, reference: reference,
        darkLimit: needs.darkLevels.first.map { darkLimit($0) } ?? 0, factor: needs.small ? factor : 0)

    private var factor: Int { SmallLuma.factor(width: picture.width, height: picture.height) }

    /// The brightest sample that is dark, on the scale of the samples (vf_blackdetect.c, but by the frame's colour
    /// range instead of the pixel format's name).
    private func darkLimit(_ level: Double) -> Int {
        let top = Double(1 << picture.depth) - 1
        let limit = picture.isFullRange ? level * top : (16 + level * 219) * picture.scale
        return Int(limit.rounded(.down))
    }
}
