/// Why a text is not strict JSON, and at which byte.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package var reason: String
    package var offset: Int
    package var description: String { "\(reason) at byte \(offset)" }

    package init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

/// A strict reader of RFC 8259: UTF-8 only, no trailing commas, no NaN, no lone surrogate, no repeated key, no number
/// that overflows, and a limit on depth.
package struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0
    private let depthLimit: Int

    /// Parses one whole JSON text.
    ///
    /// - Throws: ``JSONError`` at the first byte that is wrong.
    /// - Complexity: O(n), memory in proportion to the values.
    package static func parse(_ bytes: [UInt8], depthLimit: Int = 64) throws(JSONError) -> JSON {
        var reader = JSONReader(bytes: bytes, depthLimit: depthLimit)
        reader.skipSpace()
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.error("text after the value") }
        return value
    }

    package static func parse(_ text: String) throws(JSONError) -> JSON { try parse(Array(text.utf8)) }

    /// Parses the members of an object that stand before one of a name, and none behind it; all of them where there is no
    /// such member.
    ///
    /// - Throws: ``JSONError`` at the first byte before that member that is wrong.
    /// - Complexity: the bytes before that member.
    package static func parse(_ bytes: [UInt8], before key: String) throws(JSONError) -> JSON {
        var reader = JSONReader(bytes: bytes, depthLimit: 64)
        reader.skipSpace()
        guard reader.current == UInt8(ascii: "{") else { throw reader.error("expected '{'") }
        return try reader.object(depth: 0, before: key)
    }

    private init(bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: position) }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth <= depthLimit else { throw error("nesting deeper than \(depthLimit)") }
        guard let first = current else { throw error("unexpected end") }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("unexpected byte")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let count = text.utf8CodeUnitCount
        let matches = text.withUTF8Buffer { expected in
            position + count <= bytes.count && bytes[position..<position + count].elementsEqual(expected)
        }
        guard matches else { throw error("unexpected word") }
        position += count
        return value
    }

    /// - Parameter stop: the name of the member before which it ends.
    private mutating func object(depth: Int, before stop: String? = nil) throws(JSONError) -> JSON {
        position += 1
        var members: [JSON.Member] = []
        var keys: Set<String> = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a key") }
            let key = try string()
            if key == stop { return .object(members) }
            // Small objects, the common case, are searched; a set is only built when that would be quadratic.
            if members.count < 16 {
                guard !JSONReader.holds(key, members) else { throw error("repeated key") }
            } else {
                if keys.isEmpty { keys = Set(members.map(\.key)) }
                guard keys.insert(key).inserted || !JSONReader.holds(key, members) else { throw error("repeated key") }
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("expected ':'") }
            position += 1
            skipSpace()
            members.append(JSON.Member(key, try value(depth: depth + 1)))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .object(members)
            default: throw error("expected ',' or '}'")
            }
        }
    }

    /// Keys are the same when their bytes are; Swift's `==` also holds for other spellings of the same characters.
    private static func holds(_ key: String, _ members: [JSON.Member]) -> Bool {
        members.contains { $0.key == key && $0.key.utf8.elementsEqual(key.utf8) }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(elements)
            default: throw error("expected ',' or ']'")
            }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        var escaped: [UInt8]?
        // The bits of all bytes so far: what is ASCII need not be looked at again.
        var bits: UInt8 = 0
        while true {
            guard let byte = current else { throw error("unterminated string") }
            bits |= byte
            switch byte {
            case UInt8(ascii: "\""):
                let text: String
                if escaped == nil, bits < 0x80 {
                    text = String(decoding: bytes[start..<position], as: UTF8.self)
                } else {
                    let raw = escaped ?? Array(bytes[start..<position])
                    guard let checked = String(validating: raw, as: UTF8.self) else { throw error("invalid UTF-8") }
                    text = checked
                }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                var content = escaped ?? Array(bytes[start..<position])
                position += 1
                try escape(into: &content)
                escaped = content
            case 0..<0x20:
                throw error("control character in a string")
            default:
                escaped?.append(byte)
                position += 1
            }
        }
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw error("unterminated string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0c)
        case UInt8(ascii: "n"): content.append(0x0a)
        case UInt8(ascii: "r"): content.append(0x0d)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var unit = try hexUnit()
            if (0xd800..<0xdc00).contains(unit) {
                guard current == UInt8(ascii: "\\"), position + 1 < bytes.count,
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw error("lone surrogate") }
                position += 2
                let low = try hexUnit()
                guard (0xdc00..<0xe000).contains(low) else { throw error("lone surrogate") }
                unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw error("lone surrogate") }
            content.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw error("unknown escape")
        }
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        var isInteger = true
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits()
        }
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        if isInteger, let value = shortInteger(from: start) { return .int(value) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text), !(value == 0 && text.hasPrefix("-")) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw error("number out of range") }
        return .double(value)
    }

    /// An integer of so few digits that it cannot overflow, that ends at the position; nil for any other, and for -0.
    private func shortInteger(from start: Int) -> Int64? {
        guard position - start <= 18 else { return nil }
        let isNegative = bytes[start] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in (isNegative ? start + 1 : start)..<position { value = value * 10 + Int64(bytes[index] - 0x30) }
        return isNegative ? value == 0 ? nil : -value : value
    }

    private mutating func digits() throws(JSONError) {
        guard let byte = current, byte >= 0x30, byte <= 0x39 else { throw error("expected a digit") }
        while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
    }
}
