internal import Archive
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

/// What a run writes for other programs at its end: `--junit` and `--metrics-textfile`.
struct MonitoringFiles {
    /// One line for each file that could not be written.
    private(set) var problems: [String] = []

    init() {}

    init(_ arguments: MonitoringArguments, _ options: RunOptions, _ outcome: RunOutcome, hasReport: Bool) {
        self.init(
            junit: arguments.junit?.path, metrics: arguments.metricsTextfile?.path,
            OutputLayout(root: options.output), MonitoringFiles.summary(options, outcome), hasReport: hasReport)
    }

    /// - Parameters:
    ///   - summary: of the run, with the exit status that it has without these files.
    ///   - hasReport: whether the report was written, or none was asked for.
    init(junit: RawPath?, metrics: RawPath?, _ layout: OutputLayout, _ summary: RunSummary, hasReport: Bool) {
        if let junit { attempt(junit, "JUnit") { try JUnit.write(layout, run: summary.id, to: junit) } }
        if let metrics {
            var summary = summary
            if !hasReport || !problems.isEmpty {
                let status = Int32(summary.exitStatus ?? 0)
                summary.exitStatus = Int(ExitStatus.winner([status, ExitStatus.reportFailed]))
            }
            let file = Metrics(summary, output: layout.root, finished: UTCTime.now)
            attempt(metrics, "metrics") { try file.write(to: metrics) }
        }
    }

    private mutating func attempt(_ path: RawPath, _ what: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            problems.append("\(what) file not written: \(Escape.visible("\(error)"))")
        }
    }

    private static func summary(_ options: RunOptions, _ outcome: RunOutcome) -> RunSummary {
        var run = RunSummary(id: outcome.runID)
        run.version = options.version
        run.seconds = (outcome.seconds * 1000).rounded() / 1000
        run.exitStatus = Int(outcome.exitStatus)
        run.isInterrupted = outcome.stop != nil
        run.tally = outcome.counts
        run.frames = outcome.frames
        run.processorSeconds = (outcome.processorSeconds * 1000).rounded() / 1000
        run.toolsFailed = outcome.toolFailures.count
        return run
    }
}
