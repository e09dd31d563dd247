internal import Archive
internal import BatchRun
internal import Bytes
internal import HTMLReport
internal import Jobs

/// The report of a run, or why there is none.
struct Report {
    private(set) var index: RawPath?
    private(set) var problem: String?
    /// Whether this run wrote it.
    private(set) var isNew = false

    /// Up to so many videos every one gets a page of its own unless something else is asked for.
    private static let fullLimit = 2000

    /// Nothing was written and nothing went wrong.
    static let none = Report(index: nil)

    private init(index: RawPath?) { self.index = index }

    init(
        _ layout: OutputLayout, run id: String, videos: Int, pages: ReportOptions.Pages?, templates: RawPath?,
        baseline: String?, reevaluation: Reevaluation? = nil
    ) {
        let chosen: ReportOptions.Pages =
            switch pages {
            case .basic: .basic
            case .full: .full
            case nil: videos <= Report.fullLimit ? .full : .basic
            }
        do {
            index = try ReportWriter.write(
                layout: layout, run: id,
                options: ReportOptions(
                    pages: chosen, templates: templates, baseline: baseline, reevaluation: reevaluation)
            ).index
            isNew = true
        } catch {
            problem = Escape.visible("\(error)")
        }
    }

    /// The report of a finished run. A run that found nothing to do and nothing changed leaves the report alone.
    static func of(_ options: RunOptions, _ outcome: RunOutcome, pages: ReportPages?, templates: RawPath?) -> Report {
        let wanted: ReportOptions.Pages?
        switch pages {
        case .some(.none): return .none
        case .basic: wanted = .basic
        case .full: wanted = .full
        case nil: wanted = nil
        }
        let layout = OutputLayout(root: options.output)
        let processed = outcome.counts.completed + outcome.counts.failed
        let index = layout.reportIndex
        if processed == 0, Files.exists(index), isUnchanged(layout, outcome) { return Report(index: index) }
        return Report(
            layout, run: outcome.runID, videos: outcome.counts.found, pages: wanted, templates: templates,
            baseline: outcome.baseline)
    }

    /// Whether nothing is new but the run itself, as far as can be told: a video may also have gone.
    private static func isUnchanged(_ layout: OutputLayout, _ outcome: RunOutcome) -> Bool {
        guard let baseline = outcome.baseline else { return true }
        return (try? Comparison(layout, before: baseline, after: outcome.runID))?.isSame ?? true
    }
}
