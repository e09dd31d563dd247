package import Bytes

/// An external tool that failed on a video: its result is as if the tool had not been asked for, but for an entry that says
/// so.
package struct ToolFailure: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// Its process ended, or was ended for what it took.
        case crash
        /// Neither an answer nor progress for too long.
        case stall
        /// It answered what no plugin may answer.
        case answer
        /// It said itself that it cannot do this video.
        case refused
        /// Its measures were to be taken from a result that is of no use, so that it had no process: the next run measures.
        case notKept = "not_kept"
        /// It was not tried: too many runs in a row ended so.
        case leftOut = "left_out"
    }

    /// `plugin/tool`.
    package var tool: String
    package var kind: Kind
    /// A sentence for people.
    package var message: String
    /// Frames that were answered.
    package var frames: Int
    /// The last lines that its process wrote.
    package var log: String
    /// Whether its process may go on with another video.
    package var isProcessSound = false

    package init(tool: String, kind: Kind, message: String, frames: Int = 0, log: String = "") {
        self.tool = tool
        self.kind = kind
        self.message = message
        self.frames = frames
        self.log = log
    }

    package init(notKept tool: String) {
        self.init(
            tool: tool, kind: .notKept,
            message: "its measures could not be taken from the result that was there; the next run measures again")
    }

    /// Whether another try with a fresh process may end better.
    package var mayEndBetter: Bool { kind == .crash || kind == .stall }

    package var json: JSON {
        .members([
            "id": .string(tool), "kind": .string(kind.rawValue), "message": .string(message),
            "frames_done": .int(frames),
            "log": log.isEmpty ? nil : .string(log), "sound": isProcessSound ? true : nil,
        ])
    }

    package init?(_ json: JSON) {
        guard let tool = json["id"]?.string, let kind = json["kind"]?.string.flatMap({ Kind(rawValue: $0) }),
            let message = json["message"]?.string
        else { return nil }
        self.init(
            tool: tool, kind: kind, message: message, frames: json["frames_done"]?.int ?? 0,
            log: json["log"]?.string ?? "")
        isProcessSound = json["sound"]?.bool == true
    }
}
