package import Bytes

/// What one tool stores of one frame.
package struct ToolMeasures: Sendable {
    package var tool: String
    package var values: [(key: String, value: Double)]
    /// Places in the picture: x1, y1, x2, y2 in source pixels.
    package var regions: [[Double]]
    /// Objects in the picture.
    package var objects: [TrackedObject]

    package init(
        tool: String, values: [(key: String, value: Double)], regions: [[Double]] = [], objects: [TrackedObject] = []
    ) {
        self.tool = tool
        self.values = values
        self.regions = regions
        self.objects = objects
    }

    var isEmpty: Bool { values.isEmpty && regions.isEmpty && objects.isEmpty }
}

/// An object with its place in a frame.
package struct TrackedObject: Equatable, Sendable {
    package var track: Int
    package var classID: Int
    package var className: String
    /// x1, y1, x2, y2 in source pixels from the top left.
    package var corners: [Double]

    package init(track: Int, classID: Int, className: String, corners: [Double]) {
        self.track = track
        self.classID = classID
        self.className = className
        self.corners = corners
    }
}

extension TrackedObject {
    /// As it stands in a frame.
    package var json: JSON {
        .members([
            "track_id": .int(track), "class_id": .int(classID), "class": .string(className),
            "xyxy": .array(corners.map { .double($0) }),
            "center": .array([.double((corners[0] + corners[2]) / 2), .double((corners[1] + corners[3]) / 2)]),
        ])
    }
}

/// A frame as it is stored.
package struct FrameRecord: Sendable {
    /// Seconds; nil where the file gives no time.
    package var time: Double?
    package var measures: [ToolMeasures]
    /// The objects of the first selected tool that detects; nil when none does.
    package var detections: [TrackedObject]?

    package init(time: Double?, measures: [ToolMeasures], detections: [TrackedObject]? = nil) {
        self.time = time
        self.measures = measures
        self.detections = detections
    }
}

/// Writes one result document in constant memory: frames go to a spool as they come, and are copied behind the head
/// when all is known. The document appears under its name only when it is whole.
///
/// The head is the first line and each frame is a line, so that other programs can read a long result piece by piece.
package struct ResultWriter: ~Copyable {
    private let path: RawPath
    private let spool: Int32
    private var buffer = JSONWriter(reserving: 1 << 17)
    private var sanitizer = Sanitizer()
    private var frames = 0
    private var detections = 0
    private var classes: [String] = []

    /// What was put in place.
    package struct Published: Equatable, Sendable {
        /// In hexadecimal.
        package let sha256: String
        /// Bytes.
        package let size: Int64
        /// Objects in the `detections` of all frames.
        package let detections: Int
        /// Their classes, in the order in which they first appear.
        package let classes: [String]
    }

    private static let flushSize = 1 << 16

    package init(path: RawPath) throws(SystemError) {
        self.path = path
        try Files.makeDirectory(path.parent)
        let temporary = path.parent.appending(Files.temporaryName())
        spool = try Files.open(temporary, Files.createExclusiveReadWrite)
        // Without a name it cannot be left behind, however this process ends.
        Files.remove(temporary)
    }

    deinit { Files.close(spool) }

    /// Adds the next frame. Frames are numbered here, so that they are dense by construction.
    package mutating func append(_ frame: FrameRecord) throws(SystemError) {
        if frames > 0 { buffer.endElementLine() }
        buffer.beginObject()
        buffer.key(plain: "frame_index")
        buffer.int(frames)
        if let time = frame.time.flatMap({ sanitizer.number($0) }) {
            buffer.key(plain: "time")
            buffer.double(time)
        }
        buffer.key(plain: "detections")
        buffer.beginObject()
        if let detections = frame.detections { count(objects(detections)) }
        buffer.endObject()
        for measure in frame.measures where !measure.isEmpty { self.measure(measure) }
        buffer.endObject()
        frames += 1
        if buffer.bytes.count >= ResultWriter.flushSize { try flush() }
    }

    private mutating func measure(_ measure: ToolMeasures) {
        buffer.key(measure.tool)
        buffer.beginObject()
        for (key, value) in measure.values {
            guard let value = sanitizer.number(value) else { continue }
            buffer.key(key)
            buffer.double(value)
        }
        if !measure.regions.isEmpty {
            buffer.key(plain: "regions")
            buffer.beginArray()
            for region in measure.regions where sanitizer.accepts(region) { corners(region) }
            buffer.endArray()
        }
        if !measure.objects.isEmpty { _ = objects(measure.objects) }
        buffer.endObject()
    }

    private mutating func count(_ written: [TrackedObject]) {
        detections += written.count
        for object in written where !classes.contains(object.className) { classes.append(object.className) }
    }

    /// Returns those that may be written.
    private mutating func objects(_ objects: [TrackedObject]) -> [TrackedObject] {
        let accepted = objects.filter { sanitizer.accepts($0.corners) }
        buffer.key(plain: "tracked_objects")
        buffer.beginArray()
        for object in accepted {
            buffer.beginObject()
            buffer.key(plain: "track_id")
            buffer.int(object.track)
            buffer.key(plain: "class_id")
            buffer.int(object.classID)
            buffer.key(plain: "class")
            buffer.string(object.className)
            buffer.key(plain: "xyxy")
            corners(object.corners)
            buffer.key(plain: "center")
            buffer.beginArray()
            buffer.double((object.corners[0] + object.corners[2]) / 2)
            buffer.double((object.corners[1] + object.corners[3]) / 2)
            buffer.endArray()
            buffer.endObject()
        }
        buffer.endArray()
        return accepted
    }

    private mutating func corners(_ values: [Double]) {
        buffer.beginArray()
        for value in values { buffer.double(value) }
        buffer.endArray()
    }

    private mutating func flush() throws(SystemError) {
        try Files.write(buffer.bytes, to: spool, path: path)
        buffer.removeAll()
    }

    /// Puts the whole document in place.
    package consuming func publish(_ head: ResultHead) throws(SystemError) -> Published {
        precondition(head.decode.decodedFrames == frames, "every decoded frame has a record")
        try flush()
        var first = JSONWriter()
        first.beginObject()
        for member in head.members(&sanitizer) {
            first.key(member.key)
            first.value(member.value)
        }
        first.key("frames")
        var file = try AtomicFile(path)
        var hash = Digest.Running()
        var piece = first.bytes + Array("[\n".utf8)
        var offset: Int64 = 0
        while !piece.isEmpty {
            try file.write(piece)
            hash.update(piece)
            piece = try Files.read(spool, at: offset, count: 1 << 20, path: path)
            offset += Int64(piece.count)
        }
        let end = Array("\n]}\n".utf8)
        try file.write(end)
        hash.update(end)
        let size = file.size
        let (detections, classes) = (detections, classes)
        try file.publish()
        return Published(sha256: hash.hex(), size: size, detections: detections, classes: classes)
    }
}
