internal import Bytes
internal import Jobs

/// How a video stands, worst first.
enum Standing: Int, Comparable {
    case failed, quarantined, damaged, warning, ok

    static func < (left: Standing, right: Standing) -> Bool { left.rawValue < right.rawValue }

    init(verdict: String?) {
        self =
            switch verdict {
            case "damaged": .damaged
            case "warning": .warning
            default: .ok
            }
    }

    /// The word, which is the style's name too.
    var word: String {
        switch self {
        case .failed: "failed"
        case .quarantined: "quarantined"
        case .damaged: "damaged"
        case .warning: "warning"
        case .ok: "ok"
        }
    }

    /// A shape beside the word, so that colour is never the only sign.
    var shape: String {
        switch self {
        case .failed: "✕"
        case .quarantined: "■"
        case .damaged: "◆"
        case .warning: "▲"
        case .ok: "●"
        }
    }
}

/// What the index knows of one video: a row's worth, whatever the video's length.
struct Video {
    let job: JobID
    /// The relative path for people, hidden characters made visible.
    var path: String
    /// The exact path, for the order of rows.
    var raw: RawPath
    var standing: Standing = .ok
    var isQuarantined = false
    /// Whether this run processed it, rather than an earlier one.
    var isOfThisRun = false
    var result: RawPath?
    var reasons: [String] = []
    var message: String?
    var cause: String?
    var stderr: [String] = []
    var tries: Int?
    var frames: Int?
    var declared: Int?
    var frameReached: Int?
    var seconds: Double?
    var processorSeconds: Double?
    var size: Int?
    var codec: String?
    var width: Int?
    var height: Int?
    var duration: Double?
    var rate: Double?
    var events: Int?

    init(job: JobID) {
        self.job = job
        path = job.text
        raw = RawPath(job.text)
    }

    /// Takes over every member that a catalog line, a failure or a job of a run has.
    mutating func apply(_ json: JSON) {
        if let text = json["path"]?.string {
            let bytes = json["path_bytes"]?.string.flatMap { Base64.decode($0) }
            raw = bytes.map { RawPath(bytes: $0) } ?? RawPath(text)
            path = Text.shown(bytes == nil ? text : raw.display)
        }
        if let found = Video.resultPath(json) { result = found }
        if let list = json["reasons"]?.array { reasons = list.compactMap(\.string) }
        message = json["message"]?.string ?? message
        cause = json["cause"]?.string ?? cause
        if let list = json["stderr"]?.array { stderr = list.compactMap(\.string) }
        tries = json["tries"]?.int ?? tries
        frames = json["frames"]?.int ?? frames
        declared = json["declared"]?.int ?? declared
        frameReached = json["frame_reached"]?.int ?? frameReached
        seconds = json["seconds"]?.double ?? seconds
        processorSeconds = json["cpu_seconds"]?.double ?? processorSeconds
        size = json["size"]?.int ?? size
        codec = json["codec"]?.string ?? codec
        width = json["width"]?.int ?? width
        height = json["height"]?.int ?? height
        duration = json["duration"]?.double ?? duration
    }

    /// The result's path below the output folder; nil for one that would leave `results/`.
    private static func resultPath(_ json: JSON) -> RawPath? {
        guard let text = json["result"]?.string else { return nil }
        let bytes = json["result_bytes"]?.string.flatMap { Base64.decode($0) }
        let path = bytes.map { RawPath(bytes: $0) } ?? RawPath(text)
        guard !path.isAbsolute, path.components.first?.elementsEqual("results".utf8) == true,
            !path.components.contains(where: { $0.elementsEqual("..".utf8) })
        else { return nil }
        return path
    }

    /// Where its page lies below `report/`.
    var page: String { "v/\(job.text.prefix(2))/\(job.text).html" }

    var dimensions: String {
        guard let width, let height else { return Text.nothing }
        return "\(width)×\(height)"
    }

    /// How many seconds of video went by in one second of work.
    var speed: String {
        guard let duration, let seconds, seconds > 0, duration > 0 else { return Text.nothing }
        let speed = duration / seconds
        return Text.decimal(speed, speed < 9.95 ? 1 : 0) + "×"
    }

    /// `frame 120 of 450`
    var progress: String? {
        guard let reached = frameReached ?? frames else { return nil }
        return declared.map { "frame \(Text.count(reached)) of \(Text.count($0))" } ?? "frame \(Text.count(reached))"
    }
}

/// What `run.json` says of the run itself.
struct RunFacts {
    let id: String
    let document: JSON

    func text(_ key: String) -> String? { document[key]?.string }
    func count(_ key: String) -> Int { max(0, document["counts"]?[key]?.int ?? 0) }
    func list(_ key: String) -> [String] { document[key]?.array?.compactMap(\.string) ?? [] }

    var isInterrupted: Bool { document["interrupted"]?.bool == true || text("stopped") != nil }
}

/// A run and all videos of its output folder.
struct Batch {
    var run: RunFacts
    /// Failures first, then by path.
    var videos: [Video]
    /// What could not be read.
    var notes: [String]
}
