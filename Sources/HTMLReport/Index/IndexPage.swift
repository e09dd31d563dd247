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

    init(_ data: ReportData, layout: OutputLayout) {
        let pages = Shards(rows: data.videos.count)
        let rerun = Rerun(data.run, names: data.names)
        let limits = pages.isTerse ? IndexLimits.terse : IndexLimits()
        let changes = data.changes.map { ChangeList($0, data.videos) }
        let charts = Charts.all(data)
        members = PageMembers(
            IndexHeading(data), ChangeSection(hasChanges: changes != nil, changes: changes),
            FailureSection(data, rerun, limits), ToolFailureSection(data.videos, limits), StatusLists(data, limits),
            Insights(
                attention: OutlierSection(data.videos, data.tools), charts: charts, hasCharts: !charts.isEmpty),
            Table(
                total: Text.plural(data.videos.count, "video"), shards: ShardLink.all(pages, here: 0), shard: 0,
                blocks: RowBlock.all(data.videos, pages.range(0), pages), pictures: pages.hasPictures),
            RunFooter(data.run, rerun, log: RunLog.file(layout.log(run: data.run.summary.id))))
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
