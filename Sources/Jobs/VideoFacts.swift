package import Bytes

/// What lists show of a video, as its worker found it.
package struct VideoFacts: Equatable, Sendable {
    package var codec: String?
    /// Pixels.
    package var width: Int?
    package var height: Int?
    /// Seconds that its frames cover, or else what its container declares.
    package var duration: Double?
    /// Objects in the `detections` of all frames.
    package var detections: Int?
    /// Their classes, in the order in which they first appear.
    package var classes: [String]?

    package init(
        codec: String? = nil, width: Int? = nil, height: Int? = nil, duration: Double? = nil, detections: Int? = nil,
        classes: [String]? = nil
    ) {
        self.codec = codec
        self.width = width
        self.height = height
        self.duration = duration
        self.detections = detections
        self.classes = classes
    }

    /// Takes those members of a record that are there.
    package init(_ json: JSON) {
        self.init(
            codec: json["codec"]?.string, width: json["width"]?.int, height: json["height"]?.int,
            duration: json["duration"]?.double, detections: json["detections"]?.int,
            classes: json["classes"]?.array?.compactMap(\.string))
    }

    /// The members of a record, those that are known.
    package var members: [JSON.Member] {
        JSON.members([
            "codec": codec.map { .string($0) }, "width": width.map { .int($0) }, "height": height.map { .int($0) },
            "duration": duration.map { .double($0) }, "detections": detections.map { .int($0) },
            "classes": classes.map { .array($0.map { .string($0) }) },
        ]).members ?? []
    }
}
