internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import HTMLReport
internal import Jobs

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Make the report of an output folder again, without decoding.")

    @Argument(help: "The output folder of a run.")
    var output: PathArgument

    @Option(name: .customLong("run"), help: ArgumentHelp("The run to report (default: the latest).", valueName: "id"))
    var runID: String?

    @Option(
        name: .customLong("report"),
        help: "Pages of single videos: basic (failed and damaged ones), full (default up to 2,000 videos).")
    var pages: ReportOptions.Pages?

    @Option(help: ArgumentHelp("A folder whose files stand in for the templates of the same name.", valueName: "dir"))
    var templates: PathArgument?

    func run() throws {
        let layout = OutputLayout(root: output.path)
        let id = try runID ?? latest(layout)
        guard !id.contains("/"), Files.exists(layout.summary(run: id)) else {
            throw Failure(
                ExitStatus.unreadableInput,
                "\(output.path.display): no finished run \(Escape.visible(id)); see the folder runs/")
        }
        let videos = (try? LineFile.objects(layout.catalog).objects.count) ?? 0
        let report = Report(layout, run: id, videos: videos, pages: pages, templates: templates?.path)
        if let problem = report.problem { throw Failure(ExitStatus.failure, problem) }
        if let index = report.index, Terminal.outputIsTerminal { Terminal.output("report: \(index.display)") }
    }

    private func latest(_ layout: OutputLayout) throws -> String {
        guard let target = try? Files.linkTarget(layout.latest), let id = target.lastComponent.text else {
            throw Failure(
                ExitStatus.unreadableInput,
                "\(output.path.display): no output folder of forgebatch run (it has no `latest`)")
        }
        return id
    }
}
