/// A file's lines, one at a time, in constant memory; those of its content where the file is compressed.
package final class LineReader {
    private let content: ContentReader
    private let limit: Int
    private var piece: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// Whether the last line that was handed out had no line feed: its writer has not finished it.
    package private(set) var isTorn = false

    /// Whether the file is compressed; known once a line was asked for.
    package var isCompressed: Bool { content.isCompressed }

    private static let pieceSize = 1 << 17

    /// - Parameter limit: bytes of the longest line that is taken; a longer one is an error.
    package convenience init(_ path: RawPath, limit: Int = 64 << 20) throws(SystemError) {
        self.init(try ContentReader(path), limit: limit)
    }

    /// Reads the lines of a file that is open, and of which nothing was read.
    package init(_ content: ContentReader, limit: Int = 64 << 20) {
        self.content = content
        self.limit = limit
    }

    /// The next line without its line feed, or nil at the end.
    ///
    /// - Throws: `SystemError`, with the code of a file too large for a line beyond the limit; see also
    ///   ``ContentReader/read(_:)``.
    package func next() throws(SystemError) -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if position == piece.count {
                if !isAtEnd { piece = try content.read(LineReader.pieceSize) }
                position = 0
                if piece.isEmpty {
                    isAtEnd = true
                    isTorn = !line.isEmpty
                    return line.isEmpty ? nil : line
                }
            }
            if let end = piece[position...].firstIndex(of: 0x0a) {
                line += piece[position..<end]
                position = end + 1
                return line
            }
            line += piece[position...]
            position = piece.count
            guard line.count <= limit else { throw SystemError("read", content.path, code: SystemError.fileTooLarge) }
        }
    }
}

extension LineFile {
    /// Hands out the objects of such a file in order, one in memory at a time. Lines that are no JSON are left out, and
    /// so is a last line that its writer did not finish; a missing file has none.
    ///
    /// - Returns: how many lines could not be read.
    @discardableResult
    package static func forEach(_ path: RawPath, _ body: (JSON) throws -> Void) throws -> Int {
        guard Files.exists(path) else { return 0 }
        let reader = try LineReader(path)
        var broken = 0
        while let line = try reader.next() {
            if line.isEmpty { continue }
            guard !reader.isTorn, let value = try? JSONReader.parse(line) else {
                broken += 1
                continue
            }
            try body(value)
        }
        return broken
    }
}
