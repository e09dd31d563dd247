internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import HTMLReport
internal import Jobs
internal import Store

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Join the shards of a run into a run like any other.",
        discussion: """
            Writes what run writes at its end: catalog, log, record, history, latest, report. Results stay where they are. \
            It may be done again at any time. What the plan was told, such as --report and --junit, holds where nothing \
            else is given here.

            Exit status: 0 done, 1 incomplete, 3 a video failed or is damaged, 5 report, JUnit or metrics file not \
            written, 9 no input when it was planned, 10 shards are missing (without --partial nothing is written), 11 \
            locked, 64 usage, 66 no such run, or unreadable input when it was planned.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Argument(help: "The run: its id or the beginning of it (default: the newest run in shards).")
    var id: String?

    @Flag(help: "Join what there is. Videos that were not done count as not started; the status is 10.")
    var partial = false

    @OptionGroup(title: "Files") var files: MergeFileArguments

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print the summary even when standard output is no terminal.")
    var verbose = false

    @Option(help: "Colours: auto, always, never.")
    var color = ColorMode.auto

    @Flag(help: "Print the summary as JSON on standard output.")
    var json = false

    func run() async throws {
        // What a run writes names its folder whole, wherever it is started.
        let layout = OutputLayout(root: Files.absolute(try OutputArgument.layout(output).root))
        let plan = try ShardedRun.plan(id, layout)
        let told = try files.completed(by: plan)
        let lock: OutputFolder.Lock
        do {
            lock = try await OutputFolder.lock(layout, runID: plan.head.runID, mode: told.lock.mode)
        } catch let refusal as RunRefusal {
            throw Failure(refusal.exitStatus, "\(refusal)")
        }
        defer { withExtendedLifetime(lock) {} }
        let joined = try await join(plan, layout, told, isLocked: lock.lack == nil)
        let summary = joined.summary
        let report = report(layout, summary, told)
        let outputs = MonitoringFiles(
            junit: told.monitoring.junit?.path, metrics: told.monitoring.metricsTextfile?.path, layout, summary,
            hasReport: report.problem == nil)
        var outcome = RunOutcome(
            summary, issues: joined.issues.map { VideoIssue(path: $0.path, message: $0.message, status: $0.status) },
            toolFailures: joined.toolFailures.map { VideoToolFailure(path: $0.path, tool: $0.tool) },
            notes: joined.notes)
        if !joined.missing.isEmpty {
            outcome.notes.insert("missing shards: \(ShardRanges.text(joined.missing))", at: 0)
        }
        // Last of all, as a run does.
        if let count = told.keepRuns, lock.lack == nil {
            do {
                _ = try RunRemoval.removeAll(but: count, layout)
            } catch {
                outcome.notes.append("older runs are not removed: \(error)")
            }
        }
        try tell(outcome, report, outputs, layout)
    }

    private func join(
        _ plan: PlanFile, _ layout: OutputLayout, _ told: MergeFileArguments, isLocked: Bool
    ) async throws -> ShardMerge.Outcome {
        _ = try CatalogRebuild.ifMissing(layout)
        _ = try HistoryRepair.addMissing(layout)
        let planned = try ShardedRun.document(plan).summary
        let baseline = try Baseline.resolve(told.pages.baseline, of: planned, in: layout)
        do {
            let joined = try await ShardMerge.run(
                plan, layout, isPartial: partial, baseline: baseline, compacts: isLocked,
                exitStatus: MergeCommand.exitStatus)
            // What killed attempts left; one that still works keeps what is its own.
            if isLocked, joined.missing.isEmpty { OutputFolder.removeLeftovers(layout) }
            return joined
        } catch let missing as ShardMerge.Missing {
            throw Failure(
                ExitStatus.stopped,
                "run \(plan.head.runID): \(Quantity.plural(missing.jobs, "video")) not done, of the shards \(ShardRanges.text(missing.shards)): do these, or give --partial"
            )
        } catch let fault as PlanFile.Fault {
            throw Failure(ExitStatus.unreadableInput, "\(fault)")
        }
    }

    private static func exitStatus(_ findings: ShardMerge.Findings) -> Int32 {
        var statuses = [findings.planned]
        if findings.isIncomplete { statuses.append(ExitStatus.stopped) }
        if findings.isFaulty { statuses.append(ExitStatus.videosFailed) }
        return ExitStatus.winner(statuses)
    }

    private func report(_ layout: OutputLayout, _ run: RunSummary, _ told: MergeFileArguments) -> Report {
        let pages: ReportOptions.Pages?
        switch told.pages.report {
        case .some(.none): return .none
        case .basic: pages = .basic
        case .full: pages = .full
        case nil: pages = nil
        }
        return Report(
            layout, run: run.id, videos: run.tally.found, pages: pages, templates: told.pages.templates?.path,
            baseline: run.baseline, isQuiet: quiet)
    }

    private func tell(
        _ outcome: RunOutcome, _ report: Report, _ outputs: MonitoringFiles, _ layout: OutputLayout
    ) throws {
        var statuses = [outcome.exitStatus]
        if report.problem != nil || !outputs.problems.isEmpty { statuses.append(ExitStatus.reportFailed) }
        var display = try OutputArguments.parse([])
        (display.quiet, display.verbose, display.color, display.json) = (quiet, verbose, color, json)
        Summary(
            output: layout.root, outcome: outcome, report: report, problems: outputs.problems, advice: [],
            isMistaken: false, status: ExitStatus.winner(statuses)
        ).print(display)
        if Terminal.reportOutputError() { statuses.append(ExitStatus.reportFailed) }
        let status = ExitStatus.winner(statuses)
        if status != 0 { throw ExitCode(status) }
    }
}

/// What is written beside the run itself; where nothing is given, what the plan was told.
struct MergeFileArguments: ParsableArguments {
    @OptionGroup var pages: ReportArguments
    @OptionGroup var monitoring: MonitoringArguments

    @Option(
        help: ArgumentHelp(
            "At the end, remove all runs but the newest N: their logs and records. Results stay.", valueName: "n"))
    var keepRuns: Int?

    @Option(
        help: ArgumentHelp(
            "When a run holds the lock of the folder: fail (status 11), wait or wait=DURATION; none does without.",
            valueName: "mode"))
    var lock = LockArgument(mode: .fail)

    func validate() throws {
        if let keepRuns, keepRuns < 1 { throw ValidationError("--keep-runs must be at least 1.") }
        if lock.mode == .skip { throw ValidationError("--lock skip is for runs that come again by themselves.") }
    }

    /// - Throws: ``Failure`` for a plan whose flags cannot be read.
    func completed(by plan: PlanFile) throws -> MergeFileArguments {
        let words = plan.head.flags.filter { word in
            ["report", "templates", "baseline", "metrics-textfile", "junit", "keep-runs"].contains {
                word.hasPrefix("--\($0)=")
            }
        }
        do {
            let told = try MergeFileArguments.parse(words)
            var result = self
            result.pages = pages.completed(by: told.pages)
            result.monitoring = monitoring.completed(by: told.monitoring)
            result.keepRuns = keepRuns ?? told.keepRuns
            return result
        } catch {
            throw Failure(
                ExitStatus.configuration, "\(plan.path.display): \(MergeFileArguments.message(for: error))")
        }
    }
}
