import FrameTools
import Frames
import TestSupport
import Testing
import ToolModel

@Suite("cuts") struct CutsTests {
    /// Frames at ten a second; a frame that is not named has a change of `rest`.
    private func detect(
        _ content: [Int: Double], frames: Int = 60, rest: Double = 0, _ settings: [String: SettingValue] = [:]
    ) throws -> Video.Outcome {
        let measures = (0..<frames).map { index in
            var measure = Measurement()
            // The first frame has nothing to be compared with.
            if index > 0 || content[0] != nil { measure.set("content", content[index] ?? rest) }
            return measure
        }
        let video = Video(Array(repeating: Drawing.flat(0, width: 1, height: 1), count: frames))
        return try video.detect("cuts", measures, settings)
    }

    private func frames(_ type: String, _ outcome: Video.Outcome) -> [Int] {
        outcome.events.filter { $0.type == type }.map(\.startFrame)
    }

    // MARK: The content detector

    @Test func `a change of at least the threshold is a content cut`() throws {
        let outcome = try detect([10: 27, 20: 26.9999, 30: 200])
        #expect(frames("content_cut", outcome) == [10, 30])
        let first = try #require(outcome.events.first { $0.type == "content_cut" })
        #expect(first.start == 1 && first.end == 1 && first.endFrame == 10)
        #expect(first.values.values.map(\.key) == ["content"] && first.values["content"] == 27)
        #expect(frames("content_cut", try detect([10: 27, 30: 30], ["threshold": 30])) == [30])
    }

    @Test func `a change before the first scene is long enough is no cut`() throws {
        #expect(frames("content_cut", try detect([5: 90])) == [])
        #expect(frames("content_cut", try detect([6: 90])) == [6])
        // It still counts as the last change: frame 10 is less than 0.6 seconds behind it.
        #expect(frames("content_cut", try detect([5: 90, 10: 90])) == [])
        #expect(frames("content_cut", try detect([5: 90, 11: 90])) == [11])
    }

    @Test func `changes in quick succession are one cut, at the last of them`() throws {
        // Frames 12 to 20 are merged; they are told when 0.6 seconds were quiet.
        let flurry: [Int: Double] = [10: 90, 12: 90, 14: 90, 16: 90, 18: 90, 20: 90]
        #expect(frames("content_cut", try detect(flurry)) == [10, 20])
        #expect(frames("content_cut", try detect(flurry, frames: 27)) == [10, 20])
        #expect(frames("content_cut", try detect(flurry, frames: 26)) == [10])
    }

    @Test func `a flurry shorter than a scene waits for its next change`() throws {
        #expect(frames("content_cut", try detect([10: 90, 12: 90, 14: 90])) == [10])
        #expect(frames("content_cut", try detect([10: 90, 12: 90, 14: 90, 30: 90])) == [10, 30])
        // That one belongs to the flurry still: what follows it closely is merged with it.
        #expect(frames("content_cut", try detect([10: 90, 12: 90, 14: 90, 30: 90, 32: 90])) == [10, 32])
        #expect(frames("content_cut", try detect([10: 90, 12: 90, 14: 90, 30: 90], frames: 36)) == [10])
    }

    @Test func `without a least length every change is a cut`() throws {
        let outcome = try detect([1: 90, 2: 90, 3: 30, 4: 20], ["min_scene": 0])
        #expect(frames("content_cut", outcome) == [1, 2, 3])
    }

    // MARK: The adaptive detector

    @Test func `a frame is a cut by its ratio to two neighbours on each side`() throws {
        let outcome = try detect([28: 4, 29: 8, 30: 40, 31: 12, 32: 16], rest: 5)
        #expect(frames("cut", outcome) == [30])
        let cut = try #require(outcome.events.first { $0.type == "cut" })
        #expect(cut.values.values.map(\.key) == ["content", "ratio"])
        #expect(cut.values["ratio"] == 4 && cut.values["content"] == 40)
        #expect(frames("cut", try detect([30: 15], rest: 5)) == [30])
        #expect(frames("cut", try detect([30: 14.9999], rest: 4.9)) == [])
        #expect(frames("cut", try detect([30: 40], rest: 13.4)) == [])
        #expect(frames("cut", try detect([30: 40], rest: 13.4, ["ratio": 2.9])) == [30])
        #expect(frames("cut", try detect([30: 14], rest: 1, ["min_content": 14])) == [30])
    }

    @Test func `the first and last two frames are never judged`() throws {
        for frame in [0, 1, 58, 59] {
            #expect(frames("cut", try detect([frame: 90], ["min_scene": 0])) == [], "frame \(frame)")
        }
        for frame in [2, 57] {
            #expect(frames("cut", try detect([frame: 90], ["min_scene": 0])) == [frame])
        }
        for count in 1...5 {
            let found = frames("cut", try detect([2: 90], frames: count, ["min_scene": 0]))
            #expect(found == (count == 5 ? [2] : []), "\(count) frames")
        }
    }

    @Test func `a ratio is at most 255, also to nothing`() throws {
        let most = { (outcome: Video.Outcome) in outcome.events.first { $0.type == "cut" }?.values["ratio"] }
        #expect(most(try detect([30: 90])) == 255)
        #expect(most(try detect([30: 200], rest: 0.5)) == 255)
        #expect(most(try detect([30: 100], rest: 0.5)) == 200)
        // Next to nothing is not enough.
        #expect(frames("cut", try detect([30: 14.9])) == [])
    }

    @Test func `a frame without a change counts as one of 0`() throws {
        // Frames 0 and 1 have 0 and 8: the mean around frame 2 is 8.
        let outcome = try detect([1: 8, 2: 40, 3: 12, 4: 12], ["min_scene": 0])
        #expect(outcome.records[0].values.isEmpty)
        #expect(outcome.events.first { $0.type == "cut" }?.values["ratio"] == 5)
        #expect(outcome.summary["content_avg"].map { abs($0 - 72.0 / 59) < 0.0001 } == true)
    }

    @Test func `an adaptive cut is a scene's length behind the one before and behind the start`() throws {
        #expect(frames("cut", try detect([5: 90])) == [])
        #expect(frames("cut", try detect([6: 90])) == [6])
        // One that is refused does not delay the next.
        #expect(frames("cut", try detect([10: 90, 15: 90, 16: 1, 20: 90])) == [10, 20])
    }

    // MARK: Both

    @Test func `events stand in the order of their frames`() throws {
        let settings: [String: SettingValue] = ["min_scene": 0.1]
        let outcome = try detect([10: 90, 11: 30, 12: 90, 30: 40], settings)
        let starts = outcome.events.map(\.startFrame)
        #expect(starts == starts.sorted())
        #expect(frames("content_cut", outcome) == [10, 11, 12, 30])
        #expect(frames("cut", outcome).contains(30))
        #expect(outcome.summary["cuts"] == Double(frames("cut", outcome).count))
        #expect(outcome.summary["content_cuts"] == 4)
        #expect(outcome.summary["content_max"] == 90)
    }

    @Test func `times decide, not numbers of frames`() throws {
        let pictures = Array(repeating: Drawing.flat(0, width: 1, height: 1), count: 12)
        // Frame 6 comes 0.6 seconds after the start in one video, and 0.59 in the other.
        for (step, found) in [(0.1, [6]), (0.59 / 6, [])] {
            let video = Video(pictures, times: (0..<12).map { rounded6(Double($0) * step) })
            let measures = (0..<12).map { index in
                var measure = Measurement()
                measure.set("content", index == 6 ? 90 : 0)
                return measure
            }
            let outcome = try video.detect("cuts", measures)
            #expect(frames("content_cut", outcome) == found)
            #expect(frames("cut", outcome) == found)
        }
    }

    @Test func `weights say what a change of hue, saturation and brightness counts`() throws {
        // Grey has neither hue nor saturation: brightness alone changes, by 100.
        let video = Video([50, 150].map { Drawing.flat($0, isFullRange: true) })
        func content(_ settings: [String: SettingValue]) throws -> Double? {
            try video.run("cuts", settings).records[1]["content"]
        }
        #expect(try content([:]) == 33.3333)
        #expect(try content(["hue": 0, "saturation": 0]) == 100)
        #expect(try content(["hue": 0]) == 50)
        #expect(try content(["brightness": 2]) == 50)
        #expect(try content(["brightness": 0]) == 0)
        // Without any weight there is nothing to compare.
        #expect(try content(["hue": 0, "saturation": 0, "brightness": 0]) == nil)
    }

    @Test func `a change of size is no change of content`() throws {
        let small = [50, 50].map { Drawing.flat($0, width: 8) }
        let outcome = try Video([Drawing.flat(200), Drawing.flat(200)] + small + [Drawing.flat(200)]).run("cuts")
        #expect(outcome.values("content") == [nil, 0, nil, 0, nil])
        // Two large pictures of different size may be brought to one size, and are still not compared.
        let large = [512, 1024].map { Drawing.flat($0 / 8, width: $0, height: $0) }
        #expect(try Video(large).run("cuts").values("content") == [nil, nil])
    }

    @Test func `detecting again with other settings gives what a run with them gives`() throws {
        let levels = (0..<80).map { $0 / 9 % 2 == 0 ? 40 + $0 % 3 : 160 + $0 % 5 }
        let video = Video(levels.map { Drawing.flat($0, isFullRange: true) })
        let usual = try video.run("cuts")
        #expect(!usual.events.isEmpty)
        let others: [[String: SettingValue]] = [
            ["threshold": 10], ["ratio": 100], ["min_scene": 0], ["min_content": 50],
        ]
        for settings in others {
            let again = try video.detect("cuts", usual.records, settings)
            #expect(again == (try video.run("cuts", settings)), "\(settings)")
        }
    }
}
