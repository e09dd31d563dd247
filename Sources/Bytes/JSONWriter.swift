/// The one JSON encoder: compact, in UTF-8, into a buffer that the caller may empty as it goes.
///
/// Numbers cannot be non-finite here: what a caller passes is checked where numbers come from (the sanitizer), and a
/// programmer's mistake stops the program instead of writing `nan`.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Empties the buffer without giving its memory back. Commas are still placed right.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    package mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    package mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    package mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        quote(text)
    }

    package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: value ? Array("true".utf8) : Array("false".utf8))
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: Array("null".utf8))
    }

    package mutating func int(_ value: Int64) {
        separate()
        digits(value.magnitude, negative: value < 0)
    }

    package mutating func int(_ value: Int) { int(Int64(value)) }

    /// Writes the shortest digits that read back the same; -0 becomes 0, integral values lose their point.
    ///
    /// - Precondition: `value` is finite.
    package mutating func double(_ value: Double) {
        precondition(value.isFinite, "a non-finite number reached the JSON writer; sanitize it first")
        separate()
        // With at most four decimals and fewer than 16 digits the trimmed decimal is the only one so short
        // that reads back the same, so it needs no search. Nearly all measures are of this kind.
        let scaled = (value * 10000).rounded()
        if abs(scaled) < 1e15, scaled / 10000 == value {
            let magnitude = UInt64(abs(scaled))
            digits(magnitude / 10000, negative: scaled < 0)
            var fraction = magnitude % 10000
            guard fraction != 0 else { return }
            var width = 4
            while fraction % 10 == 0 {
                fraction /= 10
                width -= 1
            }
            bytes.append(UInt8(ascii: "."))
            var divisor: UInt64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(fraction / divisor % 10))
                divisor /= 10
            }
        } else {
            let text = value.description.utf8
            bytes.append(contentsOf: text.suffix(2).elementsEqual(".0".utf8) ? text.dropLast(2) : text[...])
        }
    }

    package mutating func value(_ value: JSON) {
        switch value {
        case .null: null()
        case .bool(let flag): bool(flag)
        case .int(let number): int(number)
        case .double(let number): double(number)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(member.key)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// Ends a line of NDJSON; the next value starts a new text.
    package mutating func endLine() {
        bytes.append(0x0a)
        needsComma = false
    }

    /// Ends a line inside a list: the comma stands before the line feed.
    package mutating func endElementLine() {
        bytes.append(UInt8(ascii: ","))
        bytes.append(0x0a)
        needsComma = false
    }

    package static func encode(_ value: JSON) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }

    package static func text(_ value: JSON) -> String { String(decoding: encode(value), as: UTF8.self) }

    private mutating func digits(_ magnitude: UInt64, negative: Bool) {
        if negative { bytes.append(UInt8(ascii: "-")) }
        if magnitude < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(magnitude))
            return
        }
        let start = bytes.count
        var rest = magnitude
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: [0x5c, 0x22])
            case UInt8(ascii: "\\"): bytes.append(contentsOf: [0x5c, 0x5c])
            case 0x0a: bytes.append(contentsOf: [0x5c, UInt8(ascii: "n")])
            case 0x0d: bytes.append(contentsOf: [0x5c, UInt8(ascii: "r")])
            case 0x09: bytes.append(contentsOf: [0x5c, UInt8(ascii: "t")])
            case 0..<0x20: bytes.append(contentsOf: Array("\\u00".utf8) + Array(Escape.hex(byte).utf8))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
