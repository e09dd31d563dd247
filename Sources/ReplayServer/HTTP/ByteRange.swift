/// The part of a file that a request asks for, by RFC 9110, section 14.
enum ByteRange: Equatable, Sendable {
    /// No range, one that is no range of bytes, or several: all of it.
    case whole
    case part(Range<Int64>)
    /// Past the end: 416.
    case unsatisfiable

    /// - Parameters:
    ///   - range: the field `Range`
    ///   - condition: the field `If-Range`; a range of another state of the file is no range of this one
    ///   - tag: of the file as it is, with its quotes
    ///   - size: of the file, bytes
    init(_ range: String?, if condition: String?, tag: String, size: Int64) {
        self = .whole
        guard let range, condition == nil || condition == tag else { return }
        let sides = range.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, sides[0].lowercased() == "bytes" else { return }
        let bounds = sides[1].trimmed.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard bounds.count == 2 else { return }
        switch (ByteRange.number(bounds[0]), ByteRange.number(bounds[1])) {
        case (.number(let first), .number(let last)):
            guard first <= last else { return }
            self = first < size ? .part(first..<min(size, last &+ 1)) : .unsatisfiable
        case (.number(let first), .empty): self = first < size ? .part(first..<size) : .unsatisfiable
        case (.empty, .number(let count)):
            self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
        default: return
        }
    }

    private enum Bound {
        case empty, number(Int64), other
    }

    /// Numbers past those of files count as the largest.
    private static func number(_ text: Substring) -> Bound {
        if text.isEmpty { return .empty }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .other }
        return .number(min(Int64(text) ?? .max, .max - 1))
    }
}

/// A list of entity tags, as `If-None-Match` has them.
enum EntityTags {
    /// Whether a list names a tag; weak ones count as the strong ones that they were made of.
    static func contain(_ list: String, _ tag: String) -> Bool {
        list.split(separator: ",").contains { item in
            let item = item.trimmed
            return item == "*" || item == tag || item == "W/" + tag
        }
    }
}

extension Substring {
    /// Without blanks at its ends.
    var trimmed: Substring {
        var result = self
        while result.first == " " || result.first == "\t" { result.removeFirst() }
        while result.last == " " || result.last == "\t" { result.removeLast() }
        return result
    }
}
