internal import Archive
internal import Bytes
internal import FrameResults
internal import Jobs
internal import Store
internal import ToolModel

/// In what a whole video may stand apart from the others.
struct OutlierFeatures: Equatable {
    /// Numbers of the tools' summaries, in the order of ``ReportTools/outliers``; empty where none is known.
    var measures: [Double?] = []
    var isTruncated = false
    var hasVariableRate = false
}

/// Why a video has no result, and how far it came.
struct FailureDetails: Equatable {
    /// The worker's message, in one line.
    var message: String?
    /// The message without what is particular to this video.
    var cause: String?
    /// The last lines of the worker's log.
    var log: [String] = []
    var tries: Int?
    /// The last frame that the worker told of.
    var frameReached: Int?
}

/// What the index knows of one video: a row's worth, whatever the video's length.
struct ReportVideo: Equatable {
    let job: JobID
    /// The relative path for people, hidden characters made visible.
    var path: String
    /// The exact path, for the order of rows.
    var raw: RawPath
    var status: VideoStatus = .ok
    var isQuarantined = false
    /// Whether this run processed it, rather than an earlier one.
    var isOfThisRun = false
    /// Below the output folder, inside `results/`.
    var result: RawPath?
    /// Why the verdict is not `ok`, as results write it.
    var reasons: [String] = []
    var failure = FailureDetails()
    var frames: Int?
    /// Frames that the container declares.
    var declared: Int?
    /// Wall time and processor time of its worker.
    var seconds: Double?
    var processorSeconds: Double?
    /// Bytes.
    var size: Int?
    var codec: String?
    /// Pixels.
    var width: Int?
    var height: Int?
    /// Seconds.
    var duration: Double?
    /// Frames a second.
    var rate: Double?
    var events: Int?
    /// Objects that were found.
    var tracks: Int?
    /// Classes of its objects, in the order in which they first appear.
    var classes: [String] = []
    /// External tools that its result is without, because they failed.
    var toolsFailed: [FailedTool] = []
    var features = OutlierFeatures()
    /// What became of it since the run that this one is compared with.
    var change: Comparison.Category?
    /// Whether it is not at its place any more.
    var isGone = false
    /// Seconds from the run's first event to the start of its worker.
    var started: Double?
    /// What is wrong with its result file.
    var flaw: String?
    var hasPage = false
    /// Whether there is a thumbnail of it.
    var hasThumbnail = false

    init(job: JobID, path raw: RawPath) {
        self.job = job
        self.raw = raw
        path = ""
        take(path: raw)
    }

    /// - Parameter path: as ``path`` tells it.
    init(job: JobID, raw: RawPath, shown path: String) {
        (self.job, self.raw, self.path) = (job, raw, path)
    }
}

/// What records say of a video. A later one adds to an earlier one, and counts where both say something.
extension ReportVideo {
    init(_ entry: CatalogEntry) {
        self.init(job: entry.job, path: entry.path)
        take(result: entry.result)
        take(entry.facts)
        status = entry.verdict
        frames = entry.frames
        size = Int(entry.size)
        isGone = entry.absence?.isOpen == true
        toolsFailed = entry.toolsFailed
        take(seconds: entry.seconds, processorSeconds: entry.processorSeconds)
    }

    mutating func take(_ entry: FailureEntry) {
        take(path: entry.path)
        isQuarantined = entry.isQuarantined
        status = isQuarantined ? .quarantined : .failed
        size = Int(entry.size)
        isGone = entry.absence?.isOpen == true
        if !entry.message.isEmpty {
            failure.message = entry.message
            failure.cause = Cause.of(entry.message)
        }
    }

    mutating func take(_ record: JobRecord, tools: ReportTools) {
        isOfThisRun = true
        take(path: record.path)
        status = record.hasFailed ? .failed : record.verdict ?? .ok
        if let path = record.result {
            // Records of earlier versions do not tell exactly where the result of a name that is no text lies; a line of
            // the catalog does.
            if record.path.text != nil || result == nil { take(result: path) }
        } else if record.hasFailed {
            result = nil
        }
        take(record.facts)
        if !record.hasFailed { toolsFailed = record.toolsFailed }
        reasons = record.reasons ?? reasons
        frames = record.frames ?? frames
        declared = record.declared ?? declared
        size = record.size.map { Int($0) } ?? size
        take(seconds: record.seconds, processorSeconds: record.processorSeconds)
        failure.message = record.message ?? failure.message
        failure.cause = record.cause ?? failure.cause
        if !record.stderr.isEmpty { failure.log = record.stderr }
        failure.tries = record.tries ?? failure.tries
        failure.frameReached = record.frameReached ?? failure.frameReached
        if let summaries = record.summaries { take(summaries: summaries, tools: tools) }
    }

    /// Takes what the tools found in the video as a whole.
    mutating func take(summaries: JSON, tools: ReportTools) {
        tracks = tools.objectCount(summaries) ?? tracks
        let old = features.measures
        features.measures = tools.outliers.enumerated().map { index, outlier in
            summaries[outlier.tool]?[outlier.hint.key]?.double ?? (index < old.count ? old[index] : nil)
        }
    }

    /// Takes what only the result knows.
    mutating func take(_ facts: ResultFacts, tools: ReportTools) {
        events = facts.events.count
        rate = facts.rate
        frames = frames ?? facts.totalFrames
        declared = declared ?? facts.declaredFrames
        codec = codec ?? facts.video.codec
        width = width ?? facts.video.width
        height = height ?? facts.video.height
        duration = duration ?? facts.video.duration
        size = size ?? facts.size
        features.isTruncated = facts.decode.isTruncated
        features.hasVariableRate = facts.decode.isVariable
        if facts.knowsTools {
            toolsFailed = facts.failedTools.map { FailedTool(id: $0.id, message: $0.message, frame: $0.frames) }
        }
        if let summaries = facts.summaries { take(summaries: summaries, tools: tools) }
        if reasons.isEmpty { reasons = facts.decode.reasons }
    }

    private mutating func take(path: RawPath) {
        raw = path
        self.path = Text.shown(path.text ?? path.display)
    }

    /// Takes the result's path, which lies below the output folder; one that would leave `results/` is ignored.
    private mutating func take(result path: RawPath) {
        guard !path.isAbsolute, path.components.first?.elementsEqual("results".utf8) == true,
            !path.components.contains(where: { $0.elementsEqual("..".utf8) }), !path.bytes.contains(0)
        else { return }
        result = path
    }

    private mutating func take(_ facts: VideoFacts) {
        codec = facts.codec ?? codec
        width = facts.width ?? width
        height = facts.height ?? height
        duration = facts.duration ?? duration
        classes = facts.classes?.filter { !$0.isEmpty && $0 != TrackedObject.unnamedClass } ?? classes
    }

    private mutating func take(seconds: Double?, processorSeconds: Double?) {
        self.seconds = seconds ?? self.seconds
        self.processorSeconds = processorSeconds ?? self.processorSeconds
    }
}

/// What pages say of a video.
extension ReportVideo {
    /// What became of it, in one word; nil when there is nothing to tell.
    var changeWord: String? { isGone ? "gone" : change.map { ChangeList.name($0).lowercased() } }

    /// Where its page lies below `report/`.
    var page: String { OutputLayout.page(job) }

    /// What is wrong with its result, in a few words: it cannot be read, or tools failed.
    var flawWord: String? {
        let tools = toolsFailed.map { Text.shown($0.id, limit: 60) }.joined(separator: ", ")
        let words = [flaw, tools.isEmpty ? nil : "\(tools) failed"].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

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
        guard let reached = frames ?? failure.frameReached else { return Text.nothing }
        guard let declared, declared != reached else { return Text.count(reached) }
        return "\(Text.count(reached)) of \(Text.count(declared))"
    }

    /// What failed, without the path that messages begin with: it stands beside this already.
    func failureText(limit: Int) -> String? {
        guard let message = failure.message else { return nil }
        let text = Text.shown(message, limit: limit)
        let prefix = path + ": "
        return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }

    /// How far it came: `frame 120 of 450 · 2 tries · after 12 s`
    var progressLine: String {
        var parts: [String] = []
        if let reached = failure.frameReached ?? frames, reached > 0 || declared != nil {
            parts.append("frame \(Text.count(reached))" + (declared.map { " of \(Text.count($0))" } ?? ""))
        }
        if let tries = failure.tries, tries > 1 { parts.append("\(Text.count(tries)) tries") }
        if let seconds { parts.append("after \(Text.span(seconds))") }
        return parts.joined(separator: " · ")
    }
}
