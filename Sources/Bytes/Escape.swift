/// One escaping function per sink. Text that came from a file's name, its metadata or a log passes one of these before
/// it leaves the program.
package enum Escape {
    /// Text for a terminal, a message or a page: control characters, bidi and zero-width marks become `\u{…}`,
    /// invalid UTF-8 becomes `\xHH`. The rest is unchanged, so the result is valid UTF-8 on one line.
    ///
    /// - Complexity: O(n)
    package static func visible(bytes: some Collection<UInt8>) -> String {
        var rest = Array(bytes)[...]
        // Nearly all names: nothing of it is hidden.
        if rest.allSatisfy({ (0x20..<0x7f).contains($0) }) { return String(decoding: rest, as: UTF8.self) }
        var result = ""
        while let first = rest.first {
            let length = sequenceLength(first)
            if length <= rest.count, let scalar = decode(rest.prefix(length)) {
                append(scalar, to: &result)
                rest = rest.dropFirst(length)
            } else {
                result += "\\x" + hex(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    package static func visible(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars { append(scalar, to: &result) }
        return result
    }

    /// A relative URL path: every byte but unreserved ones (RFC 3986) and the slash is percent-encoded. A first
    /// segment with a colon cannot be taken for a scheme, because the colon is encoded too.
    package static func urlPath(_ bytes: some Collection<UInt8>) -> String {
        var result = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%" + hex(byte).uppercased()
            }
        }
        return result
    }

    /// A word for a POSIX shell: single quotes around it, and `'\''` for a quote inside.
    package static func shell(_ bytes: [UInt8]) -> String {
        let safe = bytes.allSatisfy {
            ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5a) || ($0 >= 0x61 && $0 <= 0x7a)
                || [0x2f, 0x2e, 0x2d, 0x5f, 0x2b, 0x3d, 0x2c].contains($0)
        }
        if safe, !bytes.isEmpty { return String(decoding: bytes, as: UTF8.self) }
        if let text = String(validating: bytes, as: UTF8.self), visible(text) == text {
            // By scalars: a quote that carries a combining mark is another character, but not to a shell.
            return text.unicodeScalars.reduce(into: "'") { $0 += $1 == "'" ? "'\\''" : String($1) } + "'"
        }
        return "$'"
            + bytes.map { byte in
                byte < 0x20 || byte >= 0x7f || byte == 0x27 || byte == 0x5c
                    ? "\\x" + hex(byte) : String(Unicode.Scalar(byte))
            }.joined() + "'"
    }

    /// Text and attribute values of XML 1.0, which has no way to write most control characters: they are made visible.
    package static func xml(_ text: String) -> String {
        var result = ""
        for scalar in visible(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\u{fffe}", "\u{ffff}": result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A label's value in Prometheus' text format: backslash, quote and line feed are escaped, the rest is made visible.
    package static func prometheusLabel(_ text: String) -> String {
        visible(text).unicodeScalars.reduce(into: "") { result, scalar in
            if scalar == "\\" || scalar == "\"" { result += "\\" }
            result.unicodeScalars.append(scalar)
        }
    }

    /// A field of RFC 4180: in quotes where it holds a quote, a comma, a line break or a space at an end.
    package static func csv(_ text: String) -> String {
        let bytes = text.utf8
        let needsQuotes =
            bytes.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) } || bytes.first == 0x20 || bytes.last == 0x20
        guard needsQuotes else { return text }
        return "\"" + text.unicodeScalars.reduce(into: "") { $0 += $1 == "\"" ? "\"\"" : String($1) } + "\""
    }

    package static func hex(_ byte: UInt8) -> String { hex(CollectionOfOne(byte)) }

    /// Two lower-case digits a byte.
    ///
    /// - Complexity: linear; every id of a video is made by it.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a scalar could move the cursor, reorder text, or hide.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f,
            0xfeff, 0xfff0...0xfffb, 0xe0000...0xe0fff:
            true
        default:
            false
        }
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\n": text += "\\n"
        case "\t": text += "\\t"
        case "\r": text += "\\r"
        case _ where isHidden(scalar): text += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: text.unicodeScalars.append(scalar)
        }
    }

    private static func sequenceLength(_ first: UInt8) -> Int {
        first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    }

    private static func decode(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let text = String(validating: bytes, as: UTF8.self), text.unicodeScalars.count == 1 else { return nil }
        return text.unicodeScalars.first
    }
}
