import TemplateEngine
import Testing

@Suite struct TemplateTests {
    private func render(
        _ source: String, _ value: TemplateValue = .nothing, partials: [String: String] = [:]
    ) throws -> String {
        let parts = try partials.mapValues { try Template(Array($0.utf8)) }
        return String(
            decoding: try Template(Array(source.utf8)).render(value, partials: parts), as: UTF8.self)
    }

    @Test(arguments: [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"), ("\"it's\"", "&quot;it&#39;s&quot;"),
        // To Swift a sign with a combining mark is another character, to a browser it is not.
        ("<\u{301}i\u{301}>\u{308}", "&lt;\u{301}i\u{301}&gt;\u{308}"), ("\"\u{20dd}", "&quot;\u{20dd}"),
        ("Bär 🎥", "Bär 🎥"), ("", ""),
    ])
    func `text is escaped by its scalars, in braces of three not at all`(text: String, escaped: String) throws {
        // By bytes, because texts that differ in form only are equal.
        let result = try render("{{.}}|{{{.}}}|{{& .}}", .text(text))
        #expect(Array(result.utf8) == Array("\(escaped)|\(text)|\(text)".utf8))
    }

    struct Page {
        struct Entry {
            let name: String
            let size: Int?
            var isLast = false
        }
        let title: String
        let note: String?
        let entries: [Entry]
        let none: [Entry]?
        let ratio: Double
        let first: Entry?
    }

    private let page = Page(
        title: "T&T", note: nil,
        entries: [Page.Entry(name: "a", size: 3), Page.Entry(name: "b", size: nil, isLast: true)], none: nil,
        ratio: 0.5, first: Page.Entry(name: "f", size: 0))

    @Test func `a structure's properties are its members`() throws {
        let source = """
            {{title}} {{ratio}} {{first.name}}{{first.size}}{{#note}}note{{/note}}{{^note}}no note{{/note}}
            {{#entries}}
            {{name}}{{#size}} {{.}} bytes{{/size}}{{^isLast}},{{/isLast}} of {{title}}
            {{/entries}}
            {{^none}}none{{/none}}{{missing}}{{title.length}}
            """
        #expect(
            try render(source, TemplateValue(reflecting: page))
                == "T&amp;T 0.5 f0no note\na 3 bytes, of T&amp;T\nb of T&amp;T\nnone")
    }

    @Test func `a member without a value hides the name further out`() throws {
        let inner = TemplateValue.object(["a": .nothing])
        #expect(try render("{{#b}}[{{a}}]{{^a}}no{{/a}}{{/b}}", .object(["a": .text("out"), "b": inner])) == "[]no")
    }

    @Test func `lists and objects are no text`() throws {
        #expect(try render("{{a}}{{.}}", .object(["a": .list(["x"])])) == "")
    }

    private struct Countdown: TemplateList {
        let count: Int
        var isEmpty: Bool { count == 0 }
        func forEachValue<Failure>(_ body: (TemplateValue) throws(Failure) -> Void) throws(Failure) {
            for number in stride(from: count, to: 0, by: -1) { try body(.text("\(number)")) }
        }
    }

    @Test func `a list may make its values one by one`() throws {
        let source = "{{#n}}{{.}} {{/n}}{{^n}}none{{/n}}"
        #expect(try render(source, .object(["n": .list(Countdown(count: 3))])) == "3 2 1 ")
        #expect(try render(source, .object(["n": .list(Countdown(count: 0))])) == "none")
    }

    @Test(arguments: [
        ("a\n{{#open}}", "line 2: section 'open' is not closed"),
        ("{{#a}}\n\n{{/b}}", "line 3: section 'b' ends, but is not open"),
        ("{{/a}}", "line 1: section 'a' ends, but is not open"),
        ("\n{{name", "line 2: a tag is not closed"), ("{{{name}}", "line 1: a tag is not closed"),
        ("{{#a}}\n{{^b}}{{/a}}", "line 2: section 'a' ends, but is not open"),
        ("{{}}", "line 1: a tag has no name"), ("{{# }}{{/ }}", "line 1: a tag has no name"),
        ("x\n{{=<% %>=}}", "line 2: tags with '=' are not supported"),
        ("{{<parent}}{{/parent}}", "line 1: tags with '<' are not supported"),
    ])
    func `a fault is named with its line`(source: String, message: String) {
        let error = #expect(throws: TemplateError.self) { try Template(Array(source.utf8)) }
        #expect(error?.description == message)
    }

    @Test(arguments: ["{{>self}}", "  {{>self}}\n", "{{>other}}"])
    func `a partial that never ends is an error`(source: String) {
        let error = #expect(throws: TemplateError.self) {
            try render("{{>self}}", partials: ["self": source, "other": "{{>self}}"])
        }
        #expect(error?.description.contains("never ends") == true)
    }

    @Test func `an indented partial moves to the right with all its lines, but not with a value's`() throws {
        let partials = ["list": "{{#rows}}\n- {{.}}\n  {{>more}}\n{{/rows}}\n\nend", "more": "1\n2\n"]
        #expect(
            try render("<\n {{>list}}\n>", .object(["rows": .list(["a\nb"])]), partials: partials)
                == "<\n - a\nb\n   1\n   2\n \n end>")
    }
}
