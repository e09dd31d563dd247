package import Bytes

/// Reads what stands before the frames of a result, compressed or not, without reading the frames.
package enum HeadReader {
    /// The head of a result that this program wrote: its first line.
    ///
    /// - Throws: `SystemError` when the file cannot be read, `JSONError` when its first line is no head.
    /// - Complexity: the size of the head.
    package static func read(_ path: RawPath) throws -> JSON {
        let content = try ContentReader(path)
        var line: [UInt8] = []
        while line.count < sizeLimit {
            let piece = try content.read(1 << 16)
            if let end = piece.firstIndex(of: 0x0a) {
                line += piece[..<end]
                break
            }
            if piece.isEmpty { break }
            line += piece
        }
        return try parse(line)
    }

    /// A head from the first line of a result.
    static func parse(_ line: [UInt8]) throws(JSONError) -> JSON {
        let opening = Array(",\"frames\":[".utf8)
        guard line.suffix(opening.count).elementsEqual(opening) else {
            throw JSONError(reason: "the first line is not the head of a result", offset: 0)
        }
        return try JSONReader.parse(Array(line.dropLast(opening.count)) + [UInt8(ascii: "}")])
    }

    /// 400 errors and some thousand events fit many times over.
    private static let sizeLimit = 64 << 20
}
