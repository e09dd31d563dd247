internal import Bytes
internal import Jobs
internal import Store

/// What the index shows, part by part in the order of its template.
struct IndexPage {
    private struct Table {
        let total: String
        let shards: [ShardLink]
        let shard: Int
        let blocks: [RowBlock]
        /// Whether rows have pictures.
        let pictures: Bool
    }

    private struct ChangeSection {
        let hasChanges: Bool
        let changes: ChangeList?
    }

    private struct Insights {
        let attention: OutlierSection
        let charts: [Charts.Chart]
        let hasCharts: Bool
    }

    let members: PageMembers

    /// - Throws: `SystemError` when what is needed meanwhile cannot be kept.
    /// - Complexity: some passes over the rows, with those of the page and some dozen others in memory.
    init(_ data: ReportData, layout: OutputLayout) throws {
        let pages = Shards(rows: data.videos.count)
        let rerun = Rerun(data.run, names: data.names)
        let limits = pages.isTerse ? IndexLimits.terse : IndexLimits()
        let fold = try IndexFold(data, limits, in: layout.report)
        let changes = data.changes.map { ChangeList($0, fold.links) }
        let charts = try Charts.all(data, speeds: fold.speeds)
        let rows = try data.videos.rows(pages.range(0))
        members = PageMembers(
            IndexHeading(data, fold.counts), ChangeSection(hasChanges: changes != nil, changes: changes),
            try FailureSection(fold.causes, data.videos, rerun, limits), ToolFailureSection(fold.toolFailures),
            StatusLists(data.run, fold.lists),
            Insights(
                attention: try OutlierSection(fold.values, data.videos), charts: charts, hasCharts: !charts.isEmpty),
            Table(
                total: Text.plural(data.videos.count, "video"), shards: ShardLink.all(pages, here: 0), shard: 0,
                blocks: RowBlock.all(rows, pages, 0), pictures: pages.hasPictures),
            RunFooter(data.run, rerun, log: RunLog.file(layout.log(run: data.run.summary.id))))
    }
}

/// What the parts of the index need of all rows, from one pass over them.
private struct IndexFold {
    private(set) var counts = FolderCounts()
    private(set) var causes = FailureSection.Causes()
    private(set) var toolFailures: ToolFailureSection.Fold
    private(set) var lists: StatusLists.Fold
    private(set) var values: OutlierSection.Values
    private(set) var links: ChangeList.Links
    private(set) var speeds: [Double] = []

    init(_ data: ReportData, _ limits: IndexLimits, in folder: RawPath) throws {
        toolFailures = ToolFailureSection.Fold(limits)
        lists = StatusLists.Fold(limits)
        values = OutlierSection.Values(data.tools, in: folder)
        links = ChangeList.Links(data.changes)
        try data.videos.forEach { try add($0) }
    }

    private mutating func add(_ video: ReportVideo) throws(SystemError) {
        counts.add(video)
        causes.add(video)
        toolFailures.add(video)
        lists.add(video)
        try values.add(video)
        links.add(video)
        if video.isOfThisRun, let speed = video.speed { speeds.append(speed) }
    }
}

/// How much is shown beside the table, which has all: it keeps a night on which everything fails readable, and leaves
/// room for the rows of a large batch.
struct IndexLimits {
    /// Failures of a cause shown in full and as a line.
    var full = 3
    var lines = 12
    /// Failures in full in all.
    var failures = 40
    /// Lines of a worker's log.
    var log = 8
    /// Rows of a list.
    var rows = 50

    static let terse = IndexLimits(full: 1, lines: 6, failures: 20, log: 4, rows: 15)
    static let causes = 30
}
