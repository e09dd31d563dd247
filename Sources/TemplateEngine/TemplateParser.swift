/// Divides a template into text and tags.
struct TemplateParser {
    private let source: [UInt8]
    /// Where the rest begins.
    private var position = 0

    init(_ source: [UInt8]) { self.source = source }

    mutating func parse() throws(TemplateError) -> [Template.Node] { try nodes(within: nil) }

    private struct Tag {
        enum Kind { case comment, escaped, unescaped, section, inverted, end, partial }
        let kind: Kind
        let name: String
        let range: Range<Int>
    }

    private struct Section {
        let name: String
        let line: Int
    }

    /// What stands before the end of a section or of the template.
    private mutating func nodes(within section: Section?) throws(TemplateError) -> [Template.Node] {
        var result: [Template.Node] = []
        while let tag = try nextTag() {
            // A line that holds nothing else but a tag that shows nothing itself goes with the tag.
            var range = tag.range
            if tag.kind != .escaped, tag.kind != .unescaped, let line = lineAround(range) { range = line }
            if position < range.lowerBound { result.append(.text(Array(source[position..<range.lowerBound]))) }
            position = range.upperBound
            switch tag.kind {
            case .comment: break
            case .escaped: result.append(.variable(name(tag), isEscaped: true))
            case .unescaped: result.append(.variable(name(tag), isEscaped: false))
            case .partial:
                let indentation = Array(source[range.lowerBound..<tag.range.lowerBound])
                result.append(.partial(tag.name, indentation: indentation))
            case .section, .inverted:
                let inner = try nodes(within: Section(name: tag.name, line: line(of: tag.range.lowerBound)))
                result.append(.section(name(tag), isInverted: tag.kind == .inverted, inner))
            case .end:
                guard tag.name == section?.name else {
                    throw error("section '\(tag.name)' ends, but is not open", at: tag.range.lowerBound)
                }
                return result
            }
        }
        if let section {
            throw TemplateError(line: section.line, reason: "section '\(section.name)' is not closed")
        }
        if position < source.count { result.append(.text(Array(source[position...]))) }
        return result
    }

    private func nextTag() throws(TemplateError) -> Tag? {
        guard let start = find("{{", from: position) else { return nil }
        let sign = start + 2 < source.count ? source[start + 2] : 0
        let isTriple = sign == UInt8(ascii: "{")
        let hasSign = "!#^/>&{=<$%*".utf8.contains(sign)
        let from = hasSign ? start + 3 : start + 2
        guard let end = find(isTriple ? "}}}" : "}}", from: from) else { throw error("a tag is not closed", at: start) }
        let content = source[from..<end]
        let kind: Tag.Kind
        switch sign {
        case UInt8(ascii: "!"): kind = .comment
        case UInt8(ascii: "#"): kind = .section
        case UInt8(ascii: "^"): kind = .inverted
        case UInt8(ascii: "/"): kind = .end
        case UInt8(ascii: ">"): kind = .partial
        case UInt8(ascii: "&"), UInt8(ascii: "{"): kind = .unescaped
        default:
            guard !hasSign else {
                throw error("tags with '\(Unicode.Scalar(sign))' are not supported", at: start)
            }
            kind = .escaped
        }
        let words = content.split { $0 == 0x20 || (0x09...0x0d).contains($0) }
        let name = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        guard !name.isEmpty || kind == .comment else { throw error("a tag has no name", at: start) }
        return Tag(kind: kind, name: name, range: start..<end + (isTriple ? 3 : 2))
    }

    private func name(_ tag: Tag) -> Template.Name { tag.name.split(separator: ".").map { String($0) } }

    /// The lines that a tag is on, with the break at their end, if there is nothing but blanks beside it.
    private func lineAround(_ tag: Range<Int>) -> Range<Int>? {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var start = tag.lowerBound
        while start > 0, isBlank(source[start - 1]) { start -= 1 }
        guard start == 0 || source[start - 1] == UInt8(ascii: "\n") else { return nil }
        var end = tag.upperBound
        while end < source.count, isBlank(source[end]) { end += 1 }
        if end == source.count { return start..<end }
        if source[end] == 0x0d, end + 1 < source.count { end += 1 }
        return source[end] == UInt8(ascii: "\n") ? start..<end + 1 : nil
    }

    private func find(_ text: String, from start: Int) -> Int? {
        let wanted = Array(text.utf8)
        var index = start
        while index + wanted.count <= source.count {
            if source[index] == wanted[0], source[index..<index + wanted.count].elementsEqual(wanted) { return index }
            index += 1
        }
        return nil
    }

    private func line(of offset: Int) -> Int { source[..<offset].count { $0 == UInt8(ascii: "\n") } + 1 }

    private func error(_ reason: String, at offset: Int) -> TemplateError {
        TemplateError(line: line(of: offset), reason: reason)
    }
}
