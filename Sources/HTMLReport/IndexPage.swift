internal import Bytes
internal import Jobs
internal import Mustache

/// A sign of how a video stands, for templates.
struct Sign {
    let kind: String
    let word: String
    let shape: String

    init(_ standing: Standing) {
        kind = standing.rawValue
        word = standing.rawValue
        shape = standing.shape
    }
}

/// A name and a value.
struct Fact {
    let name: String
    let value: String
    /// More of it, shown on hover.
    var more: String?

    init(_ name: String, _ value: String, more: String? = nil) {
        self.name = name
        self.value = value
        self.more = more
    }
}

/// A row of the table of all videos. Rows are many, so their members are found without reflection.
struct Row: MustacheParent {
    private let video: Video

    init(_ video: Video) { self.video = video }

    func child(named name: String) -> Any? {
        switch name {
        case "kind": video.standing == .ok ? false : video.standing.rawValue
        case "href": Row.link(video) ?? false
        case "plain": Row.link(video) == nil
        case "path": Text.shown(video.path, limit: 400)
        case "flaw": video.flaw ?? false
        case "status": video.standing.rawValue
        case "frames": video.frames.map { Text.count($0) } ?? ""
        case "rate": video.rate.map { Text.decimal($0, 2) } ?? ""
        case "size": video.size.map { Text.bytes($0) } ?? ""
        case "codec": video.codec.map { Text.shown($0, limit: 40) } ?? ""
        case "duration": video.duration.map { Text.clock($0) } ?? ""
        case "speed": video.speed ?? ""
        case "events": video.events.map { Text.count($0) } ?? ""
        default: nil
        }
    }

    /// A video's page, else its result, seen from the index; nil when it has neither.
    static func link(_ video: Video) -> String? {
        if video.hasPage { return video.page }
        return video.result.map { "../" + Escape.urlPath($0.bytes) }
    }
}

/// What the index shows, in the order of its template.
struct IndexPage {
    struct Tile {
        let count: String
        let sign: Sign
        let name: String
        let href: String
        /// Whether there are none.
        let isQuiet: Bool
    }

    struct Failure {
        let path: String
        let href: String?
        let message: String
        let progress: String
        let log: [String]
        let hasLog: Bool
        let logTitle: String
        let command: String
    }

    struct Group {
        let cause: String
        let count: String
        var failures: [Failure]
        /// How many are not shown here.
        let rest: String?
    }

    struct Block {
        let name: String
        let rows: [Row]
    }

    struct Remark {
        let path: String
        let href: String?
        let text: String
        let cause: String
        let progress: String
    }

    struct List {
        let rows: [Remark]
        let rest: String?
    }

    let title: String
    let sign: Sign
    let verdict: String
    let lead: String?
    let facts: [Fact]
    let tiles: [Tile]
    let notes: [String]
    let hasNotes: Bool
    let groups: [Group]
    let hasFailures: Bool
    let damaged: List?
    let quarantined: List?
    let skipped: [Fact]
    let hasSkipped: Bool
    let known: List?
    let total: String
    let blocks: [Block]
    let settings: [Fact]
    let libraries: [Fact]
    let command: String
    let summaryLink: String
    let logLink: String?

    /// Failures shown in full; the rest is in the table. It keeps a night on which everything fails readable.
    private static let groupLimit = 10
    private static let failureLimit = 100
    private static let listLimit = 100
    private static let blockSize = 100

    init(_ batch: Batch, layout: OutputLayout) {
        let run = batch.run
        verdict = Words.verdict(run)
        title = verdict
        sign = Sign(Words.standing(run))
        lead = IndexPage.lead(run)
        facts = IndexPage.facts(run)
        tiles = [
            ("failed", Standing.failed, "failed", "#failed"), ("damaged", .damaged, "damaged", "#damaged"),
            ("completed", .ok, "completed", "#videos"), ("skipped", .skipped, "skipped", "#skipped"),
            ("quarantined", .quarantined, "quarantined", "#quarantined"),
        ].map { key, standing, name, href in
            Tile(
                count: Text.count(run.count(key)), sign: Sign(standing), name: name, href: href,
                isQuiet: run.count(key) == 0)
        }
        notes = batch.notes
        hasNotes = !notes.isEmpty
        let failed = batch.videos.filter { $0.standing == .failed && $0.isOfThisRun }
        groups = IndexPage.groups(failed, run)
        hasFailures = !groups.isEmpty
        damaged = IndexPage.list(batch.videos.filter { $0.standing == .damaged }) { video in
            video.reasons.map { Words.reason($0, nil) }.joined(separator: "; ")
        }
        quarantined = IndexPage.list(batch.videos.filter(\.isQuarantined)) { $0.complaint(limit: 400) ?? "" }
        known = IndexPage.list(batch.videos.filter { $0.standing == .failed && !$0.isOfThisRun }) {
            $0.complaint(limit: 400) ?? ""
        }
        skipped = [
            ("skipped", "unchanged, with a result of an earlier run"),
            ("skipped_failed", "failed before and unchanged"),
            ("skipped_damaged", "found damaged before and unchanged"), ("quarantined", "quarantined"),
        ].filter { run.count($0.0) > 0 }.map { Fact(Text.count(run.count($0.0)), $0.1) }
        hasSkipped = !skipped.isEmpty || known != nil
        total = Text.plural(batch.videos.count, "video")
        blocks = stride(from: 0, to: batch.videos.count, by: IndexPage.blockSize).map { start in
            let end = min(start + IndexPage.blockSize, batch.videos.count)
            return Block(
                name: "Videos \(Text.count(start + 1)) to \(Text.count(end)) of \(Text.count(batch.videos.count))",
                rows: batch.videos[start..<end].map { Row($0) })
        }
        settings = IndexPage.table(run.document["settings"])
        libraries = IndexPage.table(run.document["libraries"])
        command = Text.shown(
            run.list("command").map { Escape.shell(Array($0.utf8)) }.joined(separator: " "), limit: 4000)
        let folder = "../runs/" + Escape.urlPath(Array(run.id.utf8))
        summaryLink = folder + "/run.json"
        logLink = Files.exists(layout.log(run: run.id)) ? folder + "/progress.ndjson" : nil
    }

    /// What the sentence above it leaves out.
    private static func lead(_ run: RunFacts) -> String? {
        var parts: [String] = []
        let warnings = run.count("warning")
        if warnings > 0 { parts.append("\(Text.plural(warnings, "video")) with warnings") }
        let skipped = run.count("skipped")
        if skipped > 0 { parts.append("\(Text.count(skipped)) unchanged since an earlier run") }
        let quarantined = run.count("quarantined")
        if quarantined > 0 { parts.append("\(Text.count(quarantined)) in quarantine") }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }

    private static func facts(_ run: RunFacts) -> [Fact] {
        let start = run.text("started")
        let moment = start.flatMap { Moment($0) }
        let inputs = run.list("input").map { Text.shown($0, limit: 200) }
        var result = [
            Fact("Run", Text.shown(run.id, limit: 80)),
            Fact(
                "Started", moment?.local ?? start.map { Text.shown($0, limit: 40) } ?? Text.nothing,
                more: moment?.universal),
            Fact("Wall time", Text.span(run.document["seconds"]?.double)),
            Fact(
                "Input",
                inputs.isEmpty
                    ? Text.nothing
                    : inputs.prefix(4).joined(separator: ", ")
                        + (inputs.count > 4 ? " and \(inputs.count - 4) more" : "")),
        ]
        if let workers = run.document["workers"]?.int { result.append(Fact("Workers", Text.count(workers))) }
        result.append(Fact("Version", run.text("version").map { Text.shown($0, limit: 40) } ?? Text.nothing))
        return result
    }

    private static func table(_ object: JSON?) -> [Fact] {
        (object?.members ?? []).map { Fact(Text.shown($0.key, limit: 80), Text.value($0.value)) }
    }

    private static func groups(_ failed: [Video], _ run: RunFacts) -> [Group] {
        var causes: [String: [Video]] = [:]
        for video in failed { causes[video.cause ?? "", default: []].append(video) }
        var left = failureLimit
        return causes.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { cause, videos in
            let shown = videos.prefix(min(groupLimit, left))
            left -= shown.count
            return Group(
                cause: cause.isEmpty ? "Other" : Words.title(cause), count: Text.plural(videos.count, "video"),
                failures: shown.map { failure($0, run) },
                rest: videos.count > shown.count ? Text.count(videos.count - shown.count) : nil)
        }
    }

    private static func failure(_ video: Video, _ run: RunFacts) -> Failure {
        let log = video.stderr.suffix(8).map { Text.shown($0, limit: 200) }
        return Failure(
            path: Text.shown(video.path, limit: 400), href: Row.link(video),
            message: video.complaint(limit: 600) ?? "no message", progress: video.progressLine, log: log,
            hasLog: !log.isEmpty,
            logTitle: log.count == 1 ? "Last line of its log" : "Last \(log.count) lines of its log",
            command: Text.shown(Rerun.command(run, video), limit: 6000))
    }

    private static func list(_ videos: [Video], _ text: (Video) -> String) -> List? {
        guard !videos.isEmpty else { return nil }
        let rows = videos.prefix(listLimit).map { video in
            Remark(
                path: Text.shown(video.path, limit: 400), href: Row.link(video), text: text(video),
                cause: video.cause.map { Words.name($0) } ?? "", progress: video.frameCount)
        }
        return List(rows: rows, rest: videos.count > rows.count ? Text.count(videos.count - rows.count) : nil)
    }
}
