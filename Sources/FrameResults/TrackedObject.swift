package import Bytes

/// An object with its place in a frame.
package struct TrackedObject: Equatable, Sendable {
    package var track: Int
    package var classID: Int
    package var className: String
    /// x1, y1, x2, y2 in source pixels from the top left.
    package var corners: [Double]
    /// 0 to 1; nil where the tool tells none.
    package var confidence: Double?
    /// x and y in source pixels, and the point's own confidence where there is one.
    package var keypoints: [[Double]]

    package init(
        track: Int, classID: Int, className: String, corners: [Double], confidence: Double? = nil,
        keypoints: [[Double]] = []
    ) {
        self.track = track
        self.classID = classID
        self.className = className
        self.corners = corners
        self.confidence = confidence
        self.keypoints = keypoints
    }
}

extension TrackedObject {
    /// The class of what a tool saw move without knowing what it is.
    package static let unnamedClass = "motion"

    /// The middle of its box, x and y to four digits after the point.
    var center: (x: Double, y: Double) {
        func middle(_ axis: Int) -> Double { ((corners[axis] + corners[axis + 2]) / 2 * 10_000).rounded() / 10_000 }
        return (middle(0), middle(1))
    }

    /// As it stands in a frame.
    package var json: JSON {
        .members([
            "track_id": .int(track), "class_id": .int(classID), "class": .string(className),
            "xyxy": .array(corners.map { .double($0) }),
            "center": .array([.double(center.x), .double(center.y)]),
            "confidence": confidence.map { .double($0) },
            "keypoints": keypoints.isEmpty ? nil : .array(keypoints.map { .array($0.map { .double($0) }) }),
        ])
    }
}

/// What an external tool found in one frame, as a result holds it: lists of equal length. A list is nil where the tool does
/// not tell what would be in it.
package struct CandidateList: Equatable, Sendable {
    /// x1, y1, x2, y2 in source pixels.
    package var boxes: [[Double]] = []
    package var confidences: [Double]?
    package var classIDs: [Int]?
    package var classNames: [String]?
    package var tracks: [Int]?
    /// Points of x, y and, where there is one, confidence.
    package var keypoints: [[[Double]]]?

    package init() {}

    /// As it stands in a frame.
    ///
    /// - Precondition: all numbers are finite: what comes from a plugin was looked at when it came.
    package var json: JSON {
        .members([
            "xyxy": .array(boxes.map { .array($0.map { .double($0) }) }),
            "confidence": confidences.map { .array($0.map { .double($0) }) },
            "class_id": classIDs.map { .array($0.map { .int($0) }) },
            "class": classNames.map { .array($0.map { .string($0) }) },
            "track_id": tracks.map { .array($0.map { .int($0) }) },
            "keypoints": keypoints.map { lists in
                .array(lists.map { .array($0.map { .array($0.map { .double($0) }) }) })
            },
        ])
    }

    /// Reads what stands in a frame; nil for what is none.
    package init?(_ json: JSON?) {
        guard let json, let corners = json["xyxy"]?.array else { return nil }
        func numbers(_ json: JSON) -> [Double] { (json.array ?? []).compactMap(\.double) }
        boxes = corners.map(numbers)
        guard boxes.allSatisfy({ $0.count == 4 }) else { return nil }
        confidences = json["confidence"]?.array?.compactMap(\.double)
        classIDs = json["class_id"]?.array?.compactMap(\.int)
        classNames = json["class"]?.array?.compactMap(\.string)
        tracks = json["track_id"]?.array?.compactMap(\.int)
        keypoints = json["keypoints"]?.array?.map { ($0.array ?? []).map(numbers) }
        let counts = [confidences?.count, classIDs?.count, classNames?.count, tracks?.count, keypoints?.count]
        guard counts.allSatisfy({ $0 == nil || $0 == boxes.count }) else { return nil }
    }
}
