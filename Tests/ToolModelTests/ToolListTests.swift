import Bytes
import TestSupport
import Testing
import ToolModel

@Suite("The list of tools that a person gives")
struct ToolListTests {
    private static func plugin(_ id: String, tool: String? = nil) throws -> [ToolDescriptor] {
        Plugin(try PluginManifest(JSONReader.parse(MadePlugin.manifest(id, tool: tool))), fingerprint: "").tools
    }

    private static func builtIn(_ id: String, isDefault: Bool, _ capability: String) -> ToolDescriptor {
        ToolDescriptor(
            id: id, version: "1.0.0", title: id, definition: id, temporalDependency: .frame, isDefault: isDefault,
            capabilities: [capability])
    }

    private let builtIn = [
        builtIn("a", isDefault: true, "alpha"), builtIn("b", isDefault: false, "beta"),
        builtIn("c", isDefault: true, "gamma"),
    ]

    private func ids(_ text: String) throws -> [String] {
        try ToolList(text, builtIn: builtIn) {
            try ["people", "shots"].flatMap { try ToolListTests.plugin($0) } + ToolListTests.plugin("two", tool: "one")
        }.tools.map(\.id)
    }

    @Test(
        "Ids, capabilities, words and signs choose; built-in tools stand in their order, external ones as they were named",
        arguments: [
            ("default", ["a", "c"]), ("all", ["a", "b", "c"]), ("none", []), ("c,a", ["a", "c"]),
            ("beta", ["b"]), ("forgebatch/b", ["b"]), ("-a", ["c"]), ("+b", ["a", "b", "c"]), ("+b,-c", ["a", "b"]),
            ("all,-b", ["a", "c"]), ("default,+b,+b", ["a", "b", "c"]),
            ("shots/shots,people/people,c", ["c", "shots/shots", "people/people"]),
            ("default,+people/people", ["a", "c", "people/people"]), ("+people", ["a", "c", "people/people"]),
            ("two", ["two/one"]), ("person_detection", ["people/people"]),
            ("people,shots,-people/people", ["shots/shots"]),
            ("all,person_detection", ["a", "b", "c", "people/people"]),
        ])
    func choose(_ text: String, _ expected: [String]) throws { #expect(try ids(text) == expected) }

    @Test(
        "What no tool is called, and what leaves none, is told apart",
        arguments: [
            ("", ToolList.Failure.empty), (",", .empty), ("none,a", .noneIsAlone), ("a,-a", .nothingLeft),
            ("people/shots", .unknown("people/shots")), ("a,peopl", .unknown("peopl")),
            ("forgebatch/people", .unknown("forgebatch/people")),
        ])
    func refuse(_ text: String, _ failure: ToolList.Failure) {
        #expect(throws: failure) { try ids(text) }
    }

    @Test("The bare name of a plugin with several tools is none of them, and built-in names come before")
    func bare() throws {
        let two = try ToolListTests.plugin("a", tool: "x") + ToolListTests.plugin("a", tool: "y")
        #expect(throws: ToolList.Failure.several(plugin: "a", ["a/x", "a/y"])) {
            try ToolResolver.external("a", among: two)
        }
        #expect(try ToolList("a,a/y", builtIn: builtIn) { two }.tools.map(\.id) == ["a", "a/y"])
    }

    @Test("External tools are not asked for where every name is a built-in one's")
    func lazy() throws {
        var asked = 0
        _ = try ToolList("all,beta,-a,+c", builtIn: builtIn) {
            asked += 1
            return []
        }
        #expect(asked == 0)
    }

    @Test("A plugin may tell of the capabilities that every tool has")
    func capabilities() throws {
        let tool = try #require(try ToolListTests.plugin("people").first)
        #expect(tool.allCapabilities == ["streaming_video_analysis", "object_tracking", "person_detection"])
        #expect(throws: ManifestError("capabilities: no tool has cars")) {
            let text = MadePlugin.manifest().replacing(
                "\"capabilities\": [\"person_detection\"", with: "\"capabilities\": [\"cars\"", maxReplacements: 1)
            _ = try PluginManifest(JSONReader.parse(text))
        }
    }
}
