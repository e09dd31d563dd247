internal import Bytes
internal import Jobs

/// Where the last line of each job stands in a file of records, found by the first bytes of each line: lines that no
/// longer count are not parsed.
struct LastLines {
    struct Span {
        var offset: Int64
        /// Bytes, without the line feed.
        var length: Int
    }

    private(set) var spans: [JobID: Span] = [:]
    /// Whether the last line has no line feed.
    private(set) var isTorn = false

    /// What every line begins with that this program wrote.
    private static let opening = Array("{\"job_id\":\"".utf8)
    private static let pieceSize = 1 << 20

    /// Nil for a file that has lines of another form, or is missing: it is to be read line by line.
    ///
    /// - Complexity: one pass over the bytes, and some 40 bytes of memory a job.
    init?(_ path: RawPath) throws(SystemError) {
        guard Files.exists(path) else { return nil }
        let descriptor = try Files.openInput(path)
        defer { Files.close(descriptor) }
        var position: Int64 = 0
        var size = LastLines.pieceSize
        while true {
            let piece = try Files.read(descriptor, at: position, count: size, path: path)
            var start = 0
            while let end = piece[start...].firstIndex(of: 0x0a) {
                if end > start {
                    guard let key = LastLines.key(piece, start, end) else { return nil }
                    spans[key] = Span(offset: position + Int64(start), length: end - start)
                }
                start = end + 1
            }
            position += Int64(start)
            if piece.count < size {
                isTorn = start < piece.count
                return
            }
            // A line that is longer than a piece.
            size = start == 0 ? size * 2 : LastLines.pieceSize
        }
    }

    /// Bytes of all of them with their line feeds.
    var size: Int64 { spans.values.reduce(0) { $0 + Int64($1.length) + 1 } }

    private static func key(_ bytes: [UInt8], _ start: Int, _ end: Int) -> JobID? {
        let text = start + opening.count
        guard text + 37 < end, bytes[end - 1] == UInt8(ascii: "}"), bytes[text + 36] == UInt8(ascii: "\"") else {
            return nil
        }
        for (index, byte) in opening.enumerated() where bytes[start + index] != byte { return nil }
        return JobID(bytes, at: text)
    }
}
