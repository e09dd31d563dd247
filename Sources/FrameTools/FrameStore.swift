package import Frames

/// What several tools need of a frame, computed once, on demand. No tool owns it; it lives as long as its frame.
package final class FrameStore {
    package let picture: Picture
    package let time: FrameTime
    /// The picture before, nil at the first frame and at the first after a change of size or format.
    package let previous: Picture?
    private let darkLevel: Double
    private let makesSmall: Bool

    /// - Parameters:
    ///   - darkLevel: share of the luma range that counts as dark (`black.pixel`).
    ///   - makesSmall: whether a tool will ask for ``small``, which then comes out of the same traversal as ``luma``.
    package init(picture: Picture, time: FrameTime, before: Picture?, darkLevel: Double, makesSmall: Bool = true) {
        self.picture = picture
        self.time = time
        previous = before.flatMap { $0.isComparable(with: picture) ? $0 : nil }
        self.darkLevel = darkLevel
        self.makesSmall = makesSmall
    }

    /// Sum, extremes, dark count and difference to the picture before: one traversal of the full-size luma.
    package var luma: Kernels.LumaSums { scan.sums }

    /// The luma made smaller, on the 8-bit scale: the one small picture that all tools share.
    package private(set) lazy var small = SmallLuma(
        picture,
        samples: makesSmall ? scan.small : Kernels.luma(picture, previous: nil, darkLimit: 0, factor: factor).small)

    /// Luma samples of the picture.
    package var sampleCount: Int { picture.luma.sampleCount }

    private lazy var scan = Kernels.luma(
        picture, previous: previous, darkLimit: darkLimit, factor: makesSmall ? factor : 0)

    private var factor: Int { SmallLuma.factor(width: picture.width, height: picture.height) }

    /// The brightest sample that is dark, on the scale of the samples (vf_blackdetect.c, but by the frame's colour
    /// range instead of the pixel format's name).
    private var darkLimit: Int {
        let top = Double(1 << picture.depth) - 1
        let level = picture.isFullRange ? darkLevel * top : (16 + darkLevel * 219) * picture.scale
        return Int(level.rounded(.down))
    }
}
