package import Bytes

/// What a request asks for: the path in its decoded components, and the query.
///
/// It is decoded once. As *names* of files the components may be all that a file can be called. As *components* of an
/// address of ours they are text, and a path has none that its reader might take for another one: with backslashes, control
/// characters, what would decode to a separator or a dot a second time, or what is not UTF-8.
package struct RequestTarget: Sendable, Equatable {
    /// The path as it came, without its query.
    package let path: String
    /// Without the empty one of a slash at the end. Nil when no file can have the path: with doubled slashes, `.` and
    /// `..`, encoded slashes, NUL, or `%` before what is no number.
    package let names: [RawPath]?
    /// The same as text. Nil when the path is not one that an address of ours can have.
    package let components: [String]?
    /// A slash at the end, as only a folder has it.
    package let endsWithSlash: Bool
    package let query: [String: String]

    /// - Parameter text: a request's target in origin form, `/path?query`.
    package init(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map { String($0) } ?? ""
        names = Self.names(path)
        components = names.flatMap(Self.components)
        endsWithSlash = path.utf8.last == UInt8(ascii: "/")
        query = parts.count > 1 ? Self.query(parts[1]) : [:]
    }

    private static func names(_ path: String) -> [RawPath]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        var pieces = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        var result: [RawPath] = []
        for piece in pieces {
            guard let name = decoded(piece).map({ RawPath(bytes: $0) }), !name.isEmpty, name != RawPath("."),
                name != RawPath(".."), !name.bytes.contains(UInt8(ascii: "/")), !name.bytes.contains(0)
            else { return nil }
            result.append(name)
        }
        return result
    }

    private static func components(_ names: [RawPath]) -> [String]? {
        let texts = names.compactMap(\.text)
        return texts.count == names.count && texts.allSatisfy(isHarmless) ? texts : nil
    }

    private static func isHarmless(_ name: String) -> Bool {
        guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\\") }) else { return false }
        let lower = name.lowercased()
        return !["%2e", "%2f", "%5c", "%00", "%25"].contains { lower.contains($0) }
    }

    /// Of members with the same name the last counts. What cannot be decoded stays as it is.
    private static func query(_ text: Substring) -> [String: String] {
        var result: [String: String] = [:]
        for member in text.split(separator: "&") {
            let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                percentDecoded(part.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }) ?? String(part)
            }
            result[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        return result
    }

    /// Nil where `%` is not followed by two hexadecimal digits, and for what is not UTF-8.
    package static func percentDecoded(_ text: some Collection<UInt8>) -> String? {
        decoded(text).flatMap { String(validating: $0, as: UTF8.self) }
    }

    private static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
