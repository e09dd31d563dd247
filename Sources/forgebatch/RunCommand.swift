internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import FrameTools
internal import Jobs
internal import ToolModel
internal import VideoWorker

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Analyse videos: walk folders, process, report.",
        discussion: """
            Every flag but --plan and --shard is also an environment variable (FORGEBATCH_MEMORY_LIMIT) and a key of the \
            configuration file (memory-limit: 512M). Order: flag, environment, --config FILE, forgebatch.yaml in the working directory, \
            $XDG_CONFIG_HOME/forgebatch/config.yaml, /etc/forgebatch.yaml. A forgebatch.yaml in the working directory \
            is not read when an input lies there or below, or when names come from standard input: name it by \
            --config then. In paths, ~ and ~/ at the beginning are the home folder; ./~ is a name that begins so.

            Exit status: 0 done or nothing to do, 1 run incomplete, 3 a video failed or is damaged or a plugin's tool \
            failed on one, 5 report, JUnit or metrics file not written, 9 no input, 10 stopped by a limit, 11 locked, \
            64 usage, 66 unreadable input, 75 a shard that TERM stopped, 78 bad configuration, 129/130/143 stopped by a \
            signal.
            """)

    @OptionGroup(title: "Input and output") var input: InputArguments
    @OptionGroup(title: "Tools") var tools: ToolArguments
    @OptionGroup(title: "Work") var work: WorkArguments
    @OptionGroup(title: "Reuse") var reuse: ReuseArguments
    @OptionGroup(title: "Display") var display: OutputArguments
    @OptionGroup(title: "Report") var pages: ReportArguments
    @OptionGroup(title: "Report") var monitoring: MonitoringArguments
    @OptionGroup(title: "Operation") var operation: OperationArguments
    @OptionGroup(title: "Commands") var commands: HookArguments
    @OptionGroup(title: "Many machines") var shards: ShardArguments

    func validate() throws {
        if shards.plan != nil {
            guard input.paths.isEmpty else {
                throw ValidationError("--plan says what is done: PATHs belong to forgebatch plan.")
            }
            if let shard = shards.shard, shard < 0 { throw ValidationError("--shard is a number from 0.") }
        } else if shards.shard != nil {
            throw ValidationError("--shard is one of a plan: give --plan OUT/runs/ID, too.")
        } else {
            try input.requireSome(for: "run")
        }
        try BatchLimits.check(input, tools, work, operation)
        if commands.hookTimeout.seconds <= 0 { throw ValidationError("--hook-timeout must be greater than 0.") }
    }

    func run() async throws {
        EventStream.isOn = display.progress == .json
        let signals = try Signals.listen()
        if let plan = shards.plan { return try await ShardRun(self, plan.path).run(signals) }
        do {
            try await run(signals)
        } catch let status as ExitCode {
            throw status
        } catch {
            // No run began, or it broke off: there is no summary.
            if reuse.dryRun { throw error }
            let failure = RunCommand.failure(error)
            // Told before the commands have their time.
            Terminal.fatal(failure.message, status: failure.status)
            signals.leave()
            await RunCommand.zygotes.close()
            await hooks.run(
                Summary.refused(failure.message, status: failure.status), status: failure.status, facts: [],
                hasEnded: false, hasToEnd: { signals.endsCommands })
            throw ExitCode(failure.status)
        }
    }

    private var hooks: Hooks { Hooks(commands, program: RunCommand.program) }

    static func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let error as SystemError: Failure(ExitStatus.failure, "\(error)")
        default: Failure(exitCode(for: error).rawValue, message(for: error))
        }
    }

    private func run(_ signals: Signals) async throws {
        let options = try await makeOptions()
        try Machine.reserveDescriptors(workers: options.workers)
        if reuse.dryRun {
            try DryRun.print(
                await plan(options), options: options, json: display.json, advice: EmptySelection.advice(input))
            if Terminal.reportOutputError() { throw ExitCode(ExitStatus.failure) }
            return
        }
        let console = Console(arguments: display)
        let showStatus = Task { for await _ in signals.status { console.askForStatus() } }
        defer { showStatus.cancel() }
        let outcome: RunOutcome
        var report = Report.none
        var outputs = MonitoringFiles()
        do {
            outcome = try await BatchRunner.run(
                options, signals: signals.begin,
                begin: { layout in
                    let rebuilt = try CatalogRebuild.ifMissing(layout)
                    if rebuilt > 0 {
                        console.note("rebuilt a missing catalog from \(Quantity.plural(rebuilt, "result"))")
                    }
                    _ = try HistoryRepair.addMissing(layout)
                    return try Baseline.resolve(pages.baseline, scope: options.scope, in: layout)
                }, display: { console.show($0) },
                conclude: {
                    console.clear()
                    signals.finish()
                    report = Report.of(
                        options, $0, pages: pages.report, templates: pages.templates?.path,
                        isQuiet: display.quiet || ![.auto, .bar].contains(display.progress))
                    outputs = MonitoringFiles(monitoring, options, $0, hasReport: report.problem == nil)
                })
        } catch let failure as LookFailure {
            console.clear()
            throw Failure(failure.exitStatus, "\(failure)")
        } catch let refusal as RunRefusal {
            console.clear()
            guard case .locked = refusal else { throw Failure(refusal.exitStatus, "\(refusal)") }
            if operation.lock.mode == .skip {
                if display.verbose || EventStream.isOn { Terminal.error("forgebatch: \(refusal); skipped", .note) }
                return
            }
            throw Failure(ExitStatus.locked, "\(refusal); wait for it with --lock wait")
        }
        var statuses = [outcome.exitStatus]
        if report.problem != nil || !outputs.problems.isEmpty { statuses.append(ExitStatus.reportFailed) }
        var summary = Summary(
            output: options.output, outcome: outcome, report: report, problems: outputs.problems,
            advice: EmptySelection.advice(input), isMistaken: !EmptySelection.results(input).isEmpty,
            status: ExitStatus.winner(statuses))
        summary.print(display)
        if Terminal.reportOutputError() { statuses.append(ExitStatus.reportFailed) }
        let status = ExitStatus.winner(statuses)
        summary.status = status
        signals.leave()
        await hooks.run(
            summary.json, status: status,
            facts: [
                ("RUN", outcome.runID), ("OUTPUT", options.output.text), ("REPORT", report.index?.text),
            ], hasEnded: true, hasToEnd: { signals.endsCommands })
        if status != 0 { throw ExitCode(status) }
    }
}

/// Names of what this process has open and no other one can open, as the `/dev/fd/63` that a shell makes of `<(…)`.
enum OpenedFiles {
    private static let folders = ["/dev/fd/", "/dev/stdin", "/proc/self/"].map { Array($0.utf8) }

    static func includes(_ path: RawPath) -> Bool { folders.contains { path.bytes.starts(with: $0) } }
}
