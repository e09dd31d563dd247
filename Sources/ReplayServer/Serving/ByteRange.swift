/// Which bytes of a file a `Range` header field asks for (RFC 9110, section 14).
package enum ByteRange: Sendable, Equatable {
    /// No range, or one in a unit other than bytes, which is to be ignored.
    case whole
    case part(Range<Int64>)
    /// Malformed, beyond the end, or more than one range: nothing is served.
    case refused

    /// - Parameter size: the file's bytes.
    package init(_ field: String?, size: Int64) {
        self = field.map { Self.read($0, size: size) } ?? .whole
    }

    private static func read(_ field: String, size: Int64) -> ByteRange {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let unit = parts[0].filter { $0 != " " && $0 != "\t" }.lowercased()
        guard unit == "bytes" else { return .whole }
        guard parts.count == 2 else { return .refused }
        let ends = parts[1].filter { $0 != " " && $0 != "\t" }
            .split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .refused }
        if ends[0].isEmpty {
            guard let count = number(ends[1]), count > 0, size > 0 else { return .refused }
            return .part(max(0, size - count)..<size)
        }
        guard let first = number(ends[0]), first < size else { return .refused }
        if ends[1].isEmpty { return .part(first..<size) }
        guard let last = number(ends[1]), last >= first else { return .refused }
        return .part(first..<min(last, size - 1) + 1)
    }

    /// Digits only; a number past what can be held counts as the largest one.
    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            return nil
        }
        return Int64(text) ?? .max
    }
}

/// Whether what a client has already is still what it would get (RFC 9110, section 13).
package enum EntityTag {
    /// `If-None-Match`: whether the client's copy is good. Weak and strong tags are compared alike.
    package static func isNamed(_ tag: String, in field: String?) -> Bool {
        guard let field else { return false }
        if field.split(separator: " ") == ["*"] { return true }
        return field.split(separator: ",").contains { entry in
            let entry = entry.drop { $0 == " " || $0 == "\t" }.split(separator: " ").first ?? ""
            return entry == tag || entry.hasPrefix("W/") && entry.dropFirst(2) == tag
        }
    }

    /// `If-Range`: whether a range of the client's file is a range of this one. A date never proves it.
    package static func permitsRange(_ tag: String, _ field: String?) -> Bool {
        guard let field else { return true }
        return field.split(separator: " ") == [tag[...]]
    }

    /// A tag of a file's size and time, as strong as a change of either.
    package static func of(size: Int64, modified: Int64) -> String {
        "\"\(String(size, radix: 16))-\(String(modified, radix: 16))\""
    }
}
