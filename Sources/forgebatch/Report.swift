internal import BatchRun
internal import Bytes
internal import HTMLReport
internal import Jobs

/// The report of a run, or why there is none.
struct Report {
    private(set) var index: RawPath?
    private(set) var problem: String?

    /// Up to so many videos every one gets a page of its own unless something else is asked for.
    private static let fullLimit = 2000

    init(_ layout: OutputLayout, run id: String, videos: Int, pages: ReportPages?, templates: RawPath?) {
        let chosen: ReportOptions.Pages =
            switch pages {
            case .some(.none): .none
            case .basic: .basic
            case .full: .full
            case nil: videos <= Report.fullLimit ? .full : .basic
            }
        do {
            index = try HTMLReport.write(
                layout: layout, run: id, options: ReportOptions(pages: chosen, templates: templates)
            ).index
        } catch {
            problem = Escape.visible("\(error)")
        }
    }

    /// The report that is there already.
    init(existing layout: OutputLayout) { index = layout.report.appending("index.html") }

    /// The report of a finished run. A run that found nothing to do leaves the report alone.
    static func of(_ options: RunOptions, _ outcome: RunOutcome, pages: ReportPages?, templates: RawPath?) -> Report {
        let layout = OutputLayout(root: options.output)
        let processed = outcome.counts.completed + outcome.counts.failed
        if processed == 0, Files.exists(layout.report.appending("index.html")) { return Report(existing: layout) }
        return Report(
            layout, run: outcome.runID, videos: outcome.counts.found, pages: pages, templates: templates)
    }
}
