package import Bytes

/// What one tool stores of one frame.
package typealias ToolMeasures = (tool: String, values: [(key: String, value: Double)])

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
    package mutating func append(time: Double?, measures: [ToolMeasures]) throws(SystemError) {
        if frames > 0 { buffer.endElementLine() }
        buffer.beginObject()
        buffer.key("frame_index")
        buffer.int(frames)
        if let time = time.flatMap({ sanitizer.number($0) }) {
            buffer.key("time")
            buffer.double(time)
        }
        buffer.key("detections")
        buffer.beginObject()
        buffer.endObject()
        for measure in measures where !measure.values.isEmpty {
            buffer.key(measure.tool)
            buffer.beginObject()
            for (key, value) in measure.values {
                guard let value = sanitizer.number(value) else { continue }
                buffer.key(key)
                buffer.double(value)
            }
            buffer.endObject()
        }
        buffer.endObject()
        frames += 1
        if buffer.bytes.count >= ResultWriter.flushSize { try flush() }
    }

    private mutating func flush() throws(SystemError) {
        try Files.write(buffer.bytes, to: spool, path: path)
        buffer.removeAll()
    }

    /// Puts the whole document in place.
    ///
    /// - Returns: its SHA-256 and its size in bytes.
    package consuming func publish(_ head: ResultHead) throws(SystemError) -> (sha256: String, size: Int64) {
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
        try file.write(first.bytes + Array("[\n".utf8))
        var offset: Int64 = 0
        while true {
            let piece = try Files.read(spool, at: offset, count: 1 << 20, path: path)
            if piece.isEmpty { break }
            try file.write(piece)
            offset += Int64(piece.count)
        }
        try file.write(Array("\n]}\n".utf8))
        let size = file.size
        return (try file.publish(), size)
    }
}
