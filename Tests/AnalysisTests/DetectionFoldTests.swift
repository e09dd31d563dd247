import Bytes
import FrameResults
import FrameTools
import TestSupport
import Testing
import ToolModel

@testable import Analysis

@Suite("Objects of an external tool") struct DetectionFoldTests {
    private func video(_ measures: [Measurement], rate: Double = 10) throws -> ExternalVideo {
        try ExternalVideo(ExternalVideo.detector, measures, rate: rate)
    }

    private func parse(_ text: String) throws -> JSON { try JSONReader.parse(text) }

    @Test func `a candidate counts from the threshold on, and without a confidence always`() throws {
        let low = try video([.found(.at(20, 0.49), .at(60, 0.5), .at(100, 0.7))])
        #expect(low.run().objects[0].map(\.confidence) == [0.5, 0.7])
        #expect(low.run(["confidence": 0.6]).objects[0].map(\.confidence) == [0.7])
        #expect(low.run(["confidence": 0]).objects[0].count == 3)
        #expect(try video([.found(.at(20, nil), .at(60, nil))]).run().objects[0].count == 2)
        // Where some have none, none has.
        #expect(try video([.found(.at(20, nil), .at(60, 0.1))]).run().objects[0].map(\.confidence) == [nil, nil])
    }

    @Test func `a class has the tool's own name, that of the manifest, or its number`() throws {
        let ids = try video([.found(.at(20, id: 1), .at(60, id: 0), .at(100, id: 7))]).run().objects[0]
        #expect(ids.map(\.className) == ["car", "person", "class 7"])
        #expect(ids.map(\.classID) == [1, 0, 7])
        let both = try video([.found(.at(20, id: 1, name: "lorry"))]).run().objects[0]
        #expect(both.map(\.className) == ["lorry"] && both.map(\.classID) == [1])
        let names = try video([
            .found(.at(20, id: nil, name: "cat"), .at(60, id: nil, name: "car"), .at(100, id: nil, name: "dog")),
            .found(.at(100, id: nil, name: "dog")),
        ]).run().objects
        #expect(names.map { $0.map(\.className) } == [["cat", "car", "dog"], ["dog"]])
        #expect(names.map { $0.map(\.classID) } == [[2, 1, 3], [3]])
        #expect(try video([.found(.at(20, id: nil))]).run().objects[0].map(\.className) == ["person"])
    }

    @Test func `the plugin's numbers stay, and no frame has one twice`() throws {
        let frames: [Measurement] = [
            .found(.at(20, track: 9), .at(60, track: 4)), .found(.at(60, track: 9), .at(20, track: 9)),
            .found(.at(20)),
        ]
        let outcome = try video(frames).run()
        #expect(outcome.objects.map { $0.map(\.track) } == [[9, 4], [9, -1], [-1]])
        #expect(outcome.events("track").map { $0["track_id"]?.int } == [9, 4])
        #expect(outcome.summary["objects"]?.int == 2)
    }

    @Test func `objects keep their numbers where they pass each other`() throws {
        let frames = (0..<40).map { index -> Measurement in
            let way = Double(index) * 5
            // One of them is behind the other for three frames.
            let back: [Candidate] = (18...20).contains(index) ? [] : [.at(200 - way, y: 52)]
            return .found([.at(way, y: 48)] + back)
        }
        let outcome = try video(frames, rate: 25).run()
        for (index, objects) in outcome.objects.enumerated() {
            for object in objects {
                let middle = (object.corners[0] + object.corners[2]) / 2
                #expect(object.track == (middle == Double(index) * 5 ? 1 : 2), "frame \(index)")
            }
        }
        #expect(outcome.summary["objects"]?.int == 2)
    }

    @Test func `objects of different classes are never one`() throws {
        let frames: [Measurement] = [.found(.at(50, id: 0)), .found(.at(50, id: 1)), .found(.at(50, id: 0))]
        #expect(try video(frames).run().objects.map { $0.map(\.track) } == [[1], [2], [1]])
    }

    @Test func `an object that is gone for over a second is another one when it comes back`() throws {
        func numbers(_ gap: Int) throws -> [Int] {
            let frames = [Measurement.found(.at(50))] + Array(repeating: .found(), count: gap) + [.found(.at(50))]
            return try video(frames).run().objects.flatMap { $0.map(\.track) }
        }
        #expect(try numbers(9) == [1, 1])
        #expect(try numbers(10) == [1, 2])
        // Without times the number of frames that were looked at decides.
        var still = try video([Measurement.found(.at(50))] + Array(repeating: .found(), count: 60) + [.found(.at(50))])
        still.times = Array(repeating: nil, count: still.measures.count)
        #expect(still.run().objects.flatMap { $0.map(\.track) } == [1, 1])
        still.measures.insert(.found(), at: 1)
        still.times?.append(nil)
        #expect(still.run().objects.flatMap { $0.map(\.track) } == [1, 2])
    }

    @Test func `between two frames that were looked at an object is on its way`() throws {
        let frames = (0..<11).map { index -> Measurement in
            let (middle, confidence) = (Double(index) * 4 + 10, 0.5 + Double(index) / 50)
            return index % 5 == 0 ? .found(.at(middle, confidence)) : .unseen
        }
        let outcome = try video(frames).run()
        #expect(outcome.objects.map { $0.map(\.track) } == Array(repeating: [1], count: 11))
        #expect(outcome.objects.map { $0.map { $0.corners[0] } } == (0..<11).map { [Double($0) * 4] })
        #expect(outcome.objects[3].map(\.confidence) == [0.56])
        // A frame is known when the next that was looked at is in.
        #expect(outcome.ready == [1, 1, 1, 1, 1, 6, 6, 6, 6, 6, 11])
        #expect(outcome.summary["detections"]?.int == 3)
    }

    @Test func `an object is on its way by the times of the frames`() throws {
        var uneven = try video([.found(.at(30, side: 40)), .unseen, .unseen, .found(.at(70, side: 40))])
        uneven.times = [0, 0.1, 0.2, 0.4]
        #expect(uneven.run().objects.map { $0.map { $0.corners[0] } } == [[10], [20], [30], [50]])
    }

    @Test func `nothing is made up where an object was looked for in vain, or of what the plugin does not track`()
        throws
    {
        let vain: [Measurement] = [.found(.at(50)), .unseen, .found(), .unseen, .found(.at(50))]
        #expect(try video(vain).run().objects.map(\.count) == [1, 0, 0, 0, 1])
        let loose = ExternalVideo.detector.replacing("\"track\":true", with: "\"track\":false")
        let outcome = try ExternalVideo(loose, [.found(.at(50), .at(90)), .unseen, .found(.at(50))]).run()
        #expect(outcome.objects.map { $0.map(\.track) } == [[-1, -1], [], [-1]])
        #expect(outcome.ready == [1, 2, 3])
        #expect(outcome.events("track").isEmpty)
        #expect(
            JSONWriter.text(outcome.summary)
                == #"{"detections":3,"objects_max":2,"classes":{"person":{"detections":3}}}"#)
    }

    @Test func `keypoints stay in the frames that were looked at`() throws {
        var candidate = Candidate.at(50)
        candidate.keypoints = [Keypoint(x: 50.123, y: 40, confidence: 0.98765)]
        let outcome = try video([.found(candidate), .unseen, .found(candidate)]).run()
        #expect(
            outcome.objects.map { $0.map(\.keypoints) } == [[[[50.12, 40, 0.9877]]], [[]], [[[50.12, 40, 0.9877]]]])
    }

    @Test func `no frame waits for more than 119 others`() throws {
        let frames = (0..<500).map { $0 % 250 == 0 ? Measurement.found(.at(50)) : .unseen }
        let outcome = try video(frames).run()
        let waiting = outcome.ready.enumerated().map { $0.offset + 1 - $0.element }
        #expect(waiting.max() == 119)
        #expect(outcome.objects.map(\.count) == (0..<500).map { $0 % 250 == 0 ? 1 : 0 })
        let near = (0..<241).map { $0 % 120 == 0 ? Measurement.found(.at(50)) : .unseen }
        #expect(try video(near).run().objects.allSatisfy { $0.count == 1 })
    }

    @Test func `presence is the stretch of frames with an object of a class, and short pauses do not end it`() throws {
        var frames = [Measurement](repeating: .found(), count: 40)
        for index in [2, 3, 13] { frames[index] = .found(.at(50)) }
        frames[3] = .found(.at(50), .at(90))
        frames[24] = .found(.at(50))
        frames[39] = .found(.at(50), .at(20, id: 1))
        let events = try video(frames).run().events("presence")
        let text = events.map { JSONWriter.text($0) }
        #expect(
            text == [
                #"{"tool":"eye/see","type":"presence","start_frame":2,"end_frame":13,"start":0.2,"end":1.4,"class":"person","count":2}"#,
                #"{"tool":"eye/see","type":"presence","start_frame":24,"end_frame":24,"start":2.4,"end":2.5,"class":"person","count":1}"#,
                #"{"tool":"eye/see","type":"presence","start_frame":39,"end_frame":39,"start":3.9,"end":4,"open_at_end":true,"class":"person","count":1}"#,
                #"{"tool":"eye/see","type":"presence","start_frame":39,"end_frame":39,"start":3.9,"end":4,"open_at_end":true,"class":"car","count":1}"#,
            ])
    }

    @Test func `frames that nobody looked at end no presence`() throws {
        var frames = [Measurement](repeating: .unseen, count: 60)
        for index in [0, 25, 50] { frames[index] = .found(.at(50)) }
        let events = try video(frames).run().events("presence")
        #expect(events.count == 1)
        #expect(events[0]["end_frame"]?.int == 50 && events[0]["end"]?.double == 5.1)
        #expect(events[0]["open_at_end"]?.bool == true)
    }

    @Test func `a track's event and the summary tell its class and the best look at it`() throws {
        let frames: [Measurement] = [
            .found(.at(20, 0.6), .at(90, 0.7, id: 1)), .found(.at(22, 0.8)), .found(.at(24, 0.7)),
        ]
        let outcome = try video(frames).run()
        #expect(
            outcome.events("track").map { JSONWriter.text($0) } == [
                #"{"tool":"eye/see","type":"track","start_frame":0,"end_frame":2,"start":0,"end":0.2,"class":"person","track_id":1,"confidence":0.8}"#,
                #"{"tool":"eye/see","type":"track","start_frame":0,"end_frame":0,"start":0,"end":0,"class":"car","track_id":2,"confidence":0.7}"#,
            ])
        #expect(
            JSONWriter.text(outcome.summary)
                == #"{"objects":2,"detections":4,"objects_max":2,"classes":{"person":{"objects":1,"detections":3},"car":{"objects":1,"detections":1}}}"#
        )
    }

    @Test func `a tool that found nothing says so`() throws {
        let outcome = try video([.found(), .unseen]).run()
        #expect(outcome.objects == [[], []] && outcome.events.isEmpty)
        #expect(JSONWriter.text(outcome.summary) == #"{"objects":0,"detections":0,"objects_max":0,"classes":{}}"#)
    }

    @Test func `what was dropped is counted over the frames`() throws {
        var one = Measurement.found()
        one.set("dropped_values", 3)
        one.set("dropped_objects", 1)
        let outcome = try video([one, .found(), one]).run()
        #expect(outcome.summary["dropped_values"]?.int == 6 && outcome.summary["dropped_objects"]?.int == 2)
        #expect(outcome.records[0]["dropped_values"] == 3)
    }

    /// Six people who walk across the picture, seen with a jitter of two pixels, and one time in twenty not at all.
    @Test(arguments: [1, 3, 6, 12]) func `people keep their numbers`(every: Int) throws {
        var generator = SeededGenerator(seed: 11)
        func jitter() -> Double { Double.random(in: -2...2, using: &generator) }
        var truth: [[Int]] = []
        let frames = (0..<300).map { index -> Measurement in
            guard index % every == 0 else {
                truth.append([])
                return .unseen
            }
            var (seen, found) = ([Int](), [Candidate]())
            for person in 0..<6 where Int.random(in: 0..<20, using: &generator) > 0 {
                let way = Double(index) * (person % 2 == 0 ? 1.5 : -1.2)
                let (x, y) = (300 + way + Double(person) * 20 + jitter(), 100 + Double(person) * 35 + jitter())
                found.append(Candidate(box: Box(x1: x, y1: y, x2: x + 40, y2: y + 100), confidence: 0.9, classID: 0))
                seen.append(person)
            }
            truth.append(seen)
            return .found(found)
        }
        let outcome = try video(frames, rate: 25).run()
        var numbers: [Int: Int] = [:]
        var changes = 0
        for (people, objects) in zip(truth, outcome.objects) where !people.isEmpty {
            for (person, object) in zip(people, objects) {
                if let before = numbers[person], before != object.track { changes += 1 }
                numbers[person] = object.track
            }
        }
        #expect(changes == 0)
        #expect(outcome.summary["objects"]?.int == 6)
    }

    @Test func `a crowd of a thousand is numbered without a search for the best`() throws {
        let crowd = (0..<2).map { frame -> Measurement in
            .found(
                (0..<1000).map { index -> Candidate in
                    let (column, row) = (Double(index % 40), Double(index / 40))
                    return .at(column * 30 + Double(frame), y: row * 30)
                })
        }
        let start = ThreadTime.now
        let outcome = try video(crowd).run()
        #expect(outcome.objects[1].map(\.track) == Array(1...1000))
        #expect(ThreadTime.now - start < 20)
    }

    /// Anything that a plugin may have measured.
    private func random(_ seed: UInt64, every: Int, numbered: Bool) -> [Measurement] {
        var generator = SeededGenerator(seed: seed)
        func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &generator) }
        return (0..<150).map { index in
            guard index % every == 0 else { return .unseen }
            var measured = Measurement.found(
                (0..<Int.random(in: 0...5, using: &generator)).map { place in
                    let (x, y) = (number(0...300), number(0...200))
                    var candidate = Candidate(
                        box: Box(x1: x, y1: y, x2: x + number(1...90), y2: y + number(1...90)),
                        confidence: index % 11 == 0 ? nil : number(0...1),
                        classID: index % 13 == 0 ? nil : Int.random(in: 0...3, using: &generator),
                        className: index % 17 == 0 ? "thing \(place)" : nil, track: numbered ? place % 3 : nil)
                    if index % 7 == 0 { candidate.keypoints = [Keypoint(x: x, y: y), Keypoint(x: y, y: x)] }
                    return candidate
                })
            if index % 3 > 0 { measured.set("score", number(-1...1)) }
            return measured
        }
    }

    private static let whole =
        ExternalVideo.detector.replacing(
            #""kind":"concluding"}"#,
            with: #""kind":"concluding"},"limit":{"type":"number","default":0.2,"kind":"concluding"}"#
        )
        .replacing(
            #""track":true}"#,
            with:
                #""track":true},"values":[{"value":"score","over":"limit","event":"hit"},{"value":"score","under":"limit","event":"low","at":"peak"}]"#
        )
        + #","outputs":{"frame":{"score":{"type":"number"}}}"#

    @Test(arguments: 1...24) func `what is concluded from a stored result is what was concluded at once`(seed: Int)
        throws
    {
        let measures = random(UInt64(seed), every: [1, 2, 7, 40][seed % 4], numbered: seed % 5 == 0)
        let video = try ExternalVideo(Self.whole, measures, rate: [10, 29.97][seed % 2])
        let direct = video.run()
        let stored = try video.stored(direct)
        #expect(stored.measures == direct.records)
        #expect(stored.run() == direct)
        for settings: [String: SettingValue] in [["confidence": 0.2], ["confidence": 0.8, "limit": -0.5]] {
            #expect(stored.run(settings) == video.run(settings))
            #expect(stored.run(settings) != direct)
        }
    }
}

extension String {
    func replacing(_ text: String, with other: String) -> String {
        guard let place = firstRange(of: text) else { return self }
        return String(self[..<place.lowerBound]) + other + String(self[place.upperBound...])
    }
}
