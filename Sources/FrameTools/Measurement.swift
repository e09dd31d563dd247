internal import Frames
internal import ToolModel

/// A box in source pixels: the top left corner and the corner behind the bottom right pixel, from the top left of the
/// picture as it is stored.
package struct Box: Equatable, Sendable {
    package var x1: Double
    package var y1: Double
    package var x2: Double
    package var y2: Double

    package init(x1: Double, y1: Double, x2: Double, y2: Double) {
        (self.x1, self.y1, self.x2, self.y2) = (x1, y1, x2, y2)
    }

    package var width: Double { x2 - x1 }
    package var height: Double { y2 - y1 }
    package var area: Double { max(0, width) * max(0, height) }
    package var center: (x: Double, y: Double) { ((x1 + x2) / 2, (y1 + y2) / 2) }

    /// Intersection over union, 0 to 1.
    package func overlap(_ other: Box) -> Double {
        let shared = max(0, min(x2, other.x2) - max(x1, other.x1)) * max(0, min(y2, other.y2) - max(y1, other.y1))
        let all = area + other.area - shared
        return all > 0 ? shared / all : 0
    }
}

/// An object in one frame.
package struct Detection: Equatable, Sendable {
    /// From 1, in the order in which a video's objects appear.
    package var track: Int
    package var classID: Int
    package var className: String
    package var box: Box
    /// 0 to 1; nil where the tool tells none.
    package var confidence: Double?
    package var keypoints: [Keypoint]

    package init(
        track: Int, classID: Int, className: String, box: Box, confidence: Double? = nil, keypoints: [Keypoint] = []
    ) {
        self.track = track
        self.classID = classID
        self.className = className
        self.box = box
        self.confidence = confidence
        self.keypoints = keypoints
    }
}

/// A point of an object, such as a joint, in source pixels.
package struct Keypoint: Equatable, Sendable {
    package var x: Double
    package var y: Double
    /// 0 to 1; nil where the tool tells none.
    package var confidence: Double?

    package init(x: Double, y: Double, confidence: Double? = nil) {
        (self.x, self.y, self.confidence) = (x, y, confidence)
    }
}

/// What another program takes for an object in one frame, before any threshold.
package struct Candidate: Equatable, Sendable {
    package var box: Box
    /// 0 to 1; nil where the tool tells none, for all candidates of a frame or for none.
    package var confidence: Double?
    package var classID: Int?
    /// Where the tool itself names the class.
    package var className: String?
    /// Where the tool itself tells objects apart.
    package var track: Int?
    package var keypoints: [Keypoint]

    package init(
        box: Box, confidence: Double? = nil, classID: Int? = nil, className: String? = nil, track: Int? = nil,
        keypoints: [Keypoint] = []
    ) {
        self.box = box
        self.confidence = confidence
        self.classID = classID
        self.className = className
        self.track = track
        self.keypoints = keypoints
    }
}

/// What a tool stores of one frame: a few named, finite numbers in a fixed order.
package struct Measurement: Equatable, Sendable {
    package private(set) var values: [(key: String, value: Double)] = []
    /// Places in the picture where something is, for tools that find some: what tracks are joined from.
    package var regions: [Box] = []
    /// What another program found in the frame; nil where it did not look, or finds no objects.
    package var candidates: [Candidate]?

    package init() {}

    /// Adds a number, or replaces the one of the same name. It is rounded to four digits, so that detecting now and
    /// later sees the same; a non-finite one is left out.
    package mutating func set(_ key: String, _ value: Double) {
        guard value.isFinite else { return }
        if let place = values.firstIndex(where: { $0.key == key }) {
            values[place].value = rounded4(value)
        } else {
            values.append((key, rounded4(value)))
        }
    }

    package subscript(key: String) -> Double? { values.first { $0.key == key }?.value }

    package static func == (left: Measurement, right: Measurement) -> Bool {
        left.values.elementsEqual(right.values) { $0.key == $1.key && $0.value == $1.value }
            && left.regions == right.regions && left.candidates == right.candidates
    }
}

/// What a tool found of a class of objects in a video.
package struct ClassCount: Equatable, Sendable {
    package let name: String
    /// Objects that were told apart; nil where nobody tells them apart.
    package var objects: Int?
    /// Detections in the frames that the tool looked at.
    package var detections = 0

    package init(name: String, objects: Int? = nil, detections: Int = 0) {
        (self.name, self.objects, self.detections) = (name, objects, detections)
    }
}

/// Something that happened in a video.
package struct ToolEvent: Equatable, Sendable {
    package var tool: String
    package var type: String
    package var startFrame: Int
    /// The last frame that belongs to it.
    package var endFrame: Int
    /// Seconds.
    package var start: Double
    package var end: Double
    /// The video ended before the event did.
    package var isOpenAtEnd = false
    /// What it is about, where that has a class.
    package var className: String?
    package var values = Measurement()
}
