/// The first bytes of a file, and how long the whole of it is.
package struct FileHead: Sendable {
    /// Bytes at the start of a file that are looked at.
    package static let length = 4096

    package let bytes: [UInt8]
    /// Bytes of the whole file.
    package let size: Int64

    /// - Parameter bytes: the first ``length`` bytes, or all there are.
    package init(_ bytes: [UInt8], size: Int64) {
        self.bytes = bytes
        self.size = size
    }

    /// Whether a person could read it: UTF-16 with its mark, or no control characters and either UTF-8 or mostly ASCII.
    package var isText: Bool {
        guard !bytes.isEmpty else { return false }
        if has([0xff, 0xfe], at: 0) || has([0xfe, 0xff], at: 0) { return true }
        var ascii = 0
        for byte in bytes {
            let isControl = byte == 0x7f || byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].contains(byte)
            if isControl { return false }
            if byte < 0x80 { ascii += 1 }
        }
        if ascii * 4 >= bytes.count * 3 { return true }
        // The last character may be cut.
        return (0..<4).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
    }

    /// Whether there are bytes and all are zero.
    package var isZero: Bool { !bytes.isEmpty && bytes.allSatisfy { $0 == 0 } }

    // MARK: Reading

    func has(_ wanted: [UInt8], at offset: Int) -> Bool { bytes.dropFirst(offset).starts(with: wanted) }
    func has(_ wanted: String, at offset: Int) -> Bool { bytes.dropFirst(offset).starts(with: wanted.utf8) }

    /// Whether the bytes stand anywhere in it.
    func contains(_ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        return (0...bytes.count - wanted.count).contains { bytes[$0] == first && has(wanted, at: $0) }
    }

    func contains(_ wanted: String) -> Bool { contains(Array(wanted.utf8)) }

    func byte(_ offset: Int) -> UInt8? { offset >= 0 && offset < bytes.count ? bytes[offset] : nil }

    func bigEndian(at offset: Int, bytes count: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count - count else { return nil }
        return bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    func littleEndian(at offset: Int, bytes count: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count - count else { return nil }
        return bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
