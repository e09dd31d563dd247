/// The one JSON encoder: compact, in UTF-8, into a buffer that the caller may empty as it goes.
///
/// Numbers cannot be non-finite here: what a caller passes is checked where numbers come from (the sanitizer), and a
/// programmer's mistake stops the program instead of writing `nan`.
///
/// A name, a number or a text is one step over memory that is there already: frames of a result have a hundred of them.
package struct JSONWriter {
    /// Text, and room behind it.
    private var room: [UInt8]
    /// Bytes of text.
    package private(set) var count = 0
    private var needsComma = false

    package init(reserving capacity: Int = 0) { room = Array(repeating: 0, count: capacity) }

    /// What was written since the buffer was emptied.
    ///
    /// - Complexity: O(count): it is a copy.
    package var bytes: [UInt8] { Array(room[..<count]) }

    /// Empties the buffer without giving its memory back. Commas are still placed right.
    package mutating func removeAll() { count = 0 }

    /// Has up to `most` bytes written, and told how many they were.
    @inline(__always)
    private mutating func put(atMost most: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        let start = count
        if room.count - start < most { grow(by: most) }
        count += room.withUnsafeMutableBufferPointer { room in
            guard let base = room.baseAddress else { return 0 }
            return body(base + start)
        }
    }

    @inline(never)
    private mutating func grow(by more: Int) {
        room.append(contentsOf: repeatElement(0, count: max(more, room.count, 256)))
    }

    /// Writes a byte of structure, after a comma where one is due.
    @inline(__always)
    private mutating func open(_ byte: UInt8) {
        let comma = needsComma
        put(atMost: 2) { to in
            to[0] = UInt8(ascii: ",")
            to[comma ? 1 : 0] = byte
            return comma ? 2 : 1
        }
        needsComma = false
    }

    @inline(__always)
    private mutating func close(_ byte: UInt8) {
        put(atMost: 1) { to in
            to[0] = byte
            return 1
        }
        needsComma = true
    }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    package mutating func key(_ name: String) { quote(name, isKey: true) }

    /// A key that is known to need no escape.
    package mutating func key(plain name: StaticString) {
        quote(plain: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), isKey: true)
    }

    package mutating func string(_ text: String) { quote(text, isKey: false) }
    package mutating func bool(_ value: Bool) { word(value ? "true" : "false") }
    package mutating func null() { word("null") }

    private mutating func word(_ word: StaticString) {
        let comma = needsComma
        put(atMost: word.utf8CodeUnitCount + 1) { to in
            to[0] = UInt8(ascii: ",")
            let place = comma ? 1 : 0
            (to + place).update(from: word.utf8Start, count: word.utf8CodeUnitCount)
            return place + word.utf8CodeUnitCount
        }
        needsComma = true
    }

    package mutating func int(_ value: Int64) {
        let comma = needsComma
        put(atMost: Digits.most + 1) { to in
            to[0] = UInt8(ascii: ",")
            let place = comma ? 1 : 0
            return place + Digits.write(value.magnitude, isNegative: value < 0, to: to + place)
        }
        needsComma = true
    }

    package mutating func int(_ value: Int) { int(Int64(value)) }

    /// Adding and taking away 1.5 times the fifty-second power of two rounds smaller numbers to integers, ties to even.
    private static let integral = 6_755_399_441_055_744.0

    /// Writes the shortest digits that read back the same; -0 becomes 0, integral values lose their point.
    ///
    /// - Precondition: `value` is finite.
    package mutating func double(_ value: Double) {
        precondition(value.isFinite, "a non-finite number reached the JSON writer; sanitize it first")
        // With at most four decimals and fewer than 16 digits the trimmed decimal is the only one so short
        // that reads back the same, so it needs no search. Nearly all measures are of this kind.
        let scaled = (value * 10000 + JSONWriter.integral) - JSONWriter.integral
        guard abs(scaled) < 1e15, scaled / 10000 == value else {
            search(value)
            return
        }
        let comma = needsComma
        put(atMost: Digits.most + 1) { to in
            to[0] = UInt8(ascii: ",")
            var place = comma ? 1 : 0
            let (whole, fraction) = UInt64(abs(scaled)).quotientAndRemainder(dividingBy: 10000)
            place += Digits.write(whole, isNegative: scaled < 0, to: to + place)
            return place + Digits.write(fraction: UInt32(truncatingIfNeeded: fraction), to: to + place)
        }
        needsComma = true
    }

    /// Writes a number of which the shortest digits have to be looked for.
    private mutating func search(_ value: Double) {
        let text = value.description.utf8
        let digits = Array(text.suffix(2).elementsEqual(".0".utf8) ? text.dropLast(2) : text[...])
        let comma = needsComma
        put(atMost: digits.count + 1) { to in
            to[0] = UInt8(ascii: ",")
            var place = comma ? 1 : 0
            for digit in digits {
                to[place] = digit
                place += 1
            }
            return place
        }
        needsComma = true
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
        close(0x0a)
        needsComma = false
    }

    /// Ends a line inside a list: the comma stands before the line feed.
    package mutating func endElementLine() {
        close(UInt8(ascii: ","))
        close(0x0a)
        needsComma = false
    }

    package static func encode(_ value: JSON) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }

    package static func text(_ value: JSON) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return String(decoding: writer.room[..<writer.count], as: UTF8.self)
    }

    private mutating func quote(_ text: String, isKey: Bool) {
        // Most texts need no escape and go in as they are.
        let isPlain =
            text.utf8.withContiguousStorageIfAvailable { utf8 in
                for byte in utf8 where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    return false
                }
                quote(plain: utf8, isKey: isKey)
                return true
            } ?? false
        if !isPlain { escape(text, isKey: isKey) }
    }

    /// Writes a text that needs no escape.
    @inline(__always)
    private mutating func quote(plain text: UnsafeBufferPointer<UInt8>, isKey: Bool) {
        let comma = needsComma
        put(atMost: text.count + 4) { to in
            to[0] = UInt8(ascii: ",")
            var place = comma ? 1 : 0
            to[place] = UInt8(ascii: "\"")
            place += 1
            if let base = text.baseAddress { (to + place).update(from: base, count: text.count) }
            place += text.count
            to[place] = UInt8(ascii: "\"")
            to[place + 1] = UInt8(ascii: ":")
            return place + (isKey ? 2 : 1)
        }
        needsComma = !isKey
    }

    private mutating func escape(_ text: String, isKey: Bool) {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): escaped += [0x5c, 0x22]
            case UInt8(ascii: "\\"): escaped += [0x5c, 0x5c]
            case 0x0a: escaped += [0x5c, UInt8(ascii: "n")]
            case 0x0d: escaped += [0x5c, UInt8(ascii: "r")]
            case 0x09: escaped += [0x5c, UInt8(ascii: "t")]
            case 0..<0x20: escaped += Array("\\u00".utf8) + Array(Escape.hex(byte).utf8)
            default: escaped.append(byte)
            }
        }
        escaped.withUnsafeBufferPointer { quote(plain: $0, isKey: isKey) }
    }
}

/// The digits of numbers, written to where there is room for the longest.
private enum Digits {
    /// A sign, twenty digits of a 64-bit number, a point and four decimals.
    static let most = 26

    /// Writes a whole number; returns how many bytes it took.
    @inline(__always)
    static func write(_ value: UInt64, isNegative: Bool, to start: UnsafeMutablePointer<UInt8>) -> Int {
        start[0] = UInt8(ascii: "-")
        let sign = isNegative ? 1 : 0
        let count = count(value)
        var rest = value
        var place = sign + count
        repeat {
            place -= 1
            let (next, digit) = rest.quotientAndRemainder(dividingBy: 10)
            start[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = next
        } while rest > 0
        return sign + count
    }

    @inline(__always)
    private static func count(_ value: UInt64) -> Int {
        if value < 10 { return 1 }
        if value < 100 { return 2 }
        if value < 1000 { return 3 }
        if value < 10000 { return 4 }
        var count = 5
        var rest = value / 100_000
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }

    /// Writes a point and up to four decimals, without the zeros at their end; nothing for 0.
    @inline(__always)
    static func write(fraction: UInt32, to start: UnsafeMutablePointer<UInt8>) -> Int {
        guard fraction != 0 else { return 0 }
        let (upper, lower) = fraction.quotientAndRemainder(dividingBy: 100)
        start[0] = UInt8(ascii: ".")
        start[1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: upper / 10)
        start[2] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: upper % 10)
        start[3] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: lower / 10)
        start[4] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: lower % 10)
        if lower == 0 { return upper % 10 == 0 ? 2 : 3 }
        return lower % 10 == 0 ? 4 : 5
    }
}
