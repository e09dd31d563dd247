import Bytes
import FrameTools
import TestSupport
import Testing
import ToolModel

/// What is written of each tool: a new one fails here until it is documented.
@Suite("Tools are documented") struct DocumentationTests {
    private static let ids = ToolRegistry.descriptors.map(\.id)

    private func tool(_ id: String) throws -> ToolDescriptor { try #require(ToolRegistry.tool(id)?.descriptor) }

    @Test(arguments: ids) func `the measures' page has its definition, its settings and its events`(id: String) throws {
        let tool = try tool(id)
        let page = try #require(
            String(validating: Files.read(Samples.root.appending("docs/measures.md")), as: UTF8.self))
        let sections = page.split(separator: "\n## ")
        let section = try #require(sections.first { $0.hasPrefix("\(id)\n") }, "docs/measures.md has no section \(id)")
        for setting in tool.settings {
            #expect(
                section.contains("\(id).\(setting.key)") || section.contains("`\(setting.key)`"),
                "docs/measures.md does not tell of \(id).\(setting.key)")
        }
        for event in tool.outputs.events {
            #expect(section.contains("`\(event.type)`"), "docs/measures.md does not tell of the event \(event.type)")
        }
    }

    @Test(arguments: ids) func `the schema knows what it stores of a frame`(id: String) throws {
        let tool = try tool(id)
        let schema = try JSONReader.parse(Files.read(Samples.root.appending("docs/schema/result-1.json")))
        let own = try #require(
            schema["$defs"]?["frame"]?["properties"]?[id], "docs/schema/result-1.json has no measures of \(id)")
        // A pattern may stand for many keys; the check of results by a schema validator holds those.
        guard own["patternProperties"] == nil else { return }
        let known = Set((own["properties"]?.members ?? []).map(\.key))
        for field in tool.outputs.frame { #expect(known.contains(field.key), "the schema has no \(id).\(field.key)") }
        if tool.outputs.hasRegions { #expect(known.contains("regions")) }
    }

    @Test(arguments: ids) func `its hints for reports name what it puts into results`(id: String) throws {
        let tool = try tool(id)
        let keys = tool.outputs.frame.map(\.key)
        let types = tool.outputs.events.map(\.type)
        for lane in tool.report.lanes {
            for key in [lane.low, lane.high, lane.mean, lane.condition].compactMap({ $0 }) {
                #expect(keys.contains(key), "a lane draws \(id).\(key), which is not stored")
            }
            for event in lane.events { #expect(types.contains(event), "a lane shows events \(event)") }
            if case .band = lane.lane.form { #expect(lane.low != nil && lane.high != nil) }
        }
        #expect(tool.report.objectCount == nil || tool.detects)
    }

    @Test(arguments: ids) func `a feature of a frame that it needs is one of its settings`(id: String) throws {
        let tool = try tool(id)
        for feature in tool.features {
            guard case .darkCount(let key) = feature else { continue }
            let setting = try #require(tool.setting(key))
            #expect(setting.kind == .measurement && setting.domain == .number(0...1))
        }
    }
}
