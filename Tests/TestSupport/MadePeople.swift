import Bytes
package import FrameResults

/// What an external tool that finds persons and bicycles leaves in a result, and one that failed beside it.
///
///     try made.writeResult(RawPath("a.mp4"), frames: MadePeople.frames(40)) { MadePeople.tell(&$0, frames: 40) }
package enum MadePeople {
    package static let tool = "people/people"
    package static let failing = "shots/shots"

    /// Objects with confidence and class: a person all the time, a second one in the second half, a bicycle in the second
    /// quarter, and below the threshold of 0.4 something that no frame shows.
    ///
    /// - Parameter scale: pixels of the picture for each of 64 x 48.
    package static func objects(_ index: Int, of count: Int, scale: Double = 1) -> [TrackedObject] {
        func object(
            _ track: Int, _ classID: Int, _ name: String, _ corners: [Double], _ confidence: Double,
            _ keypoints: [[Double]] = []
        ) -> TrackedObject {
            TrackedObject(
                track: track, classID: classID, className: name, corners: corners.map { $0 * scale },
                confidence: confidence,
                keypoints: keypoints.map { [$0[0] * scale, $0[1] * scale, $0[2]] })
        }
        let way = Double(index * 20 / max(1, count))
        var objects = [
            object(
                1, 0, "person", [4 + way, 12, 14 + way, 42], 0.91,
                [[9 + way, 15, 0.9], [6 + way, 24, 0.8], [12 + way, 24, 0.7], [9 + way, 40, 0]])
        ]
        if index >= count / 2 { objects.append(object(2, 0, "person", [48 - way / 2, 14, 56 - way / 2, 38], 0.62)) }
        if (count / 4..<count / 2).contains(index) {
            objects.append(object(3, 1, "bicycle", [30, 24.5, 46, 40], 0.4517))
        }
        return objects
    }

    /// A grey video, 25 frames a second, with these objects and a value.
    package static func frames(_ count: Int, scale: Double = 1) -> [FrameRecord] {
        (0..<count).map { index in
            let objects = objects(index, of: count, scale: scale)
            var candidates = CandidateList()
            candidates.boxes = objects.map(\.corners) + [[1, 1, 3, 3].map { $0 * scale }]
            candidates.confidences = objects.map { $0.confidence ?? 0 } + [0.31]
            candidates.classIDs = objects.map(\.classID) + [7]
            candidates.classNames = objects.map(\.className) + ["ghost"]
            let score = Double(abs(index % 20 - 10)) / 10
            return FrameRecord(
                time: Double(index) / 25,
                measures: [
                    ToolMeasures(tool: "luma", values: [("avg", 100)]),
                    ToolMeasures(tool: tool, values: [("score", score)], candidates: candidates),
                ],
                detections: objects)
        }
    }

    package static func events(_ count: Int) -> [EventRecord] {
        func event(_ type: String, _ frames: Range<Int>, _ values: [JSON.Member]) -> EventRecord {
            EventRecord(
                tool: tool, type: type, startFrame: frames.lowerBound, endFrame: frames.upperBound - 1,
                start: Double(frames.lowerBound) / 25, end: Double(frames.upperBound - 1) / 25, isOpenAtEnd: false,
                values: values)
        }
        func track(_ number: Int, _ name: String, _ confidence: Double, _ frames: Range<Int>) -> EventRecord {
            let values: KeyValuePairs<String, JSON> = [
                "class": .string(name), "track_id": .int(number), "confidence": .double(confidence),
            ]
            return event("track", frames, values.map { JSON.Member($0.key, $0.value) })
        }
        func presence(_ name: String, _ most: Int, _ frames: Range<Int>) -> EventRecord {
            event("presence", frames, [JSON.Member("class", .string(name)), JSON.Member("count", .int(most))])
        }
        return [
            presence("person", 2, 0..<count), track(1, "person", 0.91, 0..<count),
            presence("bicycle", 1, count / 4..<count / 2), track(3, "bicycle", 0.4517, count / 4..<count / 2),
            track(2, "person", 0.62, count / 2..<count),
            event("crowd", count / 2..<count / 2 + 1, [JSON.Member("value", .double(1))]),
        ]
    }

    /// Puts tools, summary and events of these frames into a head.
    ///
    /// - Parameter hasFailure: whether a second tool failed.
    package static func tell(_ head: inout ResultHead, frames count: Int, hasFailure: Bool = true) {
        let bicycles = count / 2 - count / 4
        let persons = count + count - count / 2
        func found(_ objects: Int, _ detections: Int) -> JSON {
            ["objects": .int(objects), "detections": .int(detections)]
        }
        head.tools.append([
            "id": .string(tool), "version": "1.0.0", "fingerprint": .string("p1:" + String(repeating: "0", count: 64)),
            "device": "cpu", "settings": ["confidence": .double(0.4)],
        ])
        if hasFailure {
            head.tools.append([
                "id": .string(failing), "version": "2.0.0",
                "fingerprint": .string("p1:" + String(repeating: "1", count: 64)), "device": "cpu",
                "settings": .object([]), "status": "failed", "error": "killed by signal 11", "frames_done": 12,
                "log": "loading net.pb\n<b>Traceback</b>: \u{1b}[31mbroken pipe",
            ])
        }
        let own: JSON = [
            "objects": 3, "detections": .int(persons + bicycles), "objects_max": 2, "score_avg": .double(0.5),
            "score_min": 0, "score_max": 1, "crowds": 1,
            "classes": ["person": found(2, persons), "bicycle": found(1, bicycles)],
        ]
        head.summary = .object((head.summary.members ?? []) + [JSON.Member(tool, own)])
        head.events += events(count).map(\.json)
    }
}
