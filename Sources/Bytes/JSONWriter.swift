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

    /// A key that is known to need no escape.
    package mutating func key(plain name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
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
        var text = Digits()
        text.prepend(value.magnitude)
        if value < 0 { text.prepend(UInt8(ascii: "-")) }
        text.append(to: &bytes)
    }

    package mutating func int(_ value: Int) { int(Int64(value)) }

    /// Adding and taking away 1.5 times the fifty-second power of two rounds smaller numbers to integers, ties to even.
    private static let integral = 6_755_399_441_055_744.0

    /// Writes the shortest digits that read back the same; -0 becomes 0, integral values lose their point.
    ///
    /// - Precondition: `value` is finite.
    package mutating func double(_ value: Double) {
        precondition(value.isFinite, "a non-finite number reached the JSON writer; sanitize it first")
        separate()
        // With at most four decimals and fewer than 16 digits the trimmed decimal is the only one so short
        // that reads back the same, so it needs no search. Nearly all measures are of this kind.
        let scaled = (value * 10000 + JSONWriter.integral) - JSONWriter.integral
        if abs(scaled) < 1e15, scaled / 10000 == value {
            let magnitude = UInt64(abs(scaled))
            var text = Digits()
            text.prepend(fraction: UInt32(magnitude % 10000))
            text.prepend(magnitude / 10000)
            if scaled < 0 { text.prepend(UInt8(ascii: "-")) }
            text.append(to: &bytes)
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

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        // Most texts need no escape and go in as they are.
        let isPlain =
            text.utf8.withContiguousStorageIfAvailable { utf8 in
                for byte in utf8 where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    return false
                }
                bytes.append(contentsOf: utf8)
                return true
            } ?? false
        if !isPlain { escape(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ text: String) {
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
    }
}

/// The text of one number, made from its end, so that a buffer grows once for it.
private struct Digits {
    /// A sign, twenty digits of a 64-bit number, a point and four decimals fit.
    private var text = InlineArray<26, UInt8>(repeating: 0)
    private var start = 26

    mutating func prepend(_ byte: UInt8) {
        start -= 1
        text[start] = byte
    }

    /// The digits of a whole number.
    mutating func prepend(_ value: UInt64) {
        var rest = value
        repeat {
            prepend(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
    }

    /// A point and up to four decimals, without the zeros at their end; nothing for 0.
    mutating func prepend(fraction: UInt32) {
        guard fraction != 0 else { return }
        var rest = fraction
        for _ in 0..<4 {
            let digit = rest % 10
            rest /= 10
            if digit != 0 || start < 26 { prepend(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)) }
        }
        prepend(UInt8(ascii: "."))
    }

    func append(to bytes: inout [UInt8]) {
        text.span.extracting(start..<26).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }
}
