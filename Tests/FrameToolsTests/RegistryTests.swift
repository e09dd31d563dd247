import Bytes
import FrameTools
import Frames
import TestSupport
import Testing
import ToolModel

/// What holds for every tool: a new one is held against it without another line here.
@Suite("Every tool") struct RegistryTests {
    private static let ids = ToolRegistry.all.map { $0.id }

    @Test func `tools have ids of their own`() {
        #expect(Set(Self.ids).count == ToolRegistry.all.count)
        #expect(ToolRegistry.all.count >= 4)
        for id in Self.ids { #expect(ToolRegistry.tool(id)?.id == id) }
        #expect(ToolRegistry.tool("") == nil)
        #expect(ToolRegistry.tool("LUMA") == nil)
    }

    @Test(arguments: ids) func `a tool is described`(id: String) throws {
        let tool = try #require(ToolRegistry.tool(id)?.descriptor)
        #expect(!id.isEmpty && id.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_-".utf8.contains($0) })
        let version = tool.version.split(separator: ".", omittingEmptySubsequences: false)
        #expect(version.count == 3)
        for part in version { #expect(UInt(part).map { String($0) } == String(part), "\(tool.version)") }
        #expect(!tool.title.isEmpty)
        #expect(tool.definition.count > 20)
        #expect(Set(tool.settings.map(\.key)).count == tool.settings.count)
        for setting in tool.settings {
            #expect(setting.value(setting.standard.text) == setting.standard, "\(id).\(setting.key)")
            #expect(!setting.help.isEmpty)
            #expect(setting.key.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz_".utf8.contains($0) })
        }
    }

    @Test func `each setting is of the kind that the documentation gives it`() {
        let measuring: Set = [
            "black.pixel", "freeze.noise", "luma.histogram", "crop.limit", "crop.round", "crop.skip",
            "cuts.hue", "cuts.saturation", "cuts.brightness",
            "blur.low", "blur.high", "blur.radius",
            "motion.threshold", "motion.alpha", "motion.area", "motion.lightning",
            "motion.absorb",
        ]
        for tool in ToolRegistry.descriptors {
            for setting in tool.settings {
                let name = "\(tool.id).\(setting.key)"
                #expect((setting.kind == .measurement) == measuring.contains(name), "\(name)")
            }
        }
    }

    private static func extremes(_ setting: Setting) -> [SettingValue] {
        switch setting.domain {
        case .number(let range): [.number(range.lowerBound), .number(range.upperBound)]
        case .integer(let range): [.integer(range.lowerBound), .integer(range.upperBound)]
        case .word(let words): words.map { .word($0) }
        }
    }

    @Test(arguments: ids) func `each number of a summary is explained`(id: String) throws {
        let outputs = try #require(ToolRegistry.tool(id)?.descriptor).outputs
        for value in try RandomVideo.make(seed: 3, frames: 50).run(id).summary.values {
            #expect(outputs.help(ofSummary: value.key) != nil, "\(id).\(value.key)")
        }
        #expect(outputs.help(ofSummary: "nobody") == nil)
    }

    @Test(arguments: ids) func `what reports compare videos in stands in the summary`(id: String) throws {
        let hints = try #require(ToolRegistry.tool(id)).descriptor.report
        let summary = try RandomVideo.make(seed: 3, frames: 50).run(id).summary
        for key in hints.outliers.map(\.key) + [hints.objectCount].compactMap({ $0 }) {
            #expect(summary[key] != nil, "\(id) has no \(key) in its summary")
        }
    }

    @Test func `settings are complete, and unknown ones are left out`() {
        let declared = ToolRegistry.tool("black")?.descriptor.settings ?? []
        let settings = ToolSettings(declared, replacing: ["pixel": 0.2, "nonsense": 1])
        #expect(settings.values == ["pixel": 0.2, "picture": 0.98, "duration": 2.0])
    }

    @Test(arguments: ids) func `a setting of the detector changes no measure`(id: String) throws {
        let tool = try #require(ToolRegistry.tool(id))
        let video = RandomVideo.make(seed: 7, frames: 40)
        let usual = try video.run(id)
        for setting in tool.descriptor.settings where setting.kind == .detection {
            for value in Self.extremes(setting) {
                #expect(try video.run(id, [setting.key: value]).records == usual.records, "\(setting.key)")
            }
        }
    }

    @Test(arguments: ids) func `a tool has no memory from video to video`(id: String) throws {
        let one = RandomVideo.make(seed: 1, frames: 30)
        let two = RandomVideo.make(seed: 2, frames: 30)
        let alone = try two.run(id)
        _ = try one.run(id)
        #expect(try two.run(id) == alone)

        // Two videos at the same time, frame by frame.
        let tool = try #require(ToolRegistry.tool(id))
        let settings = ToolSettings(tool.descriptor.settings)
        var tools = try (0..<2).map { _ in try #require(tool.measurer(settings: settings)) }
        var records: [[Measurement]] = [[], []]
        for index in 0..<30 {
            for (place, video) in [one, two].enumerated() {
                let store = FrameFeatures(
                    picture: video.pictures[index], time: video.times[index],
                    before: index > 0 ? video.pictures[index - 1] : nil,
                    needs: .init(small: true, darkLevels: [0.3, 0.1]))
                records[place].append(tools[place].measure(store))
            }
        }
        var detector = tool.detector(settings: settings)
        #expect(zip(records[1], two.times).map { detector.fold($0, at: $1) } == alone.records)
    }

    @Test(arguments: ids) func `detecting again from a stored result gives the same`(id: String) throws {
        for seed in 0..<60 {
            let video = RandomVideo.make(seed: UInt64(seed), frames: 60)
            let first = try video.run(id)
            let again = try video.detect(id, try first.records.map { try RandomVideo.stored($0) })
            #expect(again.events == first.events, "seed \(seed)")
            #expect(again.summary == first.summary, "seed \(seed)")
            #expect(again.records == first.records, "seed \(seed)")
        }
    }

    @Test(arguments: ids) func `no size and no depth is too odd`(id: String) throws {
        for (width, height) in [(1, 1), (2, 2), (16, 16), (3, 300), (300, 3), (1, 17), (17, 1)] {
            for depth in [8, 9, 10, 12, 14, 16] {
                let top = (1 << depth) - 1
                let pictures = [0, top, top / 2].map { value in
                    DrawnPicture.gray(width: width, height: height, depth: depth, stride: 6) { x, y in
                        (value + x + y) & top
                    }
                }
                let outcome = try Video(pictures).run(id)
                #expect(outcome.records.count == 3)
                for record in outcome.records {
                    for value in record.values { #expect(value.value.isFinite && value.value >= 0) }
                }
            }
        }
    }

    @Test(arguments: ids) func `a video of one frame has no event and a summary of numbers`(id: String) throws {
        let outcome = try Video([Drawing.flat(128)]).run(id)
        #expect(outcome.events == [])
        for value in outcome.summary.values { #expect(value.value.isFinite) }
    }

    @Test func `a number that is not finite is left out of a measure`() {
        var measure = Measurement()
        measure.set("a", .nan)
        measure.set("b", .infinity)
        measure.set("c", 1.00005)
        #expect(measure.values.map(\.key) == ["c"])
        #expect(measure["c"] == 1.0001 || measure["c"] == 1.0)
    }
}

/// Videos with stillness, black, cuts, noise, changes of size and odd times, by chance.
private enum RandomVideo {
    static func make(seed: UInt64, frames: Int) -> Video {
        var generator = SeededGenerator(seed: seed)
        var pictures: [Picture] = []
        var times: [Double?] = []
        var clock = 0.0
        var level = 100
        var width = 8
        for _ in 0..<frames {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: level = Int.random(in: 0...255, using: &generator)
            case 1: level = 16
            case 2: width = Int.random(in: 7...8, using: &generator)
            default: break
            }
            let noise = Int.random(in: 0..<4, using: &generator) == 0 ? Int.random(in: 0...30, using: &generator) : 0
            pictures.append(
                DrawnPicture.gray(width: width, height: 5) { x, y in min(255, level + (x * y * noise) % 7) })
            let hasTime = Int.random(in: 0..<10, using: &generator) != 0
            times.append(hasTime ? rounded6(clock) : nil)
            clock += Double.random(in: 0...0.9, using: &generator)
        }
        return Video(pictures, times: times, lastDuration: 0.04)
    }

    /// A record as it comes back from a file.
    static func stored(_ record: Measurement) throws -> Measurement {
        var result = Measurement()
        for (key, value) in record.values {
            let text = JSONWriter.encode(.double(value))
            result.set(key, try #require(try JSONReader.parse(text).double))
        }
        return result
    }
}
