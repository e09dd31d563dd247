import FrameTools
import Frames
import TestSupport
import Testing
import ToolModel

@Suite("scene") struct SceneTests {
    private func flat(_ levels: [Int]) -> Video { Video(levels.map { Drawing.flat($0) }) }

    @Test func `a jump of brightness is a cut at its first frame`() throws {
        let outcome = try flat([50, 50, 50, 178, 178, 178]).run("scene")
        #expect(outcome.values("mafd") == [nil, 0, 0, 50, 0, 0])
        #expect(outcome.values("score") == [nil, 0, 0, 50, 0, 0])
        #expect(outcome.events.count == 1)
        let cut = try #require(outcome.events.first)
        #expect(cut.startFrame == 3 && cut.endFrame == 3)
        #expect(cut.start == 0.3 && cut.end == 0.3)
        #expect(cut.values["score"] == 50)
        #expect(!cut.isOpenAtEnd)
        #expect(outcome.summary["events"] == 1)
        #expect(outcome.summary["mafd_max"] == 50)
    }

    @Test func `the score is the smaller of the difference and its change`() throws {
        // Differences of 25, 50, 50 and 12.5 per cent.
        let outcome = try flat([0, 64, 192, 64, 96]).run("scene")
        #expect(outcome.values("mafd") == [nil, 25, 50, 50, 12.5])
        #expect(outcome.values("score") == [nil, 25, 25, 0, 12.5])
    }

    @Test func `deeper samples have the score of 8-bit ones`() throws {
        let outcome = try Video([0, 0, 512].map { Drawing.flat($0, depth: 10) }).run("scene")
        #expect(outcome.values("score") == [nil, 0, 50])
    }

    @Test func `the second frame of a lively video keeps its score but is no cut`() throws {
        let outcome = try flat([0, 200, 0, 200]).run("scene")
        #expect(outcome.values("score") == [nil, 78.125, 0, 0])
        #expect(outcome.events == [])
    }

    @Test func `the second frame after a change of size is no cut`() throws {
        let small = [0, 200].map { Drawing.flat($0, width: 8) }
        let outcome = try Video([Drawing.flat(0), Drawing.flat(0)] + small).run("scene")
        #expect(outcome.values("score") == [nil, 0, nil, 78.125])
        #expect(outcome.events == [])
    }

    @Test func `a score equal to the threshold is no cut`() throws {
        let video = flat([0, 0, 32, 32, 65])
        #expect(try video.run("scene", ["threshold": 12.5]).events.map(\.startFrame) == [4])
        #expect(try video.run("scene", ["threshold": 12.4999]).events.map(\.startFrame) == [2, 4])
    }

    @Test func `a stored score of exactly the threshold is no cut, whatever the binary fraction`() throws {
        var judged = 0
        for step in 1..<4000 {
            var measures = [Measurement(), Measurement()]
            measures[0].set("mafd", Double(step) / 100)
            measures[1].set("mafd", Double(step) / 100 + 10)
            let video = Video([Drawing.flat(0), Drawing.flat(0)])
            let outcome = try video.detect("scene", measures)
            #expect(outcome.records[1]["score"] == 10)
            #expect(outcome.events == [], "after a difference of \(Double(step) / 100)")
            judged += 1
        }
        #expect(judged == 3999)
    }

    @Test func `the greatest jump has a score within 0 to 100`() throws {
        for depth in [8, 10, 16] {
            let video = Video([0, 0, (1 << depth) - 1].map { Drawing.flat($0, depth: depth) })
            let score = try #require(try video.run("scene").values("score").last ?? nil)
            #expect(score > 99 && score <= 100)
        }
    }
}
