import FrameTools
import Testing
import ToolModel

@Suite("Names of tools") struct ToolResolverTests {
    private static let tools: [ToolDescriptor] =
        ToolRegistry.descriptors + [TestTool.seer("slow"), TestTool.seer("prompt")]

    private func find(_ name: String) -> String? { ToolResolver.tool(name, among: Self.tools)?.id }

    @Test func `a tool is found by its id, alone and behind the plugin's`() {
        for tool in Self.tools {
            #expect(find(tool.id) == tool.id)
            #expect(find("forgebatch/" + tool.id) == tool.id)
        }
    }

    @Test func `a capability means the first tool that has it, in the order of the manifest`() throws {
        #expect(find("streaming_video_analysis") == Self.tools.first?.id)
        let all = Self.tools.flatMap { $0.allCapabilities }
        for capability in Set(all) {
            let first = try #require(Self.tools.first { $0.allCapabilities.contains(capability) })
            #expect(find(capability) == first.id)
        }
        let seers: [ToolDescriptor] = [TestTool.seer("slow"), TestTool.seer("prompt")]
        #expect(ToolResolver.tool("object_tracking", among: seers)?.id == "slow")
        #expect(ToolResolver.tool("object_tracking", among: seers.reversed())?.id == "prompt")
    }

    @Test(arguments: [
        "", "lum", "luma ", "LUMA", "luma/", "/luma", "forgebatch", "forgebatch/", "forgebatch/lum", "other/luma",
        "forgebatch/streaming_video_analysis", "streaming_video", "forgebatch/forgebatch/luma", "default", "all",
        "none",
    ])
    func `nothing else is a name`(name: String) { #expect(find(name) == nil) }

    @Test func `no name has two meanings`() {
        let ids = Set(ToolRegistry.descriptors.map { $0.id })
        let capabilities = Set(ToolRegistry.descriptors.flatMap { $0.allCapabilities })
        #expect(ids.isDisjoint(with: capabilities))
        // Words of the command line.
        #expect(ids.union(capabilities).isDisjoint(with: ["default", "all", "none"]))
        for name in ids.union(capabilities) {
            let isPlain = name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_-".utf8.contains($0) }
            #expect(isPlain && !name.hasPrefix("-"), "\(name)")
        }
        let names = ToolResolver.names(among: ToolRegistry.descriptors)
        #expect(Set(names) == ids.union(capabilities) && Set(names).count == names.count)
    }
}
