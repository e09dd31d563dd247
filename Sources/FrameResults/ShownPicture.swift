package import Bytes

/// How a picture of a result is shown: from pixels as they are stored, in which boxes are given, to those that a player
/// shows.
package struct ShownPicture: Equatable, Sendable {
    /// Pixels of the picture as it is stored.
    package var width: Int
    package var height: Int
    /// Pixels of the picture as it is shown: upright and with square pixels.
    package var shown: (width: Int, height: Int)
    /// The part that is shown, in stored pixels.
    package var aperture: (x: Double, y: Double, width: Double, height: Double)
    /// Quarter turns clockwise, 0 to 3, after the mirroring.
    package var turns: Int
    /// The picture is turned upside down before it is turned.
    package var isMirrored: Bool
    /// A pixel's width to its height as the result has it, such as `64:45`.
    package var sampleAspectRatio: String?

    /// - Parameters:
    ///   - json: a result's `video`, or one of its `sizes`.
    ///   - video: the `video` that it belongs to. One of an older version, which does not say how pictures are shown, had
    ///     stills as they are stored.
    init(_ json: JSON?, of video: JSON?) {
        width = max(1, json?["width"]?.int ?? 1)
        height = max(1, json?["height"]?.int ?? 1)
        aperture = (0, 0, Double(width), Double(height))
        shown = (width, height)
        turns = 0
        isMirrored = false
        sampleAspectRatio = json?["sample_aspect_ratio"]?.string
        guard let display = json?["display"], let across = display["width"]?.int, let down = display["height"]?.int,
            across > 0, down > 0
        else { return }
        shown = (across, down)
        turns = (((video?["rotation"]?.int ?? 0) + 45) / 90 % 4 + 4) % 4
        isMirrored = video?["mirrored"]?.bool == true
        let clean = json?["clean_aperture"]
        if let x = clean?["x"]?.double, let y = clean?["y"]?.double, let width = clean?["width"]?.double,
            let height = clean?["height"]?.double, width > 0, height > 0
        {
            aperture = (x, y, width, height)
        }
    }

    /// The same with another size, as a frame of a result that does not list its sizes tells it.
    func resized(width: Int, height: Int) -> ShownPicture {
        guard (width, height) != (self.width, self.height), width > 0, height > 0 else { return self }
        var result = self
        (result.width, result.height) = (width, height)
        result.aperture = (0, 0, Double(width), Double(height))
        // Pixels keep their shape.
        let pixel = turns % 2 == 0 ? (shown.width, shown.height) : (shown.height, shown.width)
        let ratio = Double(pixel.0) / aperture.width / (Double(pixel.1) / aperture.height)
        let upright = (max(1, Int((Double(width) * ratio).rounded())), height)
        result.shown = turns % 2 == 0 ? upright : (upright.1, upright.0)
        return result
    }

    /// A box in pixels of the picture as it is shown.
    ///
    /// - Parameter corners: x1, y1, x2, y2 in stored pixels.
    /// - Returns: the same four there, the smaller ones first.
    package func place(_ corners: [Double]) -> [Double] {
        guard corners.count == 4 else { return corners }
        let (one, two) = (place(corners[0], corners[1]), place(corners[2], corners[3]))
        return [min(one.x, two.x), min(one.y, two.y), max(one.x, two.x), max(one.y, two.y)]
    }

    /// A point in pixels of the picture as it is shown.
    package func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        // Shares of the picture, from its top left corner.
        let across = (x - aperture.x) / aperture.width
        let plain = (y - aperture.y) / aperture.height
        let down = isMirrored ? 1 - plain : plain
        let (right, under) =
            switch turns {
            case 1: (1 - down, across)
            case 2: (1 - across, 1 - down)
            case 3: (down, 1 - across)
            default: (across, down)
            }
        return (right * Double(shown.width), under * Double(shown.height))
    }

    /// The same box in a frame of `canvas` pixels, into which the picture is fitted as players do: as large as it can be,
    /// and in the middle.
    package func place(_ corners: [Double], on canvas: (width: Int, height: Int)) -> [Double] {
        let factor = min(Double(canvas.width) / Double(shown.width), Double(canvas.height) / Double(shown.height))
        let left = (Double(canvas.width) - Double(shown.width) * factor) / 2
        let top = (Double(canvas.height) - Double(shown.height) * factor) / 2
        return zip(place(corners), [left, top, left, top]).map { $0 * factor + $1 }
    }

    package static func == (one: ShownPicture, two: ShownPicture) -> Bool {
        one.width == two.width && one.height == two.height && one.shown == two.shown && one.aperture == two.aperture
            && one.turns == two.turns && one.isMirrored == two.isMirrored
            && one.sampleAspectRatio == two.sampleAspectRatio
    }
}

/// The sizes of a result's frames, told frame by frame.
package struct ShownPictures {
    /// How the first frame is shown.
    package let first: ShownPicture
    /// How most frames are shown.
    package let main: ShownPicture
    /// Whether there are several sizes or shapes.
    package let varies: Bool
    /// How the frame that was taken last is shown.
    package private(set) var current: ShownPicture

    private let changes: [(frame: Int, picture: ShownPicture)]
    private var next = 0

    /// - Parameters:
    ///   - video: a result's `video`.
    ///   - width: pixels where it does not tell.
    ///   - height: the same.
    package init(_ video: JSON?, width: Int? = nil, height: Int? = nil) {
        let list = (video?["sizes"]?.array ?? []).map { run in
            (
                frame: run["first_frame"]?.int ?? 0, frames: run["frames"]?.int ?? 0,
                picture: ShownPicture(run, of: video)
            )
        }
        changes = list.map { ($0.frame, $0.picture) }
        varies = list.count > 1
        let whole = video ?? .members(["width": .int(width ?? 320), "height": .int(height ?? 180)])
        first = list.first?.picture ?? ShownPicture(whole, of: video)
        current = first
        var best = (picture: first, frames: -1)
        for entry in list {
            let frames = list.reduce(0) { $0 + ($1.picture == entry.picture ? $1.frames : 0) }
            if frames > best.frames { best = (entry.picture, frames) }
        }
        main = best.picture
    }

    /// Takes the next frame.
    ///
    /// - Parameters:
    ///   - index: its number, which never falls.
    ///   - size: pixels of its picture as it is stored, where a tool tells them: a result that lists no sizes does so
    ///     where they change.
    package mutating func take(index: Int, size: (width: Int, height: Int)? = nil) {
        while next < changes.count, changes[next].frame <= index {
            current = changes[next].picture
            next += 1
        }
        if let size { current = current.resized(width: size.width, height: size.height) }
    }
}
