internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// What the index shows, in the order of its template.
struct IndexPage {
    struct Tile {
        let count: String
        let sign: Sign
        let name: String
        let href: String
        /// Whether there are none.
        let isQuiet: Bool
        /// The words that the script filters by.
        let query: String
        /// Against the run that this one is compared with.
        let change: String?
    }

    struct Group {
        let cause: String
        let count: String
        /// Shown with message, log and command.
        var failures: [Failure]
        /// Shown as a line.
        let others: [Remark]
        let hasOthers: Bool
        let otherCount: String
        /// How many are not shown here.
        let rest: String?
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
    let notice: String?
    let facts: [Fact]
    let tiles: [Tile]
    let notes: [String]
    let hasNotes: Bool
    let hasChanges: Bool
    let changes: ChangeList?
    let groups: [Group]
    let hasFailures: Bool
    let attention: Attention
    let charts: [Charts.Chart]
    let hasCharts: Bool
    let damaged: List?
    let quarantined: List?
    let skipped: [Fact]
    let hasSkipped: Bool
    let known: List?
    let total: String
    let shards: [ShardLink]
    let shard: Int
    let blocks: [RowBlock]
    let settings: [Fact]
    let libraries: [Fact]
    let command: String
    let summaryLink: String
    let logLink: String?

    /// How much is shown beside the table, which has all: it keeps a night on which everything fails readable, and leaves
    /// room for the rows of a large batch.
    private struct Limits {
        /// Failures of a cause shown in full and as a line.
        var full = 3
        var lines = 12
        /// Failures in full in all.
        var failures = 40
        /// Lines of a worker's log.
        var log = 8
        /// Rows of a list.
        var rows = 50

        static let terse = Limits(full: 1, lines: 6, failures: 20, log: 4, rows: 15)
        static let causes = 30
    }

    init(_ batch: Batch, layout: OutputLayout) {
        let run = batch.run
        let pages = Shards(rows: batch.videos.count)
        let limits = pages.isTerse ? Limits.terse : Limits()
        verdict = Words.verdict(run)
        title = verdict
        sign = Sign(Words.standing(run))
        lead = IndexPage.lead(run)
        facts = IndexPage.facts(run)
        tiles = [
            ("failed", Standing.failed, "#failed", "s:failed"), ("damaged", .damaged, "#damaged", "s:damaged"),
            ("completed", .ok, "#videos", "run:this -s:failed"), ("skipped", .skipped, "#skipped", "run:earlier"),
            ("quarantined", .quarantined, "#quarantined", "s:quarantined"),
        ].map { key, standing, href, query in
            let count = run.count(key)
            return Tile(
                count: Text.count(count), sign: Sign(standing), name: key,
                href: count == 0 && href != "#failed" ? "#videos" : href, isQuiet: count == 0, query: query,
                change: IndexPage.change(key, count, batch.changes))
        }
        notice = batch.notice
        notes = batch.notes
        hasNotes = !notes.isEmpty
        let failed = batch.videos.filter { $0.standing == .failed && $0.isOfThisRun }
        changes = batch.changes.map { ChangeList($0, batch.videos) }
        hasChanges = changes != nil
        groups = IndexPage.groups(failed, run, limits)
        attention = Attention(batch.videos, batch.tools)
        charts = Charts.all(batch)
        hasCharts = !charts.isEmpty
        hasFailures = !groups.isEmpty
        damaged = IndexPage.list(batch.videos.filter { $0.standing == .damaged }, limits) { video in
            video.reasons.map { Words.reason($0, nil) }.joined(separator: "; ")
        }
        quarantined = IndexPage.list(batch.videos.filter(\.isQuarantined), limits) { $0.complaint(limit: 400) ?? "" }
        known = IndexPage.list(batch.videos.filter { $0.standing == .failed && !$0.isOfThisRun }, limits) {
            $0.complaint(limit: 400) ?? ""
        }
        skipped = [
            ("skipped", "unchanged, with a result of an earlier run"),
            ("skipped_failed", "failed before and unchanged"),
            ("skipped_damaged", "found damaged before and unchanged"), ("quarantined", "quarantined"),
        ].filter { run.count($0.0) > 0 }.map { Fact(Text.count(run.count($0.0)), $0.1) }
        hasSkipped = !skipped.isEmpty || known != nil
        total = Text.plural(batch.videos.count, "video")
        shards = ShardLink.all(pages, here: 0)
        shard = 0
        blocks = RowBlock.all(batch.videos, pages.range(0), isTerse: pages.isTerse)
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

    /// `3 more`, `2 fewer`, `as many`, against the run compared with.
    private static func change(_ key: String, _ count: Int, _ changes: Comparison?) -> String? {
        guard let tally = changes?.before.tally else { return nil }
        let before =
            switch key {
            case "failed": tally.failed
            case "damaged": tally.damaged
            case "completed": tally.completed
            case "skipped": tally.skipped
            default: tally.quarantined
            }
        if count == before { return count == 0 ? nil : "as many as last time" }
        return count > before ? "\(Text.count(count - before)) more" : "\(Text.count(before - count)) fewer"
    }

    private static func groups(_ failed: [Video], _ run: RunFacts, _ limits: Limits) -> [Group] {
        var causes: [String: [Video]] = [:]
        for video in failed { causes[video.cause ?? "", default: []].append(video) }
        var left = limits.failures
        let sorted = causes.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        return sorted.prefix(Limits.causes).map { cause, videos in
            let shown = videos.prefix(min(limits.full, left))
            let others = videos.dropFirst(shown.count).prefix(limits.lines)
            left -= shown.count
            let rest = videos.count - shown.count - others.count
            return Group(
                cause: cause.isEmpty ? "Other" : Words.cause(cause), count: Text.plural(videos.count, "video"),
                failures: shown.map { Failure($0, run, log: limits.log, isOnIndex: true) }, others: others.map(remark),
                hasOthers: !others.isEmpty, otherCount: Text.count(rest + others.count),
                rest: rest > 0 ? Text.count(rest) : nil)
        }
    }

    private static func remark(_ video: Video) -> Remark {
        Remark(
            path: Text.shown(video.path, limit: 400), href: Row.link(video), text: "",
            cause: "", progress: video.progressLine)
    }

    private static func list(_ videos: [Video], _ limits: Limits, _ text: (Video) -> String) -> List? {
        guard !videos.isEmpty else { return nil }
        let rows = videos.prefix(limits.rows).map { video in
            Remark(
                path: Text.shown(video.path, limit: 400), href: Row.link(video), text: text(video),
                cause: video.cause.map { Words.name($0) } ?? "", progress: video.frameCount)
        }
        return List(rows: rows, rest: videos.count > rows.count ? Text.count(videos.count - rows.count) : nil)
    }
}
