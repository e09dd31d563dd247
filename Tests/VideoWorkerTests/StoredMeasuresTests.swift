import Bytes
import FrameResults
import FrameTools
import Frames
import Jobs
import TestSupport
import Testing
import ToolModel

@testable import VideoWorker

/// Whether it is true what the tools say of themselves.
@Suite("What tools store") struct StoredMeasuresTests {
    private static let ids = ToolRegistry.descriptors.map(\.id)

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
        let entry = try #require(ToolRegistry.tool(id))
        try checkStored(entry, [:])
        // What is only stored on demand is declared as well.
        for setting in entry.descriptor.settings {
            guard case .word(let words) = setting.domain else { continue }
            for word in words.dropFirst() { try checkStored(entry, [setting.key: .string(word)]) }
        }
    }

    private func checkStored(_ entry: Tool, _ settings: [String: JSON]) throws {
        let id = entry.id
        let outputs = entry.descriptor.outputs
        var pass = try ToolPass([JobRequest.Tool(id: id, settings: settings)])
        var measures: [(key: String, value: Double)] = []
        var hasRegions = false
        func take(_ records: [(values: [(key: String, value: Double)], regions: Bool)]) {
            measures += records.flatMap(\.values)
            hasRegions = hasRegions || records.contains { $0.regions }
        }
        for (index, picture) in pictures().enumerated() {
            let time = FrameTime(index: index, time: Double(index) / 10, duration: 0.1)
            take(try pass.take(picture, time).ready.map { ($0.measures[0].values, !$0.measures[0].regions.isEmpty) })
        }
        take(pass.finish(end: 15).map { ($0.measures[0].values, !$0.measures[0].regions.isEmpty) })
        #expect(!measures.isEmpty)
        #expect(!hasRegions || outputs.hasRegions, "\(id) stores regions")
        check(measures, outputs.frame, id)
        for event in pass.events {
            let kind = event["type"]?.string ?? ""
            let declared = try #require(
                outputs.events.first { $0.type == kind }, "\(id) has events '\(kind)' that it does not declare")
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
}
