package import Frames
package import Media

/// Gathers what the stills of one video are made of, in constant memory and without knowing its length beforehand.
package struct StillCollector {
    /// Pictures at even distances: when there are too many, every other one goes and the distance doubles.
    private var samples: [(index: Int, picture: SmallPicture)] = []
    private var distance: Int
    private var timeline = LumaTimeline()
    private let scaler = StillScaler()

    private static let mostSamples = 16
    /// Pixels that the sides of a sample, which is the thumbnail's size, may have.
    private static let most = (long: 320, short: 180)

    /// - Parameter expectedFrames: as the container claims, 0 when it makes no claim. A right claim saves scaling pictures
    ///   that are dropped again; a wrong one costs at most some of the pictures, never memory.
    package init(expectedFrames: Int = 0) {
        distance = 1
        while distance * StillCollector.mostSamples * 2 <= expectedFrames { distance *= 2 }
    }

    /// Takes the next frame.
    ///
    /// - Parameters:
    ///   - luma: its average luma on the 8-bit scale.
    ///   - display: how it is shown; nil for as it is stored.
    /// - Complexity: one picture in `distance` is scaled; their number grows with the logarithm of the length.
    package mutating func add(_ picture: Picture, index: Int, luma: Double, display: DisplayGeometry? = nil)
        throws(DecodeError)
    {
        timeline.add(luma)
        guard index % distance == 0 else { return }
        let display = display ?? DisplayGeometry(width: picture.width, height: picture.height)
        let (long, short) = StillCollector.most
        guard let small = try scaler.small(picture, long: long, short: short, display: display) else { return }
        samples.append((index, small))
        if samples.count > StillCollector.mostSamples {
            samples = stride(from: 0, to: samples.count, by: 2).map { samples[$0] }
            distance *= 2
        }
    }

    /// The picture with the most contrast: a black or an empty one says nothing. A comment in the JPEG tells its frame:
    /// `forgebatch frame 120`.
    package func thumbnail() throws(DecodeError) -> [UInt8]? {
        var best: (index: Int, picture: SmallPicture, spread: Double)?
        for sample in samples {
            let spread = StillCollector.spread(sample.picture.planes[0])
            // The first of equals, so that the choice does not hang on rounding.
            if best.map({ spread > $0.spread }) ?? true { best = (sample.index, sample.picture, spread) }
        }
        guard let best else { return nil }
        // A thumbnail of a busy picture may be dear at the usual quality.
        for quality: Int32 in [6, 12, 20] {
            let bytes = StillCollector.noted(try JPEG.encode(best.picture, quality: quality), best.index)
            if bytes.count <= 4096 { return bytes }
        }
        return StillCollector.noted(try JPEG.encode(best.picture, quality: 31), best.index)
    }

    /// A JPEG with a comment segment behind its first marker.
    private static func noted(_ jpeg: [UInt8], _ index: Int) -> [UInt8] {
        let comment = Array("forgebatch frame \(index)".utf8)
        let length = comment.count + 2
        return jpeg.prefix(2) + [0xff, 0xfe, UInt8(length >> 8), UInt8(length & 0xff)] + comment + jpeg.dropFirst(2)
    }

    /// Eight pictures of the video side by side, all in cells of the shape that most of them have.
    package func strip() throws(DecodeError) -> [UInt8]? {
        guard !samples.isEmpty else { return nil }
        let count = min(8, samples.count)
        let chosen = (0..<count).map { samples[$0 * samples.count / count].picture }
        let gap = 4
        let cell = StillCollector.cell(chosen)
        var canvas = SmallPicture(width: count * (cell.width + gap) - gap, height: cell.height, luma: 128)
        for (place, sample) in chosen.enumerated() {
            let fitted = try scaler.fitted(sample, width: cell.width, height: cell.height)
            canvas.draw(fitted, x: place * (cell.width + gap), y: 0)
        }
        return try JPEG.encode(canvas, quality: 8)
    }

    /// The size that most of the pictures have; of equally frequent ones the largest, and of those the first.
    private static func cell(_ pictures: [SmallPicture]) -> (width: Int, height: Int) {
        var best = (width: 2, height: 2, count: 0)
        for picture in pictures {
            let count = pictures.filter { $0.width == picture.width && $0.height == picture.height }.count
            let isLarger = picture.width * picture.height > best.width * best.height
            if count > best.count || count == best.count && isLarger {
                best = (picture.width, picture.height, count)
            }
        }
        return (best.width, best.height)
    }

    /// The course of brightness as PNG: one grey column per time slice.
    package func lumaTimeline() -> [UInt8]? { timeline.png() }

    private static func spread(_ samples: [UInt8]) -> Double {
        var sum = 0
        var squares = 0
        for sample in samples {
            sum += Int(sample)
            squares += Int(sample) * Int(sample)
        }
        let count = Double(max(1, samples.count))
        let mean = Double(sum) / count
        return Double(squares) / count - mean * mean
    }
}
