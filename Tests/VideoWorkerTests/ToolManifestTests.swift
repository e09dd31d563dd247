import Bytes
import FrameResults
import FrameTools
import Frames
import Jobs
import TestSupport
import Testing

@testable import VideoWorker

/// What the tools say of themselves, and whether it is true.
@Suite("The tools' manifest") struct ToolManifestTests {
    private static let ids = ToolRegistry.all.map { $0.id }

    private func manifest(
        _ tools: [any FrameTool.Type] = ToolRegistry.all, costs: [String: ToolCost] = [:]
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
        let tools = try #require(manifest["tools"]?.array)
        #expect(tools.compactMap { $0["id"]?.string } == Self.ids)
        let capabilities = words(manifest["capabilities"])
        #expect(Set(capabilities) == Set(tools.flatMap { words($0["capabilities"]) }))
        #expect(Set(capabilities).count == capabilities.count)
    }

    @Test(arguments: ids) func `a tool says what it takes and gives`(id: String) throws {
        let type = try #require(ToolRegistry.tool(id))
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
            if setting.choices.isEmpty {
                #expect(schema["type"]?.string == "number" && schema["default"]?.double == setting.standard)
                #expect(schema["minimum"]?.double == setting.range.lowerBound)
                #expect(schema["maximum"]?.double == setting.range.upperBound)
            } else {
                #expect(schema["type"]?.string == "string" && words(schema["enum"]) == setting.choices)
                #expect(schema["default"]?.string == setting.choices.first)
            }
        }
        let outputs = tool["outputs"]
        #expect(outputs?["frame"]?.members?.isEmpty == false, "\(id) declares no output: give it `outputs`")
    }

    /// Changing pictures of several kinds: still, black, cut, noisy and moving.
    private func pictures() -> [Picture] {
        var generator = SeededGenerator(seed: 4)
        return (0..<150).map { index in
            let level = [16, 60, 200, 120, 90][index / 30]
            let noise = index / 30 == 3
            return Drawing.picture(planes: [(96, 64), (48, 32), (48, 32)]) { plane, x, y in
                if plane > 0 { return 100 + index / 30 * 10 + x % 3 }
                let isObject = index >= 60 && (2 * (index % 30)..<2 * (index % 30) + 20).contains(x) && y < 40
                return isObject ? 235 : noise ? level + Int.random(in: 0...60, using: &generator) : level
            }
        }
    }

    @Test(arguments: ids) func `whatever a tool stores is declared, within its bounds`(id: String) throws {
        let type = try #require(ToolRegistry.tool(id))
        try checkStored(type, [:])
        // What is only stored on demand is declared as well.
        for setting in type.settings where !setting.choices.isEmpty {
            for choice in 1..<setting.choices.count { try checkStored(type, [setting.key: Double(choice)]) }
        }
    }

    private func checkStored(_ type: any FrameTool.Type, _ settings: [String: Double]) throws {
        let id = type.id
        var pass = try ToolPass([JobRequest.Tool(id: id, settings: settings)])
        var measures: [(key: String, value: Double)] = []
        var hasRegions = false
        func take(_ records: [(values: [(key: String, value: Double)], regions: Bool)]) {
            measures += records.flatMap(\.values)
            hasRegions = hasRegions || records.contains { $0.regions }
        }
        for (index, picture) in pictures().enumerated() {
            let time = FrameTime(index: index, time: Double(index) / 10, duration: 0.1)
            take(pass.take(picture, time).ready.map { ($0.measures[0].values, !$0.measures[0].regions.isEmpty) })
        }
        take(pass.finish(end: 15).map { ($0.measures[0].values, !$0.measures[0].regions.isEmpty) })
        #expect(!measures.isEmpty)
        #expect(!hasRegions || type.outputs.hasRegions, "\(id) stores regions")
        check(measures, type.outputs.frame, id)
        for event in pass.events {
            let kind = event["type"]?.string ?? ""
            let declared = try #require(
                type.outputs.events.first { $0.type == kind }, "\(id) has events '\(kind)' that it does not declare")
            let usual: Set = ["tool", "type", "start_frame", "end_frame", "start", "end", "open_at_end"]
            let values = (event.members ?? []).filter { !usual.contains($0.key) }
            check(values.compactMap { member in member.value.double.map { (member.key, $0) } }, declared.values, kind)
        }
    }

    private func check(_ found: [(key: String, value: Double)], _ declared: [ToolOutputs.Field], _ name: String) {
        for key in Set(found.map(\.key)).sorted() {
            guard let field = declared.first(where: { $0.key == key }) else {
                Issue.record("\(name) stores '\(key)', which it does not declare")
                continue
            }
            for (_, value) in found.filter({ $0.key == key }) {
                if value < field.least ?? value || value > field.most ?? value {
                    Issue.record("\(name).\(key) is \(value)")
                }
            }
        }
    }

    @Test func `a tool that detects has the capability, and its regions are declared`() throws {
        let manifest = try manifest([Prompt.self])
        let tool = try #require(manifest["tools"]?.array?.first)
        #expect(words(tool["capabilities"]) == ["streaming_video_analysis", "object_tracking"])
        #expect(words(tool["output_types"]) == ["frames", "detections"])
    }

    @Test func `a cost is told where it is measured, and nothing is made up`() throws {
        let costs = ["slow": ToolCost(decodeRatio: 1.25, date: "2026-02-26")]
        let tools = try #require(try manifest([Prompt.self, Slow.self], costs: costs)["tools"]?.array)
        #expect(tools[0]["cost"] == nil)
        #expect(tools[1]["cost"]?["decode_ratio"]?.double == 1.25)
        #expect(tools[1]["cost"]?["date"]?.string == "2026-02-26")
    }

    // MARK: The table of costs

    private func table(_ rows: String) -> [UInt8] {
        Array("{\"schema\":\"forgebatch/tool-costs/1\",\"tools\":[\(rows)]}".utf8)
    }

    @Test func `the table in the sources can be read, and is the one that is built in`() throws {
        let bytes = try Files.read(Samples.root.appending("Sources/VideoWorker/tool-costs.json"))
        _ = try ToolCosts.read(bytes)
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
