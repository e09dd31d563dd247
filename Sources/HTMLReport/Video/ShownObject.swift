internal import Bytes
internal import FrameResults
internal import ToolModel

/// An object of a frame as pages draw it.
struct ShownObject: Equatable {
    let track: Int
    /// Nil for what no tool names.
    let name: String?
    /// 0 to 1; nil where the tool tells none.
    let confidence: Double?
    /// Left, top, right, bottom in pixels of the picture as the page shows it.
    let corners: [Int]
    /// The same of its keypoints.
    var points: [[Int]] = []

    /// Nil for what is no object.
    private init?(_ json: JSON, _ picture: ShownPicture, on canvas: (width: Int, height: Int)) {
        guard let corners = json["xyxy"]?.array?.compactMap(\.double), ShownObject.isPlace(corners, 4...4) else {
            return nil
        }
        track = json["track_id"]?.int ?? 0
        name = ShownObject.name(json)
        confidence = json["confidence"]?.double
        self.corners = picture.place(corners, on: canvas).map { Int($0.rounded()) }
        for point in json["keypoints"]?.array ?? [] {
            guard let point = point.array?.compactMap(\.double), ShownObject.isPlace(point, 2...3) else { continue }
            // One that was not seen has no place.
            guard point.count < 3 || point[2] > 0 else { continue }
            let place = picture.place([point[0], point[1], point[0], point[1]], on: canvas)
            points.append(place.prefix(2).map { Int($0.rounded()) })
        }
    }

    private static func isPlace(_ numbers: [Double], _ count: ClosedRange<Int>) -> Bool {
        count.contains(numbers.count) && numbers.allSatisfy { abs($0) < 1e6 }
    }

    /// The class of a stored object; nil where no tool says what it is.
    static func name(_ json: JSON) -> String? {
        guard let name = json["class"]?.string, !name.isEmpty, name != TrackedObject.unnamedClass else { return nil }
        return name
    }

    /// The objects of a frame: its own, and those of further external tools.
    ///
    /// - Parameters:
    ///   - picture: how the frame is shown.
    ///   - canvas: pixels of the picture as the page shows it.
    static func all(
        in frame: JSON, _ picture: ShownPicture, on canvas: (width: Int, height: Int)
    ) -> [ShownObject] {
        lists(of: frame).flatMap { $0.objects }.compactMap { ShownObject($0, picture, on: canvas) }
    }

    /// The lists of objects of a frame, each with the tool that found them; the frame's own has none.
    static func lists(of frame: JSON) -> [(tool: String, objects: [JSON])] {
        (frame.members ?? []).compactMap { member in
            let isOwn = member.key == ShownObject.own
            guard isOwn || ToolDescriptor.isExternal(member.key),
                let objects = member.value["tracked_objects"]?.array
            else { return nil }
            return (isOwn ? "" : member.key, objects)
        }
    }

    /// The member of a frame that holds its own objects.
    static let own = "detections"

    /// Pixels.
    var area: Int { (corners[2] - corners[0]) * (corners[3] - corners[1]) }

    /// `person 0.91`; nil for what no tool names.
    var label: String? {
        guard let name else { return nil }
        let text = Text.shown(name, limit: 30)
        return confidence.map { "\(text) \(Text.decimal($0, 2, fixed: true))" } ?? text
    }
}
