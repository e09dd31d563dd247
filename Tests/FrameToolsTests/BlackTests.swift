import Frames
import TestSupport
import Testing
import ToolModel

@testable import FrameTools

@Suite("black") struct BlackTests {
    /// 8-bit limited range: 16 is black, 235 is white.
    private func video(black: Int, then white: Int, rate: Double = 10) -> Video {
        Video(
            Array(repeating: Drawing.flat(16), count: black) + Array(repeating: Drawing.flat(235), count: white),
            rate: rate)
    }

    struct Level: Sendable {
        let depth: Int
        let isFullRange: Bool
        let brightestBlack: Int
    }

    @Test(arguments: [
        Level(depth: 8, isFullRange: false, brightestBlack: 37), Level(depth: 8, isFullRange: true, brightestBlack: 25),
        Level(depth: 10, isFullRange: false, brightestBlack: 151),
        Level(depth: 10, isFullRange: true, brightestBlack: 102),
        Level(depth: 12, isFullRange: false, brightestBlack: 606),
        Level(depth: 12, isFullRange: true, brightestBlack: 409),
        Level(depth: 16, isFullRange: false, brightestBlack: 9702),
        Level(depth: 16, isFullRange: true, brightestBlack: 6553),
    ])
    func `black ends at a tenth of the range, rounded down`(level: Level) throws {
        let pictures = [level.brightestBlack, level.brightestBlack + 1].map {
            Drawing.flat($0, depth: level.depth, isFullRange: level.isFullRange)
        }
        #expect(try Video(pictures).run("black").values("ratio") == [1, 0])
    }

    @Test func `dark grey in full range is not black`() throws {
        let dark = [false, true].map { Drawing.flat(28, isFullRange: $0) }
        #expect(try Video(dark).run("black").values("ratio") == [1, 0])
    }

    @Test func `dark samples are counted at each level that is asked for, declared or not`() {
        let picture = DrawnPicture.gray(width: 64, height: 3) { x, _ in 16 + x }
        let time = FrameTime(index: 0, time: 0, duration: nil)
        let levels = [0.05, 0.1, 0.2]
        // 3 rows of one sample for each whole step above black.
        let expected = levels.map { 3 * (Int(219 * $0) + 1) }
        for declared in [[], [0.1], levels, levels.reversed()] {
            let frame = FrameFeatures(picture: picture, time: time, before: nil, needs: .init(darkLevels: declared))
            #expect(levels.map { frame.dark(level: $0) } == expected)
            #expect(levels.map { frame.dark(level: $0) } == expected)
        }
    }

    @Test func `the level of a black sample can be set`() throws {
        let video = Video([Drawing.flat(16), Drawing.flat(17), Drawing.flat(125), Drawing.flat(126)])
        #expect(try video.run("black", ["pixel": 0]).values("ratio") == [1, 0, 0, 0])
        #expect(try video.run("black", ["pixel": 0.5]).values("ratio") == [1, 1, 1, 0])
    }

    @Test func `a picture is black from 98 of 100 samples on`() throws {
        func picture(_ black: Int) -> Picture {
            DrawnPicture.gray(width: 10, height: 10) { x, y in y * 10 + x < black ? 16 : 235 }
        }
        let most = Array(repeating: picture(98), count: 30)
        #expect(try Video(most).run("black").events.count == 1)
        #expect(try Video(most).run("black").values("ratio")[0] == 0.98)
        let fewer = Array(repeating: picture(97), count: 30)
        #expect(try Video(fewer).run("black").events == [])
        #expect(try Video(fewer).run("black", ["picture": 0.97]).events.count == 1)
    }

    @Test func `black to the end is closed when the last frame ends`() throws {
        // blackdetect itself says 2.9 here: the last timestamp.
        let events = try video(black: 30, then: 0).run("black").events
        #expect(
            events == [
                ToolEvent(
                    tool: "black", type: "black", startFrame: 0, endFrame: 29, start: 0, end: 3, isOpenAtEnd: true)
            ])
    }

    @Test func `black that ends before the video is not open`() throws {
        let outcome = try video(black: 25, then: 5).run("black")
        #expect(
            outcome.events == [
                ToolEvent(
                    tool: "black", type: "black", startFrame: 0, endFrame: 24, start: 0, end: 2.5, isOpenAtEnd: false)
            ])
        #expect(outcome.summary["events"] == 1)
        #expect(outcome.summary["seconds"] == 2.5)
    }

    @Test(arguments: [(20, 1), (19, 0), (21, 1)])
    func `two seconds are enough, and not a frame less`(frames: Int, events: Int) throws {
        #expect(try video(black: frames, then: 3).run("black").events.count == events)
        #expect(try video(black: frames, then: 0).run("black").events.count == events, "at the end")
    }

    @Test func `two seconds are two seconds at rates that have no exact decimals`() throws {
        for rate in [24000.0 / 1001, 30000.0 / 1001, 23.976, 25, 29.97, 60] {
            let needed = Int((2 * rate).rounded(.up))
            #expect(try video(black: needed, then: 2, rate: rate).run("black").events.count == 1, "\(rate)")
            #expect(try video(black: needed - 1, then: 2, rate: rate).run("black").events.count == 0, "\(rate)")
        }
    }

    @Test func `time counts, not the number of frames`() throws {
        let pictures = [16, 16, 235, 16, 16, 16, 235].map { Drawing.flat($0) }
        // Two frames that last 2.5 seconds; three frames that last 0.3 seconds.
        let slow = Video(pictures, times: [0, 0.5, 2.5, 3, 3.1, 3.2, 3.3], lastDuration: 0.1)
        let events = try slow.run("black").events
        #expect(events.map(\.startFrame) == [0])
        #expect(events.map(\.endFrame) == [1])
        #expect(events.map(\.end) == [2.5])
    }

    @Test func `a stretch with a gap is two stretches`() throws {
        let pictures = (0..<50).map { Drawing.flat($0 == 25 ? 235 : 16) }
        let events = try Video(pictures).run("black").events
        #expect(events.map(\.startFrame) == [0, 26])
        #expect(events.map(\.endFrame) == [24, 49])
        #expect(events.map(\.isOpenAtEnd) == [false, true])
    }

    @Test func `a frame without a timestamp takes that of the frame before`() throws {
        let pictures = [235, 16, 16, 16, 235].map { Drawing.flat($0) }
        let events = try Video(pictures, times: [1, nil, 2, nil, 4]).run("black").events
        #expect(events.map(\.start) == [1])
        #expect(events.map(\.end) == [4])
        let silent = try Video(pictures, times: [nil, nil, nil, nil, nil]).run("black")
        #expect(silent.events == [])
        #expect(silent.values("ratio") == [0, 1, 1, 1, 0])
    }
}
