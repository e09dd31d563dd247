import Bytes
import TemplateEngine
import TestSupport
import Testing

/// The published test-suite of Mustache.
@Suite struct SpecificationTests {
    @Test(arguments: [
        ("comments", 12), ("interpolation", 42), ("inverted", 22), ("partials", 12), ("sections", 34),
    ])
    func `all cases of a module render as they must`(module: String, count: Int) throws {
        let folder = Samples.root.appending("Tests/TemplateEngineTests/mustache-spec")
        let document = try JSONReader.parse(Files.read(folder.appending("\(module).json")))
        let cases = try #require(document["tests"]?.array)
        #expect(cases.count == count)
        for test in cases {
            var partials: [String: Template] = [:]
            for partial in test["partials"]?.members ?? [] {
                partials[partial.key] = try Template(Array(#require(partial.value.string).utf8))
            }
            let template = try Template(Array(#require(test["template"]?.string).utf8))
            let text = try template.render(value(try #require(test["data"])), partials: partials)
            #expect(String(decoding: text, as: UTF8.self) == test["expected"]?.string, "\(test["name"]?.string ?? "")")
        }
    }

    private func value(_ json: JSON) -> TemplateValue {
        switch json {
        case .null: .nothing
        case .bool(let flag): .flag(flag)
        case .int(let number): .text("\(number)")
        case .double(let number): .text("\(number)")
        case .string(let text): .text(text)
        case .array(let items): .list(items.map { value($0) })
        case .object(let members):
            .object(Dictionary(members.map { ($0.key, value($0.value)) }, uniquingKeysWith: { first, _ in first }))
        }
    }
}
