package import Bytes
package import FrameResults
package import FrameTools

extension Box {
    /// x1, y1, x2, y2.
    package var corners: [Double] { [x1, y1, x2, y2] }
}

extension TrackedObject {
    init(_ detection: Detection) {
        self.init(
            track: detection.track, classID: detection.classID, className: detection.className,
            corners: detection.box.corners, confidence: detection.confidence,
            keypoints: detection.keypoints.map { [$0.x, $0.y] + ($0.confidence.map { [$0] } ?? []) })
    }
}

extension CandidateList {
    /// What a tool found, as a result holds it.
    package init?(_ candidates: [Candidate]?) {
        guard let candidates else { return nil }
        self.init()
        boxes = candidates.map(\.box.corners)
        func list<Value>(_ value: (Candidate) -> Value?) -> [Value]? {
            let values = candidates.compactMap(value)
            return values.count == candidates.count && !values.isEmpty ? values : nil
        }
        confidences = list(\.confidence)
        classIDs = list(\.classID)
        classNames = list(\.className)
        tracks = list(\.track)
        guard candidates.contains(where: { !$0.keypoints.isEmpty }) else { return }
        keypoints = candidates.map { $0.keypoints.map { [$0.x, $0.y] + ($0.confidence.map { [$0] } ?? []) } }
    }

    /// The same for a tool to fold.
    var candidates: [Candidate] {
        boxes.indices.map { index in
            Candidate(
                box: Box(x1: boxes[index][0], y1: boxes[index][1], x2: boxes[index][2], y2: boxes[index][3]),
                confidence: confidences?[index], classID: classIDs?[index], className: classNames?[index],
                track: tracks?[index],
                keypoints: (keypoints?[index] ?? []).filter { $0.count >= 2 }.map {
                    Keypoint(x: $0[0], y: $0[1], confidence: $0.count > 2 ? $0[2] : nil)
                })
        }
    }
}

extension Measurement {
    /// What a result holds of a frame under a tool's id.
    package var stored: JSON {
        var result = members
        if !regions.isEmpty {
            let boxes = regions.map { box in JSON.array(box.corners.map { .double($0) }) }
            result.append(JSON.Member("regions", .array(boxes)))
        }
        if let candidates = CandidateList(candidates) { result.append(JSON.Member("candidates", candidates.json)) }
        return .object(result)
    }

    /// As results hold the numbers.
    package var members: [JSON.Member] { values.map { JSON.Member($0.key, .double($0.value)) } }

    /// What a result holds of a frame under a tool's id.
    package init(stored json: JSON?) {
        self.init()
        for member in json?.members ?? [] {
            if let value = member.value.double { set(member.key, value) }
        }
        regions = (json?["regions"]?.array ?? []).compactMap { region in
            let corners = region.array?.compactMap(\.double) ?? []
            return corners.count == 4 ? Box(x1: corners[0], y1: corners[1], x2: corners[2], y2: corners[3]) : nil
        }
        candidates = CandidateList(json?["candidates"])?.candidates
    }
}

extension DetectPass.Outcome {
    /// As a result holds it under the tool's id: the numbers, and behind them the classes, where the tool tells them.
    package var summary: JSON {
        let classes = classes.map { classes in
            JSON.object(
                classes.map { found in
                    JSON.Member(
                        found.name,
                        .members(["objects": found.objects.map { .int($0) }, "detections": .int(found.detections)]))
                })
        }
        return .object(numbers.members + (classes.map { [JSON.Member("classes", $0)] } ?? []))
    }
}

extension ToolEvent {
    /// As results hold it.
    package var json: JSON {
        EventRecord(
            tool: tool, type: type, startFrame: startFrame, endFrame: endFrame, start: start, end: end,
            isOpenAtEnd: isOpenAtEnd,
            values: (className.map { [JSON.Member("class", .string($0))] } ?? []) + values.members
        ).json
    }
}

extension JSON {
    /// Events of all tools in the order of their first frame; those of one frame stay in their order.
    package static func events(_ events: [JSON]) -> [JSON] {
        events.enumerated().sorted {
            ($0.element["start_frame"]?.int ?? 0, $0.offset) < ($1.element["start_frame"]?.int ?? 0, $1.offset)
        }.map(\.element)
    }
}
