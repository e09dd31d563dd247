import Bytes
import FrameTools
import TestSupport
import Testing

@testable import ToolModel

/// What the tools say of themselves.
@Suite("The tools' manifest") struct ToolManifestTests {
    private static let ids = ToolRegistry.descriptors.map(\.id)

    private func manifest(
        _ tools: [ToolDescriptor] = ToolRegistry.descriptors, costs: [String: ToolCost] = [:]
    ) throws -> JSON {
        try JSONReader.parse(JSONWriter.encode(ToolManifest.json(version: "1.2.3", tools: tools, costs: costs)))
    }

    private func words(_ json: JSON?) -> [String] { json?.array?.compactMap(\.string) ?? [] }

    @Test func `the plugin is described, and each of its capabilities is a tool's`() throws {
        let manifest = try manifest()
        #expect(manifest["id"]?.string == "forgebatch" && manifest["version"]?.string == "1.2.3")
        for key in ["name", "type", "description", "author", "license"] {
            #expect(manifest[key]?.string?.isEmpty == false, "\(key)")
        }
        // What ForgeSyte's server and the validator of its plugins take.
        #expect(["custom", "ocr", "yolo"].contains(manifest["type"]?.string))
        let tools = try #require(manifest["tools"]?.array)
        #expect(tools.compactMap { $0["id"]?.string } == Self.ids)
        let capabilities = words(manifest["capabilities"])
        #expect(Set(capabilities) == Set(tools.flatMap { words($0["capabilities"]) }))
        #expect(Set(capabilities).count == capabilities.count)
    }

    @Test(arguments: ids) func `a tool says what it takes and gives`(id: String) throws {
        let type = try #require(ToolRegistry.tool(id)?.descriptor)
        let tool = try #require(try manifest()["tools"]?.array?.first { $0["id"]?.string == id })
        #expect(tool["version"]?.string == type.version && tool["title"]?.string == type.title)
        #expect(tool["description"]?.string == type.definition)
        #expect(tool["default"]?.bool == type.isDefault)
        #expect(words(tool["input_types"]) == ["video"])
        #expect(words(tool["output_types"]).first == "frames")
        #expect(words(tool["output_types"]).contains("detections") == type.detects)
        #expect(words(tool["capabilities"]).contains("streaming_video_analysis"))
        #expect(words(tool["capabilities"]).contains("object_tracking") == type.detects)
        let inputs = try #require(tool["inputs"]?.members)
        #expect(inputs.map(\.key) == type.settings.map(\.key))
        for (input, setting) in zip(inputs, type.settings) {
            let schema = input.value
            #expect(schema["kind"]?.string == setting.kind.rawValue)
            #expect(schema["description"]?.string == setting.help)
            #expect(setting.value(schema["default"]) == setting.standard)
            switch setting.domain {
            case .number(let range):
                #expect(schema["type"]?.string == "number")
                #expect(schema["minimum"]?.double == range.lowerBound && schema["maximum"]?.double == range.upperBound)
            case .integer(let range):
                #expect(schema["type"]?.string == "integer")
                #expect(schema["minimum"]?.int == range.lowerBound && schema["maximum"]?.int == range.upperBound)
            case .word(let list): #expect(schema["type"]?.string == "string" && words(schema["enum"]) == list)
            }
        }
        let outputs = tool["outputs"]
        #expect(outputs?["frame"]?.members?.isEmpty == false, "\(id) declares no output: give it `outputs`")
    }

    @Test func `a tool that detects has the capability, and its regions are declared`() throws {
        let manifest = try manifest([TestTool.seer("prompt")])
        let tool = try #require(manifest["tools"]?.array?.first)
        #expect(words(tool["capabilities"]) == ["streaming_video_analysis", "object_tracking"])
        #expect(words(tool["output_types"]) == ["frames", "detections"])
    }

    @Test func `a cost is told where it is measured, and nothing is made up`() throws {
        let costs = ["slow": ToolCost(decodeRatio: 1.25, date: "2026-02-26")]
        let tools = try #require(
            try manifest([TestTool.seer("prompt"), TestTool.seer("slow")], costs: costs)["tools"]?.array)
        #expect(tools[0]["cost"] == nil)
        #expect(tools[1]["cost"]?["decode_ratio"]?.double == 1.25)
        #expect(tools[1]["cost"]?["date"]?.string == "2026-02-26")
    }

    // MARK: The table of costs

    private func table(_ rows: String) -> [UInt8] {
        Array("{\"schema\":\"forgebatch/tool-costs/1\",\"tools\":[\(rows)]}".utf8)
    }

    @Test func `the table in the sources can be read, and is the one that is built in`() throws {
        let bytes = try Files.read(Samples.root.appending("Sources/ToolModel/tool-costs.json"))
        _ = try ToolCosts.read(bytes, versions: [:])
        #expect(ToolCosts.builtIn == bytes)
    }

    @Test func `a cost counts for the version that was measured`() throws {
        let row = #"{"id":"luma","version":"1.0.0","decode_ratio":1.5,"date":"2026-02-26"}"#
        #expect(
            try ToolCosts.read(table(row), versions: ["luma": "1.0.0"])
                == ["luma": ToolCost(decodeRatio: 1.5, date: "2026-02-26")])
        #expect(try ToolCosts.read(table(row), versions: ["luma": "1.0.1"]).isEmpty)
        #expect(try ToolCosts.read(table(row), versions: [:]).isEmpty)
        #expect(try ToolCosts.read(table(""), versions: [:]).isEmpty)
    }

    @Test(arguments: [
        #"{"id":"luma","version":"1.0.0","decode_ratio":1.5}"#,
        #"{"id":"luma","version":"1.0.0","decode_ratio":0,"date":"2026-02-26"}"#,
        #"{"id":"luma","version":"1.0.0","decode_ratio":"1.5","date":"2026-02-26"}"#,
        #"{"id":"luma","version":"1.0.0","decode_ratio":1.5,"date":"26.2.2026"}"#,
        #"{"id":"luma","version":"1.0.0","decode_ratio":1.5,"date":"2026-13-01"}"#,
        #"{"version":"1.0.0","decode_ratio":1.5,"date":"2026-02-26"}"#, "3", "null",
    ])
    func `a table with a wrong row is no table`(row: String) {
        #expect(throws: (any Error).self) { try ToolCosts.read(table(row), versions: ["luma": "1.0.0"]) }
    }

    @Test func `what is no table of costs is refused`() {
        for text in ["", "{}", "[]", #"{"schema":"forgebatch/tool-costs/2","tools":[]}"#] {
            #expect(throws: (any Error).self) { try ToolCosts.read(Array(text.utf8), versions: [:]) }
        }
    }
}
