/// Why a document could not be read piece by piece.
package struct DocumentError: Error, CustomStringConvertible, Equatable {
    package var reason: String
    package var description: String { reason }
}

/// Reads a JSON object with one long list in it piece by piece, also from a compressed file: what stands before the list at once, then one element
/// after the other, then what stands behind. Where lines end does not matter, and no more than the head and one element
/// is in memory.
package final class DocumentReader {
    /// The members before the list; all members when the document has no such list.
    package private(set) var head: JSON = .object([])
    /// The members behind the list, once ``next()`` has returned nil.
    package private(set) var tail: JSON = .object([])
    /// Whether the list is there.
    package private(set) var hasList = true

    private let name: String
    private let content: ContentReader
    private var piece: [UInt8] = []
    private var position = 0
    /// Small at first, because mostly only the head is wanted.
    private var size = 1 << 13
    private var isAtEnd = false

    /// Far over the longest head: a hundred errors and thousands of events.
    private static let headLimit = 64 << 20
    /// Far over a frame crowded with objects.
    private static let elementLimit = 16 << 20

    /// Opens a document and reads its head.
    ///
    /// - Parameter list: the name of the list among the document's own members.
    /// - Throws: `SystemError` when the file cannot be read, ``DocumentError`` or ``JSONError`` when it is no such object.
    /// - Complexity: the size of the head.
    package init(_ path: RawPath, list name: String) throws {
        self.name = name
        content = try ContentReader(path)
        var nesting = Nesting()
        var bytes: [UInt8] = []
        while let byte = try byte() {
            if byte == UInt8(ascii: "["), nesting.depth == 1, cutKey(&bytes) {
                head = try JSONReader.parse(bytes + [UInt8(ascii: "}")])
                return
            }
            nesting.take(byte)
            bytes.append(byte)
            if byte == UInt8(ascii: "}"), nesting.depth == 0 {
                head = try JSONReader.parse(bytes)
                (hasList, isAtEnd) = (false, true)
                return
            }
            guard bytes.count <= DocumentReader.headLimit else { throw DocumentError(reason: "its head is too long") }
        }
        throw DocumentError(reason: "it ends before its \(name)")
    }

    /// The next element, which has to be an object, or nil after the last one.
    package func next() throws -> JSON? {
        if isAtEnd { return nil }
        while let byte = try byte() {
            switch byte {
            case UInt8(ascii: "]"):
                isAtEnd = true
                try readTail()
                return nil
            case UInt8(ascii: "{"): return try JSONReader.parse(try element())
            case UInt8(ascii: ","), 0x09, 0x0a, 0x0d, 0x20: continue
            default: throw DocumentError(reason: "one of its \(name) is no object")
            }
        }
        throw DocumentError(reason: "it ends inside its \(name)")
    }

    /// Every element is read, and the text is held against the rules of JSON as a whole.
    private func readTail() throws {
        var bytes: [UInt8] = []
        while let byte = try byte() { bytes.append(byte) }
        let text = bytes.drop { $0 == 0x20 || (0x09...0x0d).contains($0) || $0 == UInt8(ascii: ",") }
        tail = try JSONReader.parse([UInt8(ascii: "{")] + text)
    }

    private func element() throws -> [UInt8] {
        var nesting = Nesting()
        var bytes = [UInt8(ascii: "{")]
        nesting.take(bytes[0])
        while nesting.depth > 0 {
            guard let byte = try byte() else { throw DocumentError(reason: "it ends inside one of its \(name)") }
            nesting.take(byte)
            bytes.append(byte)
            guard bytes.count <= DocumentReader.elementLimit else {
                throw DocumentError(reason: "one of its \(name) is too long")
            }
        }
        return bytes
    }

    private func byte() throws(SystemError) -> UInt8? {
        if position == piece.count {
            piece = try content.read(size)
            position = 0
            size = 1 << 17
            if piece.isEmpty { return nil }
        }
        position += 1
        return piece[position - 1]
    }

    /// Takes `"name":` and the comma before it off the end of `head`; false when something else stands there.
    private func cutKey(_ head: inout [UInt8]) -> Bool {
        func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            var bytes = bytes
            while let last = bytes.last, last == 0x20 || (0x09...0x0d).contains(last) { bytes.removeLast() }
            return bytes
        }
        var rest = trimmed(head[...])
        guard rest.popLast() == UInt8(ascii: ":") else { return false }
        rest = trimmed(rest)
        let key = Array("\"\(name)\"".utf8)
        guard rest.suffix(key.count).elementsEqual(key) else { return false }
        rest = trimmed(rest.dropLast(key.count))
        // A quote inside a string follows a backslash, so a comma or brace says that the key begins here.
        guard let before = rest.last, before == UInt8(ascii: ",") || before == UInt8(ascii: "{") else { return false }
        if before == UInt8(ascii: ",") { rest.removeLast() }
        head = Array(rest)
        return true
    }
}
