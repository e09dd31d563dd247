package import Frames
package import Media

/// Gathers what the stills of one video are made of, in constant memory and without knowing its length beforehand.
package struct StillCollector {
    /// Pictures at even distances: when there are too many, every other one goes and the distance doubles.
    private var samples: [(index: Int, picture: SmallPicture)] = []
    private var distance: Int
    /// Frames so far.
    private var frames = 0
    /// The least distance of those that thumbnail and strip are chosen from.
    private let leastCoarse: Int
    private var timeline = LumaTimeline()
    private let scaler = StillScaler()

    /// At least half as many there are of a long video, so that each cell of the film has one of its own part.
    private static let mostSamples = 32
    /// Of these, thumbnail and strip are chosen from so many.
    private static let mostCoarse = 16
    /// Pixels that the sides of a sample, which is the thumbnail's size, may have.
    private static let most = (long: 320, short: 180)

    /// - Parameter expectedFrames: as the container claims, 0 when it makes no claim. A right claim saves scaling pictures
    ///   that are dropped again; a wrong one costs at most some of the pictures, never memory.
    package init(expectedFrames: Int = 0) {
        var coarse = 1
        while coarse * StillCollector.mostCoarse * 2 <= expectedFrames { coarse *= 2 }
        leastCoarse = coarse
        distance = max(1, coarse / 2)
    }

    /// What thumbnail and strip are chosen from: at most 16 of the pictures, at even distances.
    private var coarse: [(index: Int, picture: SmallPicture)] {
        var chosen = samples.filter { $0.index % leastCoarse == 0 }
        while chosen.count > StillCollector.mostCoarse {
            chosen = stride(from: 0, to: chosen.count, by: 2).map { chosen[$0] }
        }
        return chosen
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
        frames = max(frames, index + 1)
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
        for sample in coarse {
            let spread = StillCollector.spread(sample.picture.planes[0])
            // The first of equals, so that the choice does not hang on rounding.
            if best.map({ spread > $0.spread }) ?? true { best = (sample.index, sample.picture, spread) }
        }
        guard let best else { return nil }
        let note = "forgebatch frame \(best.index)"
        // A thumbnail of a busy picture may be dear at the usual quality.
        for quality: Int32 in [6, 12, 20] {
            let bytes = StillCollector.noted(try JPEG.encode(best.picture, quality: quality), note)
            if bytes.count <= 4096 { return bytes }
        }
        return StillCollector.noted(try JPEG.encode(best.picture, quality: 31), note)
    }

    /// A JPEG with a comment segment behind its first marker.
    private static func noted(_ jpeg: [UInt8], _ note: String) -> [UInt8] {
        let comment = Array(note.utf8)
        let length = comment.count + 2
        return jpeg.prefix(2) + [0xff, 0xfe, UInt8(length >> 8), UInt8(length & 0xff)] + comment + jpeg.dropFirst(2)
    }

    /// Cells of the film, of a video that has so many frames.
    private static let filmCells = 12
    /// Pixels that the sides of a cell may have.
    private static let filmCell = (width: 160, height: 90)
    /// Bytes that a film should not pass.
    private static let filmLimit = 32 << 10

    /// Pictures without a gap between them, for a strip along an axis of frames: the video in twelve parts of equally many
    /// frames (one a frame where there are fewer), and of each part the picture nearest to its middle that was kept, which
    /// lies in that part. All cells have the shape that most pictures have, 160x90 pixels at most. A comment in the JPEG
    /// tells the size of a cell and the frames: `forgebatch film 160x90 10 30 …`. At most 32 KiB, whatever the picture; nil
    /// without one.
    package func film() throws(DecodeError) -> [UInt8]? {
        guard let first = samples.first else { return nil }
        let count = min(StillCollector.filmCells, frames)
        let chosen = (0..<count).map { cell in
            let middle = (2 * cell + 1) * frames / (2 * count)
            return samples.reduce(first) { abs($1.index - middle) < abs($0.index - middle) ? $1 : $0 }
        }
        let shape = StillCollector.cell(chosen.map(\.picture))
        let factor = min(
            1, Double(StillCollector.filmCell.width) / Double(shape.width),
            Double(StillCollector.filmCell.height) / Double(shape.height))
        func even(_ length: Int) -> Int { max(2, Int((Double(length) * factor / 2).rounded()) * 2) }
        let (width, height) = (even(shape.width), even(shape.height))
        var canvas = SmallPicture(width: count * width, height: height)
        for (place, sample) in chosen.enumerated() {
            canvas.draw(try scaler.fitted(sample.picture, width: width, height: height), x: place * width, y: 0)
        }
        let note = "forgebatch film \(width)x\(height)" + chosen.map { " \($0.index)" }.joined()
        for quality: Int32 in [6, 10, 16, 24] {
            let bytes = StillCollector.noted(try JPEG.encode(canvas, quality: quality), note)
            if bytes.count <= StillCollector.filmLimit { return bytes }
        }
        return StillCollector.noted(try JPEG.encode(canvas, quality: 31), note)
    }

    /// Eight pictures of the video side by side, all in cells of the shape that most of them have.
    package func strip() throws(DecodeError) -> [UInt8]? {
        let coarse = coarse
        guard !coarse.isEmpty else { return nil }
        let count = min(8, coarse.count)
        let chosen = (0..<count).map { coarse[$0 * coarse.count / count].picture }
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
