package import Frames

/// What several tools need of a frame, computed once, on demand. No tool owns it; it lives as long as its frame.
package final class FrameStore {
    package let picture: Picture
    package let time: FrameTime
    /// The picture before, nil at the first frame and at the first after a change of size or format.
    package let previous: Picture?
    private let darkLevel: Double

    /// - Parameter darkLevel: share of the luma range that counts as dark (`black.pixel`).
    package init(picture: Picture, time: FrameTime, before: Picture?, darkLevel: Double) {
        self.picture = picture
        self.time = time
        previous = before.flatMap { $0.isComparable(with: picture) ? $0 : nil }
        self.darkLevel = darkLevel
    }

    /// Sum, extremes, dark count and difference to the picture before: one traversal of the full-size luma.
    package private(set) lazy var luma = Kernels.luma(picture, previous: previous, darkLimit: darkLimit)

    /// Luma samples of the picture.
    package var sampleCount: Int { picture.luma.sampleCount }

    /// The brightest sample that is dark, on the scale of the samples (vf_blackdetect.c, but by the frame's colour
    /// range instead of the pixel format's name).
    private var darkLimit: Int {
        let top = Double(1 << picture.depth) - 1
        let level = picture.isFullRange ? darkLevel * top : (16 + darkLevel * 219) * picture.scale
        return Int(level.rounded(.down))
    }
}
