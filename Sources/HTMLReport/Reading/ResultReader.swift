internal import Bytes

/// Reads a result document piece by piece: what stands before its frames at once, then one frame after the other.
final class ResultReader {
    /// What stands before the frames.
    let facts: ResultFacts
    private let document: DocumentReader

    /// Opens a result and reads its head.
    ///
    /// - Throws: `SystemError` when the file cannot be read, ``ReportError``, `DocumentError` or `JSONError` when it is no
    ///   result.
    /// - Complexity: the size of the head.
    init(_ path: RawPath) throws {
        document = try DocumentReader(path, list: "frames")
        guard document.hasList else { throw ReportError("it has no frames") }
        facts = ResultFacts(document.head)
    }

    /// The next frame's record, or nil after the last one.
    func nextFrame() throws -> JSON? { try document.next() }
}
