internal import Bytes
internal import FrameResults
internal import FrameTools
internal import ToolModel

/// Reads the objects of one answer.
struct ObjectReader {
    let tool: PluginTool
    let mapping: FrameMapping
    let frame: Int
    private(set) var candidates: [Candidate] = []
    private(set) var dropped = SanitizerCounts()

    /// Of a frame's shorter side: a box around an object of which only the middle is known.
    private static let mark = 0.05
    /// Pixels of the frame given, by which rounding may put a box outside.
    private static let slack = 1.0
    /// Source pixels: thinner boxes have no inside as results write them.
    private static let thinnest = 0.02
    private static let longestName = 200
    private static let highestClass = 1_000_000
    private static let highestTrack = 1 << 53
    private static let furthest = 1e9

    init(tool: PluginTool, mapping: FrameMapping, frame: Int) {
        (self.tool, self.mapping, self.frame) = (tool, mapping, frame)
    }

    private func error(_ text: String) -> AnswerError { AnswerError("frame \(frame): \(text)") }

    /// Reads what stands below `detections`, or in the answer itself.
    mutating func read(_ body: JSON) throws(AnswerError) {
        let below = body["detections"]
        if let below {
            guard !below.isNull else {
                dropped.droppedValues += 1
                return
            }
            if let list = below.array { return try objects(list) }
            guard below.members != nil else { throw error("detections: an object or a list is wanted") }
        }
        let found = below ?? body
        if let list = try list(found, ["tracked_objects", "detections"])?.values { return try objects(list) }
        try parallel(found)
    }

    // MARK: A list of objects

    private mutating func objects(_ list: [JSON]) throws(AnswerError) {
        try checkCount(list.count)
        var parts: [Parts] = []
        for (index, json) in list.enumerated() {
            guard json.members != nil else { throw error("object \(index): an object is wanted") }
            var part = Parts(index)
            part.box = json["xyxy"]
            part.center = json["center"]
            part.confidence = json["confidence"] ?? json["score"]
            part.classID = json["class_id"]
            part.className = json["class"] ?? json["class_name"]
            part.track = json["track_id"] ?? json["tracker_id"] ?? json["tracking_id"]
            part.keypoints = json["keypoints"] ?? json["keypoints_xy"]
            part.keypointConfidence = json["keypoints_conf"]
            parts.append(part)
        }
        try take(parts)
    }

    // MARK: Lists side by side

    private mutating func parallel(_ json: JSON) throws(AnswerError) {
        let boxes = try list(json, ["xyxy"])
        let centers = try list(json, ["centers"])
        let keypoints = try list(json, ["keypoints_xy", "keypoints"])
        guard let lead = boxes ?? centers ?? keypoints else { return }
        // Points of the frame are those of one object; points of objects are one list deeper.
        let isFlat = keypoints.map { $0.values.contains { ObjectReader.isPoint($0) } } ?? false
        if boxes == nil, centers == nil, isFlat {
            var part = Parts(0)
            part.keypoints = json[lead.key]
            part.keypointConfidence = json["keypoints_conf"]
            return try take([part])
        }
        let count = lead.values.count
        try checkCount(count)
        func column(_ keys: [String]) throws(AnswerError) -> [JSON]? {
            guard let column = try list(json, keys), !(column.values.isEmpty && count > 0) else { return nil }
            guard column.values.count == count else {
                throw error("\(lead.key) has \(count) entries and \(column.key) \(column.values.count)")
            }
            return column.values
        }
        let confidences = try column(["confidence", "scores"])
        let ids = try column(["class_id"])
        let names = try column(["class", "class_name"])
        let tracks = try column(["track_id", "tracker_id", "tracking_id"])
        let middles = try column(["centers"])
        // One object may have the points of the frame.
        let isShared = isFlat && count == 1
        let points = isShared ? json[keypoints?.key ?? ""].map { [$0] } : try column(["keypoints_xy", "keypoints"])
        let pointConfidences = isShared ? json["keypoints_conf"].map { [$0] } : try column(["keypoints_conf"])
        try take(
            (0..<count).map { index in
                var part = Parts(index)
                part.box = boxes?.values[index]
                part.center = boxes == nil ? middles?[index] : nil
                part.confidence = confidences?[index]
                part.classID = ids?[index]
                part.className = names?[index]
                part.track = tracks?[index]
                part.keypoints = points?[index]
                part.keypointConfidence = pointConfidences?[index]
                return part
            })
    }

    private static func isPoint(_ json: JSON) -> Bool {
        json.members != nil || json.array?.first.map { $0.isNull || $0.double != nil } == true
    }

    /// The first of some keys that is there, and its list; an absent or undefined one is none.
    private func list(_ json: JSON, _ keys: [String]) throws(AnswerError) -> (key: String, values: [JSON])? {
        for key in keys {
            guard let value = json[key], !value.isNull else { continue }
            guard let values = value.array else { throw error("\(key): a list is wanted") }
            return (key, values)
        }
        return nil
    }

    private func checkCount(_ count: Int) throws(AnswerError) {
        if count > DetectionShapes.most {
            throw error("\(count) objects; a frame has \(DetectionShapes.most) at most")
        }
    }

    // MARK: One object

    /// An object's members as they were found.
    private struct Parts {
        let index: Int
        var box: JSON?
        var center: JSON?
        var confidence: JSON?
        var classID: JSON?
        var className: JSON?
        var track: JSON?
        var keypoints: JSON?
        var keypointConfidence: JSON?

        init(_ index: Int) { self.index = index }
    }

    private mutating func take(_ parts: [Parts]) throws(AnswerError) {
        for part in parts { if let candidate = try candidate(part) { candidates.append(candidate) } }
        // A threshold would mean something else for those without.
        let sure = candidates.count { $0.confidence != nil }
        if sure > 0, sure < candidates.count { throw error("some objects have a confidence and others none") }
        if candidates.contains(where: { $0.track == nil }) {
            for index in candidates.indices { candidates[index].track = nil }
        }
    }

    /// Nil for an object that lacks a number, which is counted.
    private mutating func candidate(_ part: Parts) throws(AnswerError) -> Candidate? {
        let nulls = [part.confidence, part.classID].count { $0?.isNull == true }
        let points = try keypoints(part)
        let box = try box(part, points?.list ?? [])
        let missing = nulls + (points?.nulls ?? 0) + box.nulls
        guard missing == 0, let place = box.box else {
            dropped.droppedValues += missing
            dropped.droppedObjects += 1
            return nil
        }
        return Candidate(
            box: place, confidence: try confidence(part.confidence, part.index),
            classID: try integer(part.classID, "class_id", part.index, in: 0...ObjectReader.highestClass),
            className: try name(part.className, part.index), track: try track(part),
            keypoints: (points?.list ?? []).map { point in
                let (x, y) = mapping.source(point.x, point.y)
                return Keypoint(x: x, y: y, confidence: point.confidence)
            })
    }

    /// The box in source pixels; nil for one that is thinner than can be written, or lacks a number.
    private func box(_ part: Parts, _ points: [Keypoint]) throws(AnswerError) -> (box: Box?, nulls: Int) {
        let what = "object \(part.index)"
        let given: Box
        if let json = part.box {
            let corners = try numbers(json, "\(what): xyxy", counts: 4...4)
            guard corners.nulls == 0 else { return (nil, corners.nulls) }
            let list = corners.list
            given = Box(x1: list[0], y1: list[1], x2: list[2], y2: list[3])
            if given.width < 0 || given.height < 0 {
                throw error("\(what): xyxy is reversed: \(text(given)); x1 < x2 and y1 < y2 are wanted")
            }
        } else if let json = part.center {
            let middle = try numbers(json, "\(what): center", counts: 2...2)
            guard middle.nulls == 0 else { return (nil, middle.nulls) }
            let half = max(2, ObjectReader.mark * min(mapping.width, mapping.height)) / 2
            let (x, y) = (middle.list[0], middle.list[1])
            given = Box(x1: x - half, y1: y - half, x2: x + half, y2: y + half)
        } else if part.keypoints != nil {
            guard let around = ObjectReader.around(points) else { return (nil, 0) }
            given = around
        } else {
            throw error("\(what) has none of xyxy, center and keypoints")
        }
        let slack = ObjectReader.slack
        guard given.x2 >= -slack, given.y2 >= -slack, given.x1 <= mapping.width + slack,
            given.y1 <= mapping.height + slack
        else {
            let size = "\(Int(mapping.width))x\(Int(mapping.height))"
            throw error("\(what): its box \(text(given)) lies outside the frame of \(size)")
        }
        let inside = Box(
            x1: min(max(given.x1, 0), mapping.width), y1: min(max(given.y1, 0), mapping.height),
            x2: min(max(given.x2, 0), mapping.width), y2: min(max(given.y2, 0), mapping.height))
        let place = mapping.source(inside)
        let isThin = place.width < ObjectReader.thinnest || place.height < ObjectReader.thinnest
        return (isThin ? nil : place, 0)
    }

    /// The box around the points that were seen, a pixel wider than they lie; nil when none was.
    private static func around(_ points: [Keypoint]) -> Box? {
        let seen = points.filter { point in
            // What a network did not find is at 0, 0, as a rule.
            point.confidence.map { $0 > 0 } ?? (point.x != 0 || point.y != 0)
        }
        guard let first = seen.first else { return nil }
        var box = Box(x1: first.x, y1: first.y, x2: first.x, y2: first.y)
        for point in seen {
            box.x1 = min(box.x1, point.x)
            box.y1 = min(box.y1, point.y)
            box.x2 = max(box.x2, point.x)
            box.y2 = max(box.y2, point.y)
        }
        return Box(x1: box.x1 - 1, y1: box.y1 - 1, x2: box.x2 + 1, y2: box.y2 + 1)
    }

    /// An object's points in pixels of the frame given; nil where it has none.
    private func keypoints(_ part: Parts) throws(AnswerError) -> (list: [Keypoint], nulls: Int)? {
        guard let json = part.keypoints, !json.isNull else { return nil }
        let what = "object \(part.index): keypoints"
        guard let list = json.array else { throw error("\(what): a list is wanted") }
        guard list.count <= DetectionShapes.most else {
            throw error("\(what): \(list.count) points; an object has \(DetectionShapes.most) at most")
        }
        var confidences: [JSON]?
        if let own = part.keypointConfidence, !own.isNull {
            guard let values = own.array, values.count == list.count else {
                throw error("\(what): keypoints_conf has to have an entry for each point")
            }
            confidences = values
        }
        var (points, nulls) = ([Keypoint](), 0)
        for (index, entry) in list.enumerated() {
            let own = entry["confidence"] ?? entry["conf"]
            let place =
                entry["xy"] ?? (entry.members == nil ? entry : .array([entry["x"] ?? .null, entry["y"] ?? .null]))
            let numbers = try numbers(place, "\(what)[\(index)]", counts: 2...3)
            let sure = own ?? confidences?[index]
            nulls += numbers.nulls + (sure?.isNull == true ? 1 : 0)
            guard numbers.nulls == 0, sure?.isNull != true else { continue }
            let third: JSON? = numbers.list.count > 2 ? .double(numbers.list[2]) : nil
            points.append(
                Keypoint(
                    x: numbers.list[0], y: numbers.list[1],
                    confidence: try confidence(sure ?? third, part.index)))
        }
        return (points, nulls)
    }

    // MARK: Numbers and names

    private func numbers(
        _ json: JSON, _ what: String, counts: ClosedRange<Int>
    ) throws(AnswerError) -> (list: [Double], nulls: Int) {
        guard !json.isNull else { return ([], 1) }
        let wanted =
            counts.lowerBound == counts.upperBound
            ? "\(counts.lowerBound)" : "\(counts.lowerBound) or \(counts.upperBound)"
        guard let list = json.array, counts.contains(list.count) else {
            throw error("\(what): a list of \(wanted) numbers is wanted")
        }
        var (numbers, nulls) = ([Double](), 0)
        for entry in list {
            if entry.isNull {
                nulls += 1
            } else if let number = entry.double, abs(number) <= ObjectReader.furthest {
                numbers.append(number)
            } else {
                throw error("\(what): a list of \(wanted) numbers is wanted")
            }
        }
        return (numbers, nulls)
    }

    private func confidence(_ json: JSON?, _ index: Int) throws(AnswerError) -> Double? {
        guard let json else { return nil }
        guard let number = json.double, number >= -1e-3, number <= 1 + 1e-3 else {
            throw error("object \(index): confidence is \(shown(json)); a number from 0 to 1 is wanted")
        }
        return min(max(number, 0), 1)
    }

    private func integer(
        _ json: JSON?, _ key: String, _ index: Int, in range: ClosedRange<Int>
    ) throws(AnswerError) -> Int? {
        guard let json else { return nil }
        guard let number = json.int, range.contains(number) else {
            throw error(
                "object \(index): \(key) is \(shown(json)); a whole number from \(range.lowerBound) to \(range.upperBound) is wanted"
            )
        }
        return number
    }

    /// A negative number, as trackers give to what they do not follow, is none.
    private func track(_ part: Parts) throws(AnswerError) -> Int? {
        guard let json = part.track, !json.isNull else { return nil }
        let most = ObjectReader.highestTrack
        let number = try integer(json, "track_id", part.index, in: -most...most) ?? -1
        return number < 0 ? nil : number
    }

    private func name(_ json: JSON?, _ index: Int) throws(AnswerError) -> String? {
        guard let json, !json.isNull else { return nil }
        guard let name = json.string, name.utf8.count <= ObjectReader.longestName else {
            throw error("object \(index): class is no text of at most \(ObjectReader.longestName) bytes")
        }
        return name.isEmpty ? nil : name
    }

    private func shown(_ json: JSON) -> String { Escape.visible(String(JSONWriter.text(json).prefix(40))) }

    private func text(_ box: Box) -> String {
        box.corners.map { JSONWriter.text(.double($0)) }.joined(separator: ", ")
    }
}
