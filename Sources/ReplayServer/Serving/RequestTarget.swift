/// What a request asks for: the path in its decoded components, and the query.
///
/// A path that means something else to a file system than to its reader has no components: doubled slashes, `.` and
/// `..`, encoded slashes, backslashes, control characters, what would decode to any of these a second time, and what is
/// not UTF-8.
package struct RequestTarget: Sendable, Equatable {
    /// The path as it came, without its query.
    package let path: String
    /// Without the empty component of a slash at the end. Nil when the path is not one that anything can have.
    package let components: [String]?
    package let query: [String: String]

    /// - Parameter text: a request's target in origin form, `/path?query`.
    package init(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map { String($0) } ?? ""
        components = Self.components(path)
        query = parts.count > 1 ? Self.query(parts[1]) : [:]
    }

    private static func components(_ path: String) -> [String]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        var pieces = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        var result: [String] = []
        for piece in pieces {
            guard let name = percentDecoded(piece), isHarmless(name) else { return nil }
            result.append(name)
        }
        return result
    }

    private static func isHarmless(_ name: String) -> Bool {
        guard !name.isEmpty, name != ".", name != ".." else { return false }
        guard name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") })
        else { return false }
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
        return String(validating: bytes, as: UTF8.self)
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
