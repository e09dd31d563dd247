/// Writes values one behind the other, for ``PackedReader`` to read in the same order: numbers in as many bytes as they
/// need, texts and lists behind their lengths.
struct PackedWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving count: Int = 0) { bytes.reserveCapacity(count) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Seven bits a byte, the lowest first.
    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Small negative numbers are short, too.
    mutating func int(_ value: Int) { number(UInt64(bitPattern: Int64(value << 1 ^ value >> 63))) }

    /// Its eight bytes.
    mutating func fixed(_ value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func double(_ value: Double) { fixed(value.bitPattern) }

    mutating func bytes(_ value: [UInt8]) {
        number(UInt64(value.count))
        bytes += value
    }

    mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { text in
            number(UInt64(text.count))
            bytes.append(contentsOf: text)
        }
    }

    mutating func list<Value>(_ values: [Value], _ body: (inout PackedWriter, Value) -> Void) {
        number(UInt64(values.count))
        for value in values { body(&self, value) }
    }

    /// A byte that says whether there is a value, and the value.
    mutating func optional<Value>(_ value: Value?, _ body: (inout PackedWriter, Value) -> Void) {
        byte(value == nil ? 0 : 1)
        if let value { body(&self, value) }
    }
}

/// Reads what a ``PackedWriter`` wrote, in the same order. Bytes that none wrote end the program or give other values: it
/// is for what this process itself keeps.
struct PackedReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func byte() -> UInt8 {
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() -> UInt64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let next = byte()
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    mutating func int() -> Int {
        let value = number()
        return Int(truncatingIfNeeded: value >> 1) ^ -Int(truncatingIfNeeded: value & 1)
    }

    mutating func fixed() -> UInt64 {
        defer { position += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    mutating func double() -> Double { Double(bitPattern: fixed()) }

    private mutating func piece() -> Slice<UnsafeRawBufferPointer> {
        let count = Int(number())
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    mutating func array() -> [UInt8] { Array(piece()) }

    mutating func text() -> String { String(decoding: UnsafeRawBufferPointer(rebasing: piece()), as: UTF8.self) }

    mutating func list<Value>(_ body: (inout PackedReader) -> Value) -> [Value] {
        let count = Int(number())
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(body(&self)) }
        return values
    }

    mutating func optional<Value>(_ body: (inout PackedReader) -> Value) -> Value? {
        byte() == 0 ? nil : body(&self)
    }
}
