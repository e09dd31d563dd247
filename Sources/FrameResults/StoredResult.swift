package import Bytes

/// A result as this program wrote it, read line by line: the head, then a frame a line. No more than that is in memory.
package final class StoredResult {
    /// Everything before the frames.
    package let head: JSON
    package let path: RawPath
    private let lines: LineReader
    private var isAtEnd = false
    /// Frames handed out so far.
    package private(set) var count = 0

    /// Opens a result and reads its head.
    ///
    /// - Throws: `SystemError` when it cannot be read, `JSONError` when its first line is no head.
    package convenience init(_ path: RawPath) throws { try self.init(LineReader(path), path) }

    /// Reads the head of a result that is open, and of which nothing was read.
    ///
    /// - Throws: `SystemError` when it cannot be read, `JSONError` when its first line is no head.
    package init(_ lines: LineReader, _ path: RawPath) throws {
        self.path = path
        self.lines = lines
        head = try HeadReader.parse(lines.next() ?? [])
    }

    /// The text of the next frame's object, or nil after the last one.
    ///
    /// - Throws: `SystemError`, or `JSONError` when the document ends before its frames do.
    package func nextLine() throws -> [UInt8]? {
        if isAtEnd { return nil }
        guard var line = try lines.next() else { throw JSONError(reason: "it ends inside its frames", offset: count) }
        if line.elementsEqual("]}".utf8) {
            isAtEnd = true
            return nil
        }
        if line.last == UInt8(ascii: ",") { line.removeLast() }
        count += 1
        return line
    }

    /// The next frame, or nil after the last one.
    package func nextFrame() throws -> JSON? {
        guard let line = try nextLine() else { return nil }
        return try JSONReader.parse(line)
    }
}
