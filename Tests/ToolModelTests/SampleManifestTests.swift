import Bytes
import TestSupport
import Testing
import ToolModel

@Suite("The manifests that come with forgebatch")
struct SampleManifestTests {
    private func manifest(_ path: String) throws -> PluginManifest {
        try PluginManifest(JSONReader.parse(Files.read(Samples.root.appending(path))))
    }

    @Test(
        "The skeleton and the samples have manifests without a fault, whose values and thresholds are bounded",
        arguments: ["python/skeleton", "samples/plugins/brightness", "samples/plugins/people", "samples/plugins/shots"])
    func samples(_ folder: String) throws {
        let manifest = try manifest(folder + "/manifest.json")
        #expect(manifest.id == RawPath(folder).lastComponent.display)
        #expect(manifest.tools.map(\.id) == [manifest.id] && manifest.tools.allSatisfy(\.isReused))
        #expect(manifest.files.contains("plugin.py") && manifest.capabilities.contains("streaming_video_analysis"))
        for tool in manifest.tools {
            #expect(tool.values.allSatisfy { $0.least != nil && $0.most != nil })
            #expect(tool.conclusion.detections != nil || !tool.conclusion.values.isEmpty)
            #expect(tool.capabilities.allSatisfy { manifest.capabilities.contains($0) })
        }
    }

    @Test("A plugin made by plugin new has a manifest without a fault, whatever its name")
    func made() throws {
        for name in ["a", "0", "my-tool_2", String(repeating: "x", count: 64)] {
            let files = PluginFiles.skeleton(name: name)
            let bytes = try #require(files.first { $0.name == PluginManifest.fileName }?.bytes)
            let manifest = try PluginManifest(JSONReader.parse(bytes))
            #expect(manifest.id == name && manifest.tools.map(\.id) == [name])
        }
    }

    @Test("shots may be as far behind as its window asks for, and the network's frames are what it was trained with")
    func lag() throws {
        let shots = try #require(try manifest("samples/plugins/shots/manifest.json").tool("shots"))
        #expect(shots.lag == 75)
        guard case .frames(let feed) = shots.mode else { return #expect(Bool(false), "no frames") }
        #expect(feed.format == .rgb24 && feed.size == .exact(width: 48, height: 27) && feed.pace == .every(1))
    }
}
