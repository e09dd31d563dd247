/// A picture's luma made smaller by means over square blocks, on the 8-bit scale whatever the depth.
///
/// The block's side is the smallest of ``SmallLuma/factors`` that brings the shorter side to 200 or less: 320x180 for
/// 1080p, 720p and 640x360, 256x192 for 768x576. Samples beyond the last whole block are left out.
package struct SmallLuma: Equatable, Sendable {
    package let width: Int
    package let height: Int
    /// Pixels of the picture along the side of one sample.
    package let factor: Int
    /// Rows from top to bottom, without padding.
    package let samples: [UInt8]

    package init(_ picture: Picture, samples: [UInt8]) {
        factor = SmallLuma.factor(width: picture.width, height: picture.height)
        width = picture.width / factor
        height = picture.height / factor
        precondition(samples.count == width * height, "one sample a block")
        self.samples = samples
    }

    package init(width: Int, height: Int, factor: Int = 1, samples: [UInt8]) {
        precondition(samples.count == width * height, "one sample a block")
        self.width = width
        self.height = height
        self.factor = factor
        self.samples = samples
    }

    /// The sides that a block may have. Steps of half or a third keep 134 samples and more along the shorter side, but for
    /// the one from 1 to 2: fewer cost accuracy of `motion` (decision 33).
    private static let factors = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128]

    /// The side of a block, 1 to 128.
    package static func factor(width: Int, height: Int) -> Int {
        factors.first { min(width, height) / $0 <= 200 } ?? 128
    }
}
