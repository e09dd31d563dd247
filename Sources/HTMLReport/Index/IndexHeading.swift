internal import Archive
internal import Jobs
internal import Store

/// The top of the index: whether the run worked, its facts, its counts, and what could not be read.
struct IndexHeading {
    struct Tile {
        let count: String
        let sign: StatusBadge
        let name: String
        let href: String
        /// Whether there are none.
        let isQuiet: Bool
        /// The words that the script filters by.
        let query: String
        /// Against the run that this one is compared with.
        let change: String?
    }

    let title: String
    let sign: StatusBadge
    let verdict: String
    let lead: String?
    let notice: String?
    let facts: [Fact]
    let tiles: [Tile]
    let notes: [String]
    let hasNotes: Bool

    init(_ data: ReportData, _ folder: FolderCounts) {
        let run = data.run.summary
        verdict = Phrases.verdict(run, folder)
        title = verdict
        sign = StatusBadge(Phrases.status(run, folder))
        lead = IndexHeading.lead(run.tally)
        notice = data.notice
        facts = IndexHeading.facts(data.run)
        tiles = IndexHeading.tiles(run.tally, folder, before: data.changes?.before.tally)
        notes = data.notes
        hasNotes = !notes.isEmpty
    }

    /// - Parameter folder: what of the failed and the damaged there is in all: what a run leaves alone is not sound by that.
    private static func tiles(_ tally: RunCounts, _ folder: FolderCounts, before: RunCounts?) -> [Tile] {
        func tile(
            _ status: VideoStatus, _ key: KeyPath<RunCounts, Int>, still: KeyPath<RunCounts, Int>? = nil,
            all: Int? = nil,
            name: String? = nil, anchor: String? = nil, query: String? = nil
        ) -> Tile {
            func counted(_ counts: RunCounts) -> Int { counts[keyPath: key] + (still.map { counts[keyPath: $0] } ?? 0) }
            let count = all ?? tally[keyPath: key]
            let isLinked = count > 0 || status == .failed
            return Tile(
                count: Text.count(count), sign: StatusBadge(status), name: name ?? status.rawValue,
                href: isLinked ? anchor ?? status.anchor : allVideos, isQuiet: count == 0, query: query ?? status.query,
                change: before.flatMap { change(counted(tally), before: counted($0)) })
        }
        return [
            tile(.failed, \.failed, still: \.skippedFailed, all: folder.failed),
            tile(.damaged, \.damaged, still: \.skippedDamaged, all: folder.damaged),
            tile(
                .ok, \.completed, name: VideoStatus.completedWord, anchor: allVideos,
                query: "run:this -\(VideoStatus.failed.query)"),
            tile(.skipped, \.skipped, query: "run:earlier"), tile(.quarantined, \.quarantined),
        ]
    }

    private static let allVideos = "#videos"

    /// `3 more`, `2 fewer`, `as many`, against the run compared with.
    private static func change(_ count: Int, before: Int) -> String? {
        if count == before { return count == 0 ? nil : "as many as last time" }
        return count > before ? "\(Text.count(count - before)) more" : "\(Text.count(before - count)) fewer"
    }

    /// What the sentence above it leaves out.
    private static func lead(_ tally: RunCounts) -> String? {
        var parts: [String] = []
        if tally.warning > 0 { parts.append("\(Text.plural(tally.warning, "video")) with warnings") }
        if tally.skipped > 0 { parts.append("\(Text.count(tally.skipped)) unchanged since an earlier run") }
        if tally.quarantined > 0 { parts.append("\(Text.count(tally.quarantined)) in quarantine") }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }

    private static func facts(_ run: RunDocument) -> [Fact] {
        func shown(_ text: String) -> String { text.isEmpty ? Text.nothing : Text.shown(text, limit: 40) }
        let started = run.summary.started
        let moment = Moment(started)
        let inputs = run.input.map { Text.shown($0, limit: 200) }
        let more = inputs.count > 4 ? " and \(inputs.count - 4) more" : ""
        var result = [
            Fact("Run", Text.shown(run.summary.id, limit: 80)),
            Fact("Started", moment?.local ?? shown(started), more: moment?.universal),
            Fact("Wall time", Text.span(run.summary.seconds)),
            Fact("Input", inputs.isEmpty ? Text.nothing : inputs.prefix(4).joined(separator: ", ") + more),
        ]
        if let workers = run.workers { result.append(Fact("Workers", Text.count(workers))) }
        result.append(Fact("Version", shown(run.summary.version)))
        return result
    }
}
