package import Bytes

/// Frames that a ``ResultWriter`` has taken, one at a time.
package final class SpooledFrames {
    private let lines: LineReader

    init(_ lines: LineReader) { self.lines = lines }

    /// The next frame; nil after the last one.
    ///
    /// - Throws: `SystemError`, or `JSONError` when what was written there is not what is read.
    package func next() throws -> JSON? {
        guard var line = try lines.next() else { return nil }
        if line.last == UInt8(ascii: ",") { line.removeLast() }
        return try JSONReader.parse(line)
    }
}
