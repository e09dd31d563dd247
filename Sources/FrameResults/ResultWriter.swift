package import Bytes

/// What one tool stores of one frame.
package struct ToolMeasures: Sendable {
    package var tool: String
    package var values: [(key: String, value: Double)]
    /// Places in the picture: x1, y1, x2, y2 in source pixels.
    package var regions: [[Double]]
    /// Objects in the picture.
    package var objects: [TrackedObject]
    /// What an external tool found, before any threshold; nil where it did not look.
    package var candidates: CandidateList?

    package init(
        tool: String, values: [(key: String, value: Double)], regions: [[Double]] = [], objects: [TrackedObject] = [],
        candidates: CandidateList? = nil
    ) {
        self.tool = tool
        self.values = values
        self.regions = regions
        self.objects = objects
        self.candidates = candidates
    }

    var isEmpty: Bool { values.isEmpty && regions.isEmpty && objects.isEmpty && candidates == nil }
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
/// when all is known. Both files are opened at the beginning, so that nothing needs to be opened later; what the document
/// is written to is empty until it is finished, and its name is up to the caller.
///
/// The head is the first line and each frame is a line, so that other programs can read a long result piece by piece.
///
/// A compressed document is one member of gzip, and its spool is compressed, too: the frames are one stretch of it, which
/// the head's precedes.
package struct ResultWriter: ~Copyable {
    private let path: RawPath
    private let document: FileDescriptor
    private var spool: FileDescriptor
    /// A second spool, for a writer whose frames may be read again.
    private var spare: FileDescriptor?
    private let isCompressed: Bool
    /// Compresses the frames as they come; nil where the document is not compressed, or its frames may be read again.
    private var frameStretch: Deflater?
    private var buffer = JSONWriter(reserving: ResultWriter.bufferSize)
    private var sanitizer = Sanitizer()
    private var frames = 0
    private var detections = 0
    private var classes: [String] = []

    /// What was written.
    package struct Finished: Equatable, Sendable {
        /// Of the content, in hexadecimal.
        package let sha256: String
        /// Bytes of the file.
        package let size: Int64
        /// Bytes of the content.
        package let contentSize: Int64
        /// Objects in the `detections` of all frames.
        package let detections: Int
        /// Their classes, in the order in which they first appear.
        package let classes: [String]
    }

    private static let flushSize = 1 << 16
    private static let bufferSize = 1 << 17

    /// - Parameters:
    ///   - path: of a file that is not there yet, in a folder that is made where it is missing.
    ///   - rereads: whether ``takeBack()`` may be called.
    package init(path: RawPath, isCompressed: Bool = false, rereads: Bool = false) throws(SystemError) {
        let frameStretch = isCompressed && !rereads ? try Deflater() : nil
        try Files.makeDirectory(path.parent)
        // One that is compressed is read again, to hash what it unpacks to.
        let document = try Files.open(path, isCompressed ? Files.createExclusiveReadWrite : Files.createExclusive)
        let spool: FileDescriptor
        do throws(SystemError) {
            spool = try ResultWriter.nameless(in: path.parent)
            spare = rereads ? try ResultWriter.nameless(in: path.parent) : nil
        } catch {
            Files.close(document)
            throw error
        }
        self.path = path
        self.document = document
        self.spool = spool
        self.isCompressed = isCompressed
        self.frameStretch = frameStretch
    }

    /// A file without a name: it cannot be left behind, however this process ends.
    private static func nameless(in folder: RawPath) throws(SystemError) -> FileDescriptor {
        let temporary = folder.appending(Files.temporaryName())
        let descriptor = try Files.open(temporary, Files.createExclusiveReadWrite)
        Files.remove(temporary)
        return descriptor
    }

    deinit {
        Files.close(document)
        Files.close(spool)
        if let spare { Files.close(spare) }
    }

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
        if let detections = frame.detections { objects(detections, areCounted: true) }
        buffer.endObject()
        for measure in frame.measures where !measure.isEmpty { self.measure(measure) }
        buffer.endObject()
        frames += 1
        if buffer.count >= ResultWriter.flushSize { try flush() }
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
        if let candidates = measure.candidates {
            buffer.key(plain: "candidates")
            buffer.value(candidates.json)
        }
        if !measure.objects.isEmpty { objects(measure.objects, areCounted: false) }
        buffer.endObject()
    }

    /// Writes those that may be written.
    private mutating func objects(_ objects: [TrackedObject], areCounted: Bool) {
        buffer.key(plain: "tracked_objects")
        buffer.beginArray()
        for object in objects where sanitizer.accepts(object.corners) {
            if areCounted {
                detections += 1
                if !classes.contains(object.className) { classes.append(object.className) }
            }
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
            let center = object.center
            buffer.beginArray()
            buffer.double(center.x)
            buffer.double(center.y)
            buffer.endArray()
            if let confidence = object.confidence {
                buffer.key(plain: "confidence")
                buffer.double(confidence)
            }
            if !object.keypoints.isEmpty {
                buffer.key(plain: "keypoints")
                buffer.beginArray()
                for point in object.keypoints { corners(point) }
                buffer.endArray()
            }
            buffer.endObject()
        }
        buffer.endArray()
    }

    private mutating func corners(_ values: [Double]) {
        buffer.beginArray()
        for value in values { buffer.double(value) }
        buffer.endArray()
    }

    /// Begins anew, and hands out the frames that were added: what is made of them may be added again.
    ///
    /// - Precondition: the writer was made for it, and this is called once.
    package mutating func takeBack() throws(SystemError) -> SpooledFrames {
        guard let next = spare else { preconditionFailure("this writer keeps no second spool") }
        try flush()
        try Files.rewind(spool, path: path)
        let frames = SpooledFrames(LineReader(ContentReader(spool, path)))
        (spool, spare) = (next, nil)
        buffer = JSONWriter(reserving: ResultWriter.bufferSize)
        if isCompressed { frameStretch = try Deflater() }
        sanitizer = Sanitizer()
        (self.frames, detections, classes) = (0, 0, [])
        return frames
    }

    /// Begins anew, without the frames that were added.
    package mutating func restart() throws(SystemError) {
        buffer = JSONWriter(reserving: ResultWriter.bufferSize)
        try Files.truncate(spool, to: 0, path: path)
        try Files.rewind(spool, path: path)
        if frameStretch != nil { frameStretch = try Deflater() }
        sanitizer = Sanitizer()
        (frames, detections, classes) = (0, 0, [])
    }

    private mutating func flush() throws(SystemError) {
        try Files.write(frameStretch?.add(buffer.bytes) ?? buffer.bytes, to: spool, path: path)
        buffer.removeAll()
    }

    /// Writes the whole document, and waits until it is on the disk.
    package consuming func finish(_ head: ResultHead) throws(SystemError) -> Finished {
        precondition(head.totalFrames == frames, "every decoded frame has a record")
        try flush()
        var first = JSONWriter()
        first.beginObject()
        for member in head.members(&sanitizer) {
            first.key(member.key)
            first.value(member.value)
        }
        first.key("frames")
        let head = first.bytes + Array("[\n".utf8)
        let end = Array("\n]}\n".utf8)
        let written: Written
        if isCompressed {
            let stretch = if let frameStretch { frameStretch } else { try compressSpool() }
            written = try compress(head, stretch, end)
        } else {
            written = try copy(head, end)
        }
        try Files.sync(document, path: path)
        return Finished(
            sha256: written.sha256, size: written.size, contentSize: written.contentSize, detections: detections,
            classes: classes)
    }

    /// Compresses the frames, which lie plain in a spool that could have been read again, into the other one.
    private mutating func compressSpool() throws(SystemError) -> Deflater {
        guard let target = spare else { preconditionFailure("a plain spool has a second one beside it") }
        let stretch = try Deflater()
        var offset: Int64 = 0
        while true {
            let piece = try Files.read(spool, at: offset, count: 1 << 17, path: path)
            if piece.isEmpty { break }
            offset += Int64(piece.count)
            try Files.write(stretch.add(piece), to: target, path: path)
        }
        (spool, spare) = (target, spool)
        return stretch
    }

    private typealias Written = (sha256: String, size: Int64, contentSize: Int64)

    private func copy(_ head: [UInt8], _ end: [UInt8]) throws(SystemError) -> Written {
        var hash = Digest.Running()
        var size: Int64 = 0
        func write(_ bytes: [UInt8]) throws(SystemError) {
            try Files.write(bytes, to: document, path: path)
            hash.update(bytes)
            size += Int64(bytes.count)
        }
        try write(head)
        try eachPiece(write)
        try write(end)
        return (hash.hex(), size, size)
    }

    private func compress(_ head: [UInt8], _ frames: Deflater, _ end: [UInt8]) throws(SystemError) -> Written {
        try Files.write(frames.add(end) + frames.end(isLast: true), to: spool, path: path)
        let member = try GzipMember(beginning: head, then: frames)
        var size: Int64 = 0
        func write(_ bytes: [UInt8]) throws(SystemError) {
            try Files.write(bytes, to: document, path: path)
            size += Int64(bytes.count)
        }
        try write(member.start)
        try eachPiece(write)
        try write(member.trailer)
        // What is hashed is what everybody will read.
        try Files.rewind(document, path: path)
        let content = ContentReader(try Files.duplicate(document, path: path), path)
        var hash = Digest.Running()
        while true {
            let piece = try content.read(1 << 17)
            if piece.isEmpty { break }
            hash.update(piece)
        }
        return (hash.hex(), size, content.count)
    }

    /// Hands out what is in the spool.
    private func eachPiece(_ body: ([UInt8]) throws(SystemError) -> Void) throws(SystemError) {
        var offset: Int64 = 0
        while true {
            let piece = try Files.read(spool, at: offset, count: 1 << 20, path: path)
            if piece.isEmpty { return }
            try body(piece)
            offset += Int64(piece.count)
        }
    }
}
