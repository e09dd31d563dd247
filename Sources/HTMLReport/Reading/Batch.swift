internal import Archive
internal import Bytes
internal import Jobs
internal import Store
internal import ToolModel

/// How a video stands, worst first. The raw value is the word that people read, and the style's name.
enum Standing: String, Comparable, CaseIterable {
    case failed, quarantined, damaged, warning, ok, skipped

    static func < (left: Standing, right: Standing) -> Bool { left.rank < right.rank }

    private var rank: Int { Standing.allCases.firstIndex(of: self) ?? 0 }

    init(verdict: String?) {
        self =
            switch verdict {
            case "damaged": .damaged
            case "warning": .warning
            default: .ok
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
        case .skipped: "○"
        }
    }
}

/// Measures of a whole video that may set it apart from the others.
struct Marks {
    /// Numbers of the tools' summaries, in the order of ``ReportTools/outliers``; empty where none is known.
    var measures: [Double?] = []
    var isTruncated = false
    var hasVariableRate = false
}

/// What the index knows of one video: a row's worth, whatever the video's length.
struct Video {
    let job: JobID
    private let tools: ReportTools
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
    var tracks: Int?
    /// What outliers are looked for in.
    var marks = Marks()
    /// What became of it since the run that this one is compared with.
    var change: Comparison.Category?
    /// Seconds from the run's first event to the start of its worker.
    var begun: Double?
    /// What is wrong with its result file.
    var flaw: String?
    var hasPage = false

    init(job: JobID, tools: ReportTools) {
        self.job = job
        self.tools = tools
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
        takeResult(json)
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
        if let summaries = json["summaries"] { take(summaries: summaries) }
    }

    /// Takes what the tools found in the video as a whole.
    mutating func take(summaries: JSON) {
        tracks = tools.objectCount(summaries) ?? tracks
        let old = marks.measures
        marks.measures = tools.outliers.enumerated().map { index, outlier in
            summaries[outlier.tool]?[outlier.hint.key]?.double ?? (index < old.count ? old[index] : nil)
        }
    }

    /// Takes the result's path, which lies below the output folder; one that would leave `results/` is ignored.
    private mutating func takeResult(_ json: JSON) {
        guard let text = json["result"]?.string else { return }
        let path: RawPath
        if let bytes = json["result_bytes"]?.string.flatMap({ Base64.decode($0) }) {
            path = RawPath(bytes: bytes)
        } else if json["path_bytes"] == nil {
            path = RawPath(text)
        } else {
            // The name is no text, so `result` shows it with escapes; a catalog line has told it exactly.
            path = result ?? OutputLayout.result(for: raw, job: job)
        }
        guard !path.isAbsolute, path.components.first?.elementsEqual("results".utf8) == true,
            !path.components.contains(where: { $0.elementsEqual("..".utf8) }), !path.bytes.contains(0)
        else { return }
        result = path
    }

    /// Where its page lies below `report/`.
    var page: String { OutputLayout.page(job) }

    var dimensions: String {
        guard let width, let height else { return Text.nothing }
        return "\(width)×\(height)"
    }

    /// How many seconds of video went by in one second of work.
    var speed: Double? {
        guard let duration, let seconds, seconds > 0, duration > 0 else { return nil }
        return duration / seconds
    }

    /// `450`, or `448 of 450` when another number was declared.
    var frameCount: String {
        guard let reached = frames ?? frameReached else { return Text.nothing }
        guard let declared, declared != reached else { return Text.count(reached) }
        return "\(Text.count(reached)) of \(Text.count(declared))"
    }

    /// What failed, without the path that messages begin with: it stands beside this already.
    func complaint(limit: Int) -> String? {
        guard let message else { return nil }
        let text = Text.shown(message, limit: limit)
        let prefix = path + ": "
        return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }

    /// How far it came: `frame 120 of 450 · 2 tries · after 12 s`
    var progressLine: String {
        var parts: [String] = []
        if let reached = frameReached ?? frames, reached > 0 || declared != nil {
            parts.append("frame \(Text.count(reached))" + (declared.map { " of \(Text.count($0))" } ?? ""))
        }
        if let tries, tries > 1 { parts.append("\(Text.count(tries)) tries") }
        if let seconds { parts.append("after \(Text.span(seconds))") }
        return parts.joined(separator: " · ")
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
    /// Those whose measures are compared.
    var tools: ReportTools
    /// Failures first, then by path.
    var videos: [Video]
    /// What could not be read.
    var notes: [String]
    /// What a reader has to know of all pages.
    var notice: String?
    /// What is different from the run that this one is compared with.
    var changes: Comparison?
    /// All runs of the folder, the newest first.
    var runs: [RunSummary] = []
    /// How the run went over time.
    var course = RunTimeline()
}
