/// The tags of an HTML page, found the way a browser finds them.
struct Markup {
    struct Tag {
        let name: String
        let attributes: [(name: String, value: String)]

        subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
    }

    private(set) var tags: [Tag] = []

    init(_ page: String) {
        var rest = page.unicodeScalars[...]
        while let start = rest.firstIndex(of: "<") {
            rest = rest[rest.index(after: start)...]
            guard let first = rest.first, first.properties.isAlphabetic else { continue }
            tags.append(Markup.tag(&rest))
        }
    }

    private static func tag(_ rest: inout Substring.UnicodeScalarView) -> Tag {
        func take(while holds: (Unicode.Scalar) -> Bool) -> String {
            var text = String.UnicodeScalarView()
            while let next = rest.first, holds(next) {
                text.append(next)
                rest.removeFirst()
            }
            return String(text)
        }
        let isSpace: (Unicode.Scalar) -> Bool = { " \n\t/".unicodeScalars.contains($0) }
        let name = take { !isSpace($0) && $0 != ">" }.lowercased()
        var attributes: [(name: String, value: String)] = []
        while true {
            _ = take(while: isSpace)
            guard let next = rest.first, next != ">" else { break }
            let key = take { !isSpace($0) && $0 != ">" && $0 != "=" }.lowercased()
            var value = ""
            if rest.first == "=" {
                rest.removeFirst()
                if let quote = rest.first, quote == "\"" || quote == "'" {
                    rest.removeFirst()
                    value = take { $0 != quote }
                    if !rest.isEmpty { rest.removeFirst() }
                } else {
                    // A slash is part of a value without quotes.
                    value = take { ($0 == "/" || !isSpace($0)) && $0 != ">" }
                }
            }
            attributes.append((key, value))
        }
        return Tag(name: name, attributes: attributes)
    }
}
