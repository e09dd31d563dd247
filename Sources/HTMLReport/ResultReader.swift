internal import Bytes

/// Reads a result document piece by piece: what stands before its frames at once, then one frame after the other.
/// Where lines end does not matter, and no more than the head and one frame is in memory.
final class ResultReader {
    /// What stands before the frames.
    let facts: ResultFacts

    private let source: ByteSource
    private var isAtEnd = false

    /// Far over the longest head: a hundred errors and thousands of events.
    private static let headLimit = 64 << 20
    /// Far over a frame crowded with objects.
    private static let frameLimit = 16 << 20

    /// Opens a result and reads its head.
    ///
    /// - Throws: `SystemError` when the file cannot be read, ``ReportError`` or `JSONError` when it is no result.
    /// - Complexity: the size of the head.
    init(_ path: RawPath) throws {
        source = try ByteSource(path)
        var nesting = Nesting()
        var head: [UInt8] = []
        while true {
            guard let byte = try source.next() else { throw ReportError("it ends before its frames") }
            if byte == UInt8(ascii: "["), nesting.depth == 1, ResultReader.cutKey(&head) { break }
            nesting.take(byte)
            head.append(byte)
            guard head.count <= ResultReader.headLimit else { throw ReportError("its head is too long") }
        }
        facts = ResultFacts(document: try JSONReader.parse(head + [UInt8(ascii: "}")]))
    }

    /// The next frame's record, or nil after the last one.
    func nextFrame() throws -> JSON? {
        if isAtEnd { return nil }
        while let byte = try source.next() {
            switch byte {
            case UInt8(ascii: "]"):
                isAtEnd = true
                return nil
            case UInt8(ascii: "{"): return try frame()
            case UInt8(ascii: ","), 0x09, 0x0a, 0x0d, 0x20: continue
            default: throw ReportError("a frame is no object")
            }
        }
        throw ReportError("it ends inside its frames")
    }

    private func frame() throws -> JSON {
        var nesting = Nesting()
        var bytes = [UInt8(ascii: "{")]
        nesting.take(bytes[0])
        while nesting.depth > 0 {
            guard let byte = try source.next() else { throw ReportError("it ends inside a frame") }
            nesting.take(byte)
            bytes.append(byte)
            guard bytes.count <= ResultReader.frameLimit else { throw ReportError("a frame is too long") }
        }
        return try JSONReader.parse(bytes)
    }

    /// Takes `"frames":` and the comma before it off the end of `head`; false when something else stands there.
    private static func cutKey(_ head: inout [UInt8]) -> Bool {
        func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            var bytes = bytes
            while let last = bytes.last, last == 0x20 || (0x09...0x0d).contains(last) { bytes.removeLast() }
            return bytes
        }
        var rest = trimmed(head[...])
        guard rest.popLast() == UInt8(ascii: ":") else { return false }
        rest = trimmed(rest)
        let key = Array("\"frames\"".utf8)
        guard rest.suffix(key.count).elementsEqual(key) else { return false }
        rest = trimmed(rest.dropLast(key.count))
        // A quote inside a string follows a backslash, so a comma or brace says that the key begins here.
        guard let before = rest.last, before == UInt8(ascii: ",") || before == UInt8(ascii: "{") else { return false }
        if before == UInt8(ascii: ",") { rest.removeLast() }
        head = Array(rest)
        return true
    }
}

/// How deep in objects and lists a JSON text is; brackets inside strings do not count.
private struct Nesting {
    private(set) var depth = 0
    private var isInString = false
    private var isEscaped = false

    mutating func take(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
    }
}

/// A file's bytes, one at a time.
private final class ByteSource {
    private let path: RawPath
    private let descriptor: Int32
    private var piece: [UInt8] = []
    private var position = 0
    /// Small at first, because mostly only the head is wanted.
    private var size = 1 << 13

    init(_ path: RawPath) throws(SystemError) {
        self.path = path
        descriptor = try Files.openInput(path)
    }

    deinit { Files.close(descriptor) }

    func next() throws(SystemError) -> UInt8? {
        if position == piece.count {
            piece = try Files.read(descriptor, count: size, path: path)
            position = 0
            size = 1 << 17
            if piece.isEmpty { return nil }
        }
        position += 1
        return piece[position - 1]
    }
}
