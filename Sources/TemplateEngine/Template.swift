/// A template in [Mustache](https://mustache.github.io/mustache.5.html): text with variables, sections, inverted
/// sections, partials and comments.
///
/// There are no set delimiters, lambdas, blocks or dynamic names: none of our pages needs them.
package struct Template: Sendable {
    enum Node: Sendable {
        case text([UInt8])
        case variable(Name, isEscaped: Bool)
        case section(Name, isInverted: Bool, [Node])
        case partial(String, indentation: [UInt8])
    }

    /// A dotted name in its parts; `.` has none.
    typealias Name = [String]

    private let source: [UInt8]
    private let nodes: [Node]

    /// - Parameter source: UTF-8.
    package init(_ source: [UInt8]) throws(TemplateError) {
        self.source = source
        var parser = TemplateParser(source)
        nodes = try parser.parse()
    }

    /// The text for a value, as UTF-8.
    ///
    /// - Throws: only when partials nest without an end.
    package func render(_ value: TemplateValue, partials: [String: Template] = [:]) throws(TemplateError) -> [UInt8] {
        var renderer = Renderer(partials: partials, stack: [value])
        try renderer.render(nodes)
        return renderer.output
    }

    /// The template with every line moved to the right, as a partial on a line of its own is.
    private func indented(by indentation: [UInt8]) throws(TemplateError) -> Template {
        var moved: [UInt8] = []
        for line in source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.startIndex > 0 { moved.append(UInt8(ascii: "\n")) }
            if line.startIndex < source.endIndex { moved += indentation }
            moved += line
        }
        return try Template(moved)
    }

    private struct Renderer {
        private static let deepest = 100

        let partials: [String: Template]
        /// The values whose members names mean, the innermost last.
        var stack: [TemplateValue]
        var output: [UInt8] = []
        var depth = 0

        mutating func render(_ nodes: [Node]) throws(TemplateError) {
            for node in nodes {
                switch node {
                case .text(let bytes): output += bytes
                case .variable(let name, let isEscaped): write(value(name), isEscaped: isEscaped)
                case .section(let name, let isInverted, let inner):
                    try section(value(name), isInverted: isInverted, inner)
                case .partial(let name, let indentation):
                    guard var partial = partials[name] else { continue }
                    guard depth < Renderer.deepest else {
                        throw TemplateError(line: nil, reason: "partial '\(name)' never ends")
                    }
                    if !indentation.isEmpty { partial = try partial.indented(by: indentation) }
                    depth += 1
                    try render(partial.nodes)
                    depth -= 1
                }
            }
        }

        private mutating func section(
            _ value: TemplateValue, isInverted: Bool, _ nodes: [Node]
        ) throws(TemplateError) {
            switch value {
            case .nothing, .flag(false):
                if isInverted { try render(nodes) }
            case .list(let list) where isInverted:
                if list.isEmpty { try render(nodes) }
            case .flag(true):
                if !isInverted { try render(nodes) }
            case .list(let list):
                try list.forEachValue { (element: TemplateValue) throws(TemplateError) in try render(nodes, in: element)
                }
            case .text, .object:
                if !isInverted { try render(nodes, in: value) }
            }
        }

        private mutating func render(_ nodes: [Node], in value: TemplateValue) throws(TemplateError) {
            stack.append(value)
            try render(nodes)
            stack.removeLast()
        }

        /// The first part of a name is looked for from the inside out, the others only in what the first one is.
        private func value(_ name: Name) -> TemplateValue {
            guard let first = name.first else { return stack.last ?? .nothing }
            for case .object(let object) in stack.reversed() {
                guard var value = object.member(first) else { continue }
                for part in name.dropFirst() {
                    guard case .object(let inner) = value, let next = inner.member(part) else { return .nothing }
                    value = next
                }
                return value
            }
            return .nothing
        }

        private mutating func write(_ value: TemplateValue, isEscaped: Bool) {
            switch value {
            case .text(let text) where isEscaped:
                // All of these are ASCII, which is never part of another character in UTF-8.
                for byte in text.utf8 {
                    switch byte {
                    case UInt8(ascii: "&"): output += "&amp;".utf8
                    case UInt8(ascii: "<"): output += "&lt;".utf8
                    case UInt8(ascii: ">"): output += "&gt;".utf8
                    case UInt8(ascii: "\""): output += "&quot;".utf8
                    case UInt8(ascii: "'"): output += "&#39;".utf8
                    default: output.append(byte)
                    }
                }
            case .text(let text): output += text.utf8
            case .flag(let flag): output += (flag ? "true" : "false").utf8
            case .nothing, .list, .object: break
            }
        }
    }
}

/// What is wrong with a template.
package struct TemplateError: Error, CustomStringConvertible {
    /// Counted from 1.
    let line: Int?
    let reason: String

    package var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}
