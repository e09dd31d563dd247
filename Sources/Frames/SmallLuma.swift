/// A picture's luma made smaller by means over square blocks, on the 8-bit scale whatever the depth.
///
/// The block's side is the smallest power of two that brings the shorter side to 300 or less: 480x270 for 1080p, 320x180
/// for 720p. Samples beyond the last whole block are left out.
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

    /// The side of a block, 1 to 128.
    package static func factor(width: Int, height: Int) -> Int {
        var factor = 1
        while min(width, height) / factor > 300, factor < 128 { factor *= 2 }
        return factor
    }
}
