internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import HTMLReport
internal import Jobs
internal import Store
internal import ToolModel

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Make the report of an output folder again, without decoding.",
        discussion: """
            With --set, events are detected again from the stored measures, for these pages alone: the results stay as \
            they are, and the pages say so. Tools of plugins are concluded from anew, too, without the plugin. A setting that changes what is measured needs run --set.

            Exit status: 0 written, 5 not written, 64 usage, 66 no such folder or run.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("The run to report: an id or the beginning of one (default: the latest).", valueName: "run"))
    var runID: String?

    @Option(
        name: .customLong("report"),
        help: "Pages of single videos: basic (failed and damaged ones), full (default up to 2,000 videos).")
    var pages: ReportOptions.Pages?

    @Option(
        help: ArgumentHelp("A folder whose files stand in for the templates of the same name.", valueName: "dir"),
        completion: .file(), transform: PathArgument.read)
    var templates: PathArgument?

    @Option(
        help: ArgumentHelp(
            "The run to compare with: an id, the beginning of one, or previous, the finished run before (default: the one that the run itself was compared with).",
            valueName: "run"))
    var baseline: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Another threshold for events, such as scene.threshold=12 (repeatable).", valueName: "tool.key=value"))
    var set: [String] = []

    func run() throws {
        let layout = OutputLayout(root: output.path)
        let reevaluation = try reevaluation(KnownTools(layout))
        let run = try reportedRun(layout)
        let recorded = run.baseline.flatMap { Files.exists(layout.summary(run: $0)) ? $0 : nil }
        let known = baseline == nil ? recorded : nil
        let compared = try known ?? Baseline.resolve(baseline, of: run, in: layout)
        let report = Report(
            layout, run: run.id, pages: pages, templates: templates?.path, baseline: compared,
            reevaluation: reevaluation)
        if let problem = report.problem { throw Failure(ExitStatus.reportFailed, "report not written: \(problem)") }
        if let index = report.index, Terminal.outputIsTerminal { Terminal.output("report: \(index.display)") }
    }

    /// The new thresholds.
    ///
    /// - Parameter known: the tools that the folder's results come from.
    /// - Throws: ``Failure`` with the status of a usage error for a setting that needs pixels.
    private func reevaluation(_ known: KnownTools) throws -> Reevaluation? {
        var settings: [String: [String: SettingValue]] = [:]
        for text in set {
            let (tool, setting, value) = try ToolSelection.setting(text, among: known.descriptors)
            guard setting.kind == .detection else {
                throw Failure(
                    ExitStatus.usage,
                    "--set \(Escape.visible(text)): \(tool.id).\(setting.key) changes what is measured, which needs decoding; use `forgebatch run --set \(Escape.visible(text))`"
                )
            }
            settings[tool.id, default: [:]][setting.key] = value
        }
        return settings.isEmpty ? nil : Reevaluation(settings, known: known)
    }

    private func reportedRun(_ layout: OutputLayout) throws -> RunSummary {
        do {
            let runs = try RunList.all(layout)
            guard !runs.isEmpty else { throw ArchiveError(OutputArgument.absence(output.path)) }
            let run = try RunList.run(named: runID ?? "latest", among: runs)
            guard run.hasRecord else { throw ArchiveError("run \(run.id) did not finish and left no record") }
            return run
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(output.path.display): \(Escape.visible("\(error)"))")
        }
    }
}
