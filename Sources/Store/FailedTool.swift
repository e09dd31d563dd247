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
    /// How; nil where a record does not tell.
    package var kind: ToolFailure.Kind?
    /// In how many runs in a row it failed so, where nothing changed between them.
    package var runs = 1
    /// What the tool was like, in one word: version, files, device, settings.
    package var settings: String?
    /// Of the program.
    package var version: String?

    package init(id: String, message: String, frame: Int = 0) {
        self.id = id
        self.message = message
        self.frame = frame
    }

    package init(_ failure: ToolFailure) {
        self.init(id: failure.tool, message: failure.message, frame: failure.frames)
        kind = failure.kind
    }

    package var json: JSON {
        .members([
            "id": .string(id), "message": .string(message), "frame": .int(frame),
            "kind": kind.map { .string($0.rawValue) }, "runs": runs > 1 ? .int(runs) : nil,
            "settings": settings.map { .string($0) }, "version": version.map { .string($0) },
        ])
    }

    /// Nil for what names no tool.
    package init?(_ json: JSON) {
        guard let id = json["id"]?.string else { return nil }
        self.init(id: id, message: json["message"]?.string ?? "", frame: max(0, json["frame"]?.int ?? 0))
        kind = json["kind"]?.string.flatMap { ToolFailure.Kind(rawValue: $0) }
        runs = max(1, json["runs"]?.int ?? 1)
        settings = json["settings"]?.string
        version = json["version"]?.string
    }

    /// The failed tools of a record; none where it tells of none.
    package static func list(_ json: JSON?) -> [FailedTool] { (json?.array ?? []).compactMap { FailedTool($0) } }
}

extension [FailedTool] {
    /// As a record has them: nothing where there are none.
    package var json: JSON? { isEmpty ? nil : .array(map(\.json)) }
}
