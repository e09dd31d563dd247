internal import Jobs

/// How a video stands, for templates.
struct StatusBadge {
    /// The style's name.
    let kind: String
    let word: String
    let shape: String

    init(_ status: VideoStatus) {
        kind = status.rawValue
        word = status.rawValue
        shape = status.shape
    }
}

extension VideoStatus {
    /// A shape beside the word, so that colour is never the only sign.
    var shape: String {
        switch self {
        case .failed: "✕"
        case .quarantined: "■"
        case .damaged: "◆"
        case .warning: "▲"
        case .ok: "●"
        case .skipped: "○"
        case .running: "▶"
        case .pending, .unfinished: "◌"
        }
    }

    /// The word in the data of the index, where there is one for each row.
    var letter: Character {
        switch self {
        case .failed: "f"
        case .quarantined: "q"
        case .damaged: "d"
        case .warning: "w"
        case .ok: "o"
        case .skipped: "s"
        case .running: "r"
        case .pending: "p"
        case .unfinished: "u"
        }
    }

    /// Where the index lists such videos, and what its search finds them by.
    var anchor: String { "#" + rawValue }
    var query: String { "s:" + rawValue }
}
