internal import Jobs
internal import Store

/// What videos cost, for ``ShardCut``: a pixel of a frame as much as a bit of the file, since decoders and tools get through about
/// as many of the one a second as of the other. Of a video whose container does not tell its pixels, they are what its bytes come
/// to by the median of the others.
///
/// 8 bytes a video, and 8 more while costs are made of it. They depend on the videos alone, not on the order in which they are
/// told.
struct VideoCosts: Sendable {
    /// Of each video; nil stands as a negative number.
    private var pixels: [Int64]

    private static let bitsPerByte: Int64 = 8

    /// What a worker's start costs, in pixels that are decoded and measured in that time: some three pictures of 1920x1080, as
    /// docs/performance.md has 13 ms for a file of one frame, and 450 million pixels of HD a second.
    static let overhead: Int64 = 6 << 20

    /// Bytes that no frame takes less than, in the most frugal of codecs and containers: a header that claims more frames than
    /// its file has room for is not believed.
    private static let leastFrame: Int64 = 10
    /// Pixels of the largest picture that is decoded at all.
    private static let largestPicture: Int64 = 1 << 27

    /// - Parameter count: of videos, none of which is known.
    init(count: Int) { pixels = Array(repeating: -1, count: count) }

    /// - Parameter pixels: see ``pixels(_:frames:size:)``.
    mutating func set(_ pixels: Int64, of index: Int) { self.pixels[index] = max(0, pixels) }

    /// The pixels of all frames of a video; nil where its container does not tell.
    ///
    /// - Parameter size: of the video in bytes.
    static func pixels(_ facts: VideoFacts, frames: Int?, size: Int64) -> Int64? {
        guard let frames, frames > 0, let width = facts.width, width > 0, let height = facts.height, height > 0
        else { return nil }
        let (area, isTooLarge) = Int64(width).multipliedReportingOverflow(by: Int64(height))
        let picture = isTooLarge ? largestPicture : min(largestPicture, area)
        let (pixels, overflow) = picture.multipliedReportingOverflow(by: min(Int64(frames), max(1, size / leastFrame)))
        return overflow ? .max : pixels
    }

    /// The costs of all videos, and what each costs beside that, in the same unit: bytes where no pixels are known.
    ///
    /// - Parameter sizes: of the videos in bytes.
    /// - Complexity: n log n.
    func costs(_ sizes: [Int64]) -> (costs: [Int64], overhead: Int64) {
        guard let rate = medianRate(sizes) else { return (sizes, ShardCut.overhead) }
        let costs = zip(pixels, sizes).map { known, size in
            let size = max(0, size)
            let pixels = known >= 0 ? known : Int64(exactly: (Double(size) * rate).rounded()) ?? .max
            return ShardCut.sum(pixels, min(size, .max / VideoCosts.bitsPerByte) * VideoCosts.bitsPerByte)
        }
        return (costs, VideoCosts.overhead)
    }

    /// Pixels a byte: of the videos that are known, sorted by them, the middle one's, and of two the lower one's.
    private func medianRate(_ sizes: [Int64]) -> Double? {
        var rates: [Double] = []
        rates.reserveCapacity(sizes.count)
        for (known, size) in zip(pixels, sizes) where known >= 0 && size > 0 {
            rates.append(Double(known) / Double(size))
        }
        rates.sort()
        return rates.isEmpty ? nil : rates[(rates.count - 1) / 2]
    }
}
