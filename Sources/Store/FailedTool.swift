package import Bytes
package import Jobs

/// An external tool that failed on a video, as records tell it. The video has its result, without what this tool would
/// have found.
package struct FailedTool: Equatable, Sendable {
    /// `plugin/tool`.
    package var id: String
    /// A sentence for people.
    package var message: String
    /// Frames that it had answered.
    package var frame: Int

    package init(id: String, message: String, frame: Int = 0) {
        self.id = id
        self.message = message
        self.frame = frame
    }

    package init(_ failure: ToolFailure) {
        self.init(id: failure.tool, message: failure.message, frame: failure.frames)
    }

    package var json: JSON { ["id": .string(id), "message": .string(message), "frame": .int(frame)] }

    /// Nil for what names no tool.
    package init?(_ json: JSON) {
        guard let id = json["id"]?.string else { return nil }
        self.init(id: id, message: json["message"]?.string ?? "", frame: max(0, json["frame"]?.int ?? 0))
    }

    /// The failed tools of a record; none where it tells of none.
    package static func list(_ json: JSON?) -> [FailedTool] { (json?.array ?? []).compactMap { FailedTool($0) } }
}

extension [FailedTool] {
    /// As a record has them: nothing where there are none.
    package var json: JSON? { isEmpty ? nil : .array(map(\.json)) }
}
