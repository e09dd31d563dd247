internal import CYAML

/// A YAML node as configuration needs it. Whether a text is a number or a flag is for whoever reads it to say.
enum YAMLNode {
    case text(String)
    case list([YAMLNode])
    /// Members in their order; no text is a key twice.
    case mapping([(key: YAMLNode, value: YAMLNode)])

    var text: String? { if case .text(let text) = self { text } else { nil } }
}

/// What is wrong with a YAML document, and where.
struct YAMLError: Error, CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - line: counted from 0, as libyaml does.
    ///   - column: the same.
    fileprivate init(_ problem: String, line: Int, column: Int) {
        description = "line \(line + 1), column \(column + 1): \(problem)"
    }
}

/// Reads a document by libyaml's events.
struct YAMLReader: ~Copyable {
    /// How deeply lists and mappings may nest: far deeper than any setting does.
    private static let deepest = 16

    // The parser holds pointers to itself and to its input, so both stay where they are.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var anchors: [String: YAMLNode] = [:]

    /// - Returns: nil when the document is empty.
    static func read(_ bytes: [UInt8]) throws(YAMLError) -> YAMLNode? {
        var reader = YAMLReader(bytes)
        return try reader.document()
    }

    private init(_ bytes: [UInt8]) {
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        // Without memory it leaves a parser whose first event fails.
        yaml_parser_initialize(parser)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    private struct Event {
        enum Kind {
            case text(String, isPlain: Bool)
            case alias(String)
            case list, mapping, end, documentStart, streamEnd
            case other
        }
        let kind: Kind
        let anchor: String?
        let line: Int
        let column: Int

        func error(_ problem: String) -> YAMLError { YAMLError(problem, line: line, column: column) }
    }

    private mutating func document() throws(YAMLError) -> YAMLNode? {
        while true {
            switch try next().kind {
            case .streamEnd: return nil
            case .documentStart:
                let event = try next()
                let root = try node(event, depth: 0)
                _ = try next()
                let after = try next()
                guard case .streamEnd = after.kind else { throw after.error("a second document begins") }
                if case .text("", isPlain: true) = event.kind { return nil }
                return root
            default: continue
            }
        }
    }

    /// The node that begins with an event.
    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
        guard depth < YAMLReader.deepest else { throw event.error("lists and mappings are nested too deeply") }
        let result: YAMLNode
        switch event.kind {
        case .alias(let name):
            guard let known = anchors[name] else { throw event.error("unknown alias '\(name)'") }
            return known
        case .list:
            var items: [YAMLNode] = []
            while let first = try nextInside() { items.append(try node(first, depth: depth + 1)) }
            result = .list(items)
        case .mapping:
            var members: [(key: YAMLNode, value: YAMLNode)] = []
            var names: Set<String> = []
            while let first = try nextInside() {
                let key = try node(first, depth: depth + 1)
                if let name = key.text, !names.insert(name).inserted { throw first.error("'\(name)' is there twice") }
                members.append((key, try node(try next(), depth: depth + 1)))
            }
            result = .mapping(members)
        case .text(let text, _): result = .text(text)
        case .end, .documentStart, .streamEnd, .other: throw event.error("no value")
        }
        if let anchor = event.anchor { anchors[anchor] = result }
        return result
    }

    /// The next event of a list or a mapping, or nil at its end.
    private mutating func nextInside() throws(YAMLError) -> Event? {
        let event = try next()
        if case .end = event.kind { return nil }
        return event
    }

    private mutating func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let data = event.data
        let (kind, anchor): (Event.Kind, UnsafeMutablePointer<yaml_char_t>?) =
            switch event.type {
            case YAML_SCALAR_EVENT:
                (
                    .text(
                        String(
                            decoding: UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length),
                            as: UTF8.self),
                        isPlain: data.scalar.style == YAML_PLAIN_SCALAR_STYLE), data.scalar.anchor
                )
            case YAML_ALIAS_EVENT: (.alias(String(cString: data.alias.anchor)), nil)
            case YAML_SEQUENCE_START_EVENT: (.list, data.sequence_start.anchor)
            case YAML_MAPPING_START_EVENT: (.mapping, data.mapping_start.anchor)
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: (.end, nil)
            case YAML_DOCUMENT_START_EVENT: (.documentStart, nil)
            case YAML_STREAM_END_EVENT: (.streamEnd, nil)
            default: (.other, nil)
            }
        return Event(
            kind: kind, anchor: anchor.map { String(cString: $0) }, line: event.start_mark.line,
            column: event.start_mark.column)
    }

    /// What stopped the parser.
    private func problem() -> YAMLError {
        var text = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
        if parser.pointee.error == YAML_READER_ERROR {
            // Bytes that are no text have an offset, but no line.
            let before = input.prefix(parser.pointee.problem_offset)
            let line = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            return YAMLError(text, line: line.count - 1, column: line.last?.count ?? 0)
        }
        let mark = parser.pointee.problem_mark
        if let context = parser.pointee.context {
            text += " \(String(cString: context))"
            let start = parser.pointee.context_mark
            if start.index != mark.index {
                text += " that begins at line \(start.line + 1), column \(start.column + 1)"
            }
        }
        return YAMLError(text, line: mark.line, column: mark.column)
    }
}
