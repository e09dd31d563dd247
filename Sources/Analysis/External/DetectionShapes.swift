package import Bytes
internal import FrameResults
internal import FrameTools
package import ToolModel

/// Reads an external tool's answers, in all shapes that results have in ForgeSyte: a list of objects (`tracked_objects`, or
/// `detections` itself), lists side by side (`xyxy`, `confidence`, `class_id` …), keypoints, or centers alone; directly or
/// below `detections`; with or without a wrapper of `success` and `result`.
///
/// docs/plugins.md has the rules for authors.
package struct DetectionShapes: Sendable {
    /// Objects of a frame, and points of an object.
    package static let most = 1000

    private let tool: PluginTool

    package init(_ tool: PluginTool) { self.tool = tool }

    /// Takes an answer about one frame apart.
    ///
    /// - Parameters:
    ///   - json: the answer, read strictly.
    ///   - mapping: of the frame that was given.
    /// - Throws: ``AnswerError`` for what is no answer: it is the tool's failure on this video.
    package func read(_ json: JSON, _ mapping: FrameMapping) throws(AnswerError) -> FrameAnswer {
        let isWrapped = json["result"]?.members != nil
        if json["success"]?.bool == false {
            let reason = json["error"]?.string ?? json["message"]?.string
            throw AnswerError("it says that it failed" + (reason.map { ": \(Escape.visible($0))" } ?? ""))
        }
        let body = isWrapped ? json["result"] ?? json : json
        guard let frame = DetectionShapes.frame(json) ?? DetectionShapes.frame(body) else {
            throw AnswerError("an answer has no frame of 0 or more")
        }
        var answer = FrameAnswer(frame: frame, measurement: Measurement())
        try values(body["values"], &answer)
        var reader = ObjectReader(tool: tool, mapping: mapping, frame: frame)
        try reader.read(body)
        answer.dropped.droppedValues += reader.dropped.droppedValues
        answer.dropped.droppedObjects += reader.dropped.droppedObjects
        for (key, count) in [
            (PluginTool.droppedValues, answer.dropped.droppedValues),
            (PluginTool.droppedObjects, answer.dropped.droppedObjects),
        ] where count > 0 { answer.measurement.set(key, Double(count)) }
        if tool.conclusion.detections != nil {
            answer.measurement.candidates = reader.candidates
        } else if !reader.candidates.isEmpty {
            throw AnswerError("frame \(frame): it has objects, and its manifest no conclude.detections")
        }
        return answer
    }

    private static func frame(_ json: JSON) -> Int? {
        for key in ["frame", "frame_index", "frame_idx"] {
            if let number = json[key]?.int { return number >= 0 ? number : nil }
        }
        return nil
    }

    private func values(_ json: JSON?, _ answer: inout FrameAnswer) throws(AnswerError) {
        guard let json, !json.isNull else { return }
        guard let members = json.members else {
            throw AnswerError("frame \(answer.frame): values: an object is wanted")
        }
        for member in members {
            let place = "frame \(answer.frame): values.\(Escape.visible(member.key))"
            guard let field = tool.values.first(where: { $0.key == member.key }) else {
                throw AnswerError("\(place) is not in the manifest's outputs.frame")
            }
            if member.value.isNull {
                answer.dropped.droppedValues += 1
                continue
            }
            guard let number = member.value.double else { throw AnswerError("\(place): a number is wanted") }
            answer.measurement.set(member.key, number)
            let stored = answer.measurement[member.key] ?? number
            if stored < field.least ?? stored || stored > field.most ?? stored {
                throw AnswerError("\(place) is \(JSONWriter.text(.double(number))), which the manifest excludes")
            }
        }
    }
}
