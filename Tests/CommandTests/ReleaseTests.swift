import Bytes
import TestSupport
import Testing
import ToolModel

/// What programs build on: the result schema and the tools' manifest against those of the last release.
@Suite("Versions rise far enough")
struct ReleaseTests {
    private static let folder = Samples.root.appending("docs/schema/released")
    private static let hasRelease = Files.exists(folder.appending("manifest.json"))

    private func largest(_ changes: [VersionChange]) -> VersionStep { changes.map(\.step).max() ?? .none }

    private func read(_ path: RawPath) throws -> JSON { try JSONReader.parse(Files.read(path)) }

    @Test("The version has risen as the changes since the last release ask for; before the first it is 0.x")
    func step() async throws {
        let forge = try Forge()
        let manifest = try JSONReader.parse(try await forge.forgebatch("tools", "--json").output)
        let now = try #require(SemanticVersion(manifest["version"]?.string ?? ""))
        guard Self.hasRelease else {
            #expect(now.numbers[0] == 0)
            return
        }
        let released = try read(Self.folder.appending("manifest.json"))
        let schema = try read(Samples.root.appending("docs/schema/result-1.json"))
        let releasedSchema = try read(Self.folder.appending("result-1.json"))
        let step = max(
            largest(VersionChange.manifest(from: released, to: manifest)),
            largest(VersionChange.schema(from: releasedSchema, to: schema)))
        let then = try #require(SemanticVersion(released["version"]?.string ?? ""))
        let least = try #require(then.after(step))
        #expect(now >= least, "changes of the kind '\(step)' since \(then.numbers) need \(least.numbers)")
    }

    @Test("The changelog's latest release has its schema and its manifest")
    func snapshot() throws {
        let changes = String(decoding: try Files.read(Samples.root.appending("CHANGELOG.md")), as: UTF8.self)
        let headings = changes.split(separator: "\n").filter { $0.hasPrefix("## ") }
        let versions = headings.compactMap { heading in
            heading.split(separator: " ").dropFirst().first.flatMap {
                SemanticVersion($0.filter { !"[]".contains($0) })
            }
        }
        #expect(headings.first == "## Unreleased" || !versions.isEmpty)
        let latest = versions.max()
        let released = Self.hasRelease ? try read(Self.folder.appending("manifest.json"))["version"]?.string : nil
        #expect(released.flatMap { SemanticVersion($0) } == latest)
        #expect(Files.exists(Self.folder.appending("result-1.json")) == (latest != nil))
    }

    @Test(
        "A step leads to the least version",
        arguments: [
            ("1.2.3", VersionStep.major, "2.0.0"), ("1.2.3", .minor, "1.3.0"), ("1.2.3", .patch, "1.2.4"),
            ("1.2.3", .none, "1.2.3"), ("0.1.5", .major, "0.2.0"), ("0.1.5", .minor, "0.1.6"),
            ("0.1.5", .patch, "0.1.6"), ("0.1.5", .none, "0.1.5"),
        ])
    func least(_ from: String, _ step: VersionStep, _ to: String) {
        #expect(SemanticVersion(from)?.after(step) == SemanticVersion(to))
    }

    @Test("Versions are compared number by number")
    func order() throws {
        let texts = ["0.1.0", "0.1.9", "0.1.10", "0.2.0", "1.0.0", "10.0.0"]
        let versions = texts.compactMap { SemanticVersion($0) }
        #expect(versions.count == texts.count && versions == versions.sorted())
        for text in ["", "1", "1.0", "1.0.0.0", "1.0.x", "-1.0.0"] { #expect(SemanticVersion(text) == nil) }
    }

    private static let manifest = """
        {"id":"forgebatch","version":"1.0.0","description":"D","capabilities":["s","c"],"tools":[
        {"id":"a","version":"1.0.0","default":true,"capabilities":["s"],"input_types":["video"],"inputs":{"k":{"type":"number","maximum":5,"description":"K"}},"outputs":{"frame":{"x":{"type":"number"}},"events":{}}},
        {"id":"b","version":"1.0.0","capabilities":["s","c"],"input_types":["video"],"inputs":{},"outputs":{"frame":{},"events":{}}}]}
        """

    @Test(
        "Changes of a manifest",
        arguments: [
            ("", "", VersionStep.none), ("\"D\"", "\"E\"", .patch), ("\"K\"", "\"L\"", .patch),
            ("\"default\":true", "\"default\":false", .patch),
            ("\"1.0.0\",\"default\"", "\"1.0.1\",\"default\"", .patch),
            ("\"default\":true", "\"default\":true,\"cost\":{\"decode_ratio\":2}", .none),
            ("\"tools\":[", "\"tools\":[{\"id\":\"n\",\"inputs\":{}},", .minor),
            ("\"default\":true,\"capabilities\":[\"s\"]", "\"default\":true,\"capabilities\":[\"s\",\"n\"]", .minor),
            ("\"maximum\":5", "\"maximum\":6", .major), ("\"k\":", "\"j\":", .major),
            ("\"inputs\":{}", "\"inputs\":{\"k\":{\"type\":\"number\"}}", .major),
            ("\"x\":{\"type\":\"number\"}", "", .major), ("\"id\":\"b\"", "\"id\":\"d\"", .major),
            ("[\"s\",\"c\"],\"input_types\"", "[\"s\"],\"input_types\"", .major),
        ])
    func manifest(_ old: String, _ new: String, _ step: VersionStep) throws {
        let changed = old.isEmpty ? Self.manifest : Self.manifest.replacing(old, with: new)
        #expect(old.isEmpty || changed != Self.manifest)
        #expect(
            largest(
                VersionChange.manifest(from: try JSONReader.parse(Self.manifest), to: try JSONReader.parse(changed)))
                == step)
    }

    @Test("Tools in another order are a major change: capabilities mean the first")
    func reordered() throws {
        let old = try JSONReader.parse(Self.manifest)
        let tools = try #require(old["tools"]?.array)
        #expect(largest(VersionChange.manifest(from: old, to: .members(["tools": .array(tools.reversed())]))) == .major)
    }

    private static let schema = """
        {"title":"T","required":["a"],"properties":{"a":{"type":"number","description":"A"},"title":{"type":"string"}},"$defs":{"frame":{"properties":{"luma":{"type":"object"}}}}}
        """

    @Test(
        "Changes of a schema",
        arguments: [
            ("", "", VersionStep.none), ("\"A\"", "\"B\"", .patch), ("\"T\"", "\"U\"", .patch),
            ("\"luma\":", "\"new\":{},\"luma\":", .minor), ("\"frame\":", "\"new\":{},\"frame\":", .minor),
            ("\"luma\":{\"type\":\"object\"}", "", .major), ("[\"a\"]", "[\"a\",\"title\"]", .major),
            ("\"number\"", "\"integer\"", .major), ("\"string\"", "\"string\",\"minLength\":1", .major),
            ("\"title\":{\"type\":\"string\"}", "\"name\":{\"type\":\"string\"}", .major),
        ])
    func schema(_ old: String, _ new: String, _ step: VersionStep) throws {
        let changed = old.isEmpty ? Self.schema : Self.schema.replacing(old, with: new)
        #expect(old.isEmpty || changed != Self.schema)
        #expect(
            largest(VersionChange.schema(from: try JSONReader.parse(Self.schema), to: try JSONReader.parse(changed)))
                == step)
    }
}
