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

    /// Nothing was written and nothing went wrong.
    static let none = Report(index: nil)

    private init(index: RawPath?) { self.index = index }

    /// - Parameter videos: by whose number it is chosen which of them get a page, where nothing is asked for; nil for that
    ///   of all rows.
    init(
        _ layout: OutputLayout, run id: String, videos: Int? = nil, pages: ReportOptions.Pages?, templates: RawPath?,
        baseline: String?, reevaluation: Reevaluation? = nil, isQuiet: Bool = false
    ) {
        var options = ReportOptions(
            pages: pages, templates: templates, baseline: baseline, reevaluation: reevaluation)
        if let videos { options.pages = options.chosenPages(of: videos) }
        let line = ProgressLine(isWanted: !isQuiet, after: 2)
        options.progress = { line.show($0.text) }
        defer { line.clear() }
        do {
            index = try ReportWriter.write(layout: layout, run: id, options: options).index
            isNew = true
        } catch {
            problem = Escape.visible("\(error)")
        }
    }

    /// The report of a finished run. A run that found nothing to do and nothing changed leaves the report alone.
    static func of(
        _ options: RunOptions, _ outcome: RunOutcome, pages: ReportPages?, templates: RawPath?, isQuiet: Bool
    ) -> Report {
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
            baseline: outcome.baseline, isQuiet: isQuiet)
    }

    /// Whether nothing is new but the run itself, as far as can be told: a video may also have gone.
    private static func isUnchanged(_ layout: OutputLayout, _ outcome: RunOutcome) -> Bool {
        guard let baseline = outcome.baseline else { return true }
        return (try? Comparison(layout, before: baseline, after: outcome.runID))?.isSame ?? true
    }
}
