package import Bytes

/// An event as it is stored.
package struct EventRecord: Sendable {
    package var tool: String
    package var type: String
    package var startFrame: Int
    /// The last frame that belongs to it.
    package var endFrame: Int
    /// Seconds.
    package var start: Double
    package var end: Double
    package var isOpenAtEnd: Bool
    /// The numbers of its kind.
    package var values: [JSON.Member]

    package init(
        tool: String, type: String, startFrame: Int, endFrame: Int, start: Double, end: Double, isOpenAtEnd: Bool,
        values: [JSON.Member]
    ) {
        self.tool = tool
        self.type = type
        self.startFrame = startFrame
        self.endFrame = endFrame
        self.start = start
        self.end = end
        self.isOpenAtEnd = isOpenAtEnd
        self.values = values
    }

    package var json: JSON {
        var members = [
            JSON.Member("tool", .string(tool)), JSON.Member("type", .string(type)),
            JSON.Member("start_frame", .int(startFrame)), JSON.Member("end_frame", .int(endFrame)),
            JSON.Member("start", .double(start)), JSON.Member("end", .double(end)),
        ]
        if isOpenAtEnd { members.append(JSON.Member("open_at_end", true)) }
        return .object(members + values)
    }
}

extension EventRecord {
    /// Reads a stored event; nil for what is none.
    package init?(_ json: JSON) {
        guard let tool = json["tool"]?.string, let type = json["type"]?.string,
            let startFrame = json["start_frame"]?.int, let endFrame = json["end_frame"]?.int,
            let start = json["start"]?.double, let end = json["end"]?.double
        else { return nil }
        self.init(
            tool: tool, type: type, startFrame: startFrame, endFrame: endFrame, start: start, end: end,
            isOpenAtEnd: json["open_at_end"]?.bool == true,
            values: (json.members ?? []).filter { !EventRecord.keys.contains($0.key) })
    }

    /// The members that every event has.
    private static let keys: Set = ["tool", "type", "start_frame", "end_frame", "start", "end", "open_at_end"]

    /// One of the numbers of its kind.
    package func value(_ key: String) -> JSON? { values.first { $0.key == key }?.value }
}
