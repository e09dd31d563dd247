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

    init(_ arguments: OperationArguments, _ options: RunOptions, _ outcome: RunOutcome, hasReport: Bool) {
        if let path = arguments.junit?.path {
            attempt(path, "JUnit") { try JUnit.write(OutputLayout(root: options.output), run: outcome.runID, to: path) }
        }
        if let path = arguments.metricsTextfile?.path {
            var statuses = [outcome.exitStatus]
            if !hasReport || !problems.isEmpty { statuses.append(ExitStatus.reportFailed) }
            let metrics = Metrics(
                summary(options, outcome, status: ExitStatus.winner(statuses)), output: options.output,
                finished: UTCTime.now)
            attempt(path, "metrics") { try metrics.write(to: path) }
        }
    }

    private mutating func attempt(_ path: RawPath, _ what: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            problems.append("\(what) file not written: \(Escape.visible("\(error)"))")
        }
    }

    private func summary(_ options: RunOptions, _ outcome: RunOutcome, status: Int32) -> RunSummary {
        var run = RunSummary(id: outcome.runID)
        run.version = options.version
        run.seconds = (outcome.seconds * 1000).rounded() / 1000
        run.exitStatus = Int(status)
        run.isInterrupted = outcome.stop != nil
        run.tally = outcome.counts
        run.frames = outcome.frames
        run.processorSeconds = outcome.processorSeconds
        return run
    }
}
