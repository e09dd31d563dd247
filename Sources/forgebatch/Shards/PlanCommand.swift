internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Plan a run and cut it into shards for many machines.",
        discussion: """
            Looks for videos as run does, leaves out what run would skip, and writes OUT/runs/ID/plan.ndjson: the videos \
            that are to be done, in shards of like size. A scheduler that is there, such as Slurm or GNU Parallel, then \
            starts forgebatch run --plan for each shard, and forgebatch merge joins what they made into a run like any \
            other. The commands for that are printed. Flags of run that shards and their merge go by, such as --tools \
            and --report, are kept in the plan.

            Exit status: 0 planned, 1 not planned, 9 no input, 10 stopped by --max-duration, 11 locked, 64 usage, 66 \
            unreadable input (the rest is planned), 78 bad configuration, 129/130/143 stopped by a signal.
            """)

    @OptionGroup(title: "Input and output") var input: InputArguments
    @OptionGroup(title: "Tools") var tools: ToolArguments
    @OptionGroup(title: "Work") var work: WorkArguments
    @OptionGroup(title: "Reuse") var reuse: ReuseArguments
    @OptionGroup(title: "Display") var display: OutputArguments
    @OptionGroup(title: "Report") var pages: ReportArguments
    @OptionGroup(title: "Report") var monitoring: MonitoringArguments
    @OptionGroup(title: "Operation") var operation: OperationArguments

    @Option(
        help: ArgumentHelp(
            "Into how many shards: as a rule four times as many as tasks work at once, of half an hour to three hours.",
            valueName: "n"))
    var shards: Int

    @Flag(
        help: """
            Open each video first, and cut by the pixels of all its frames, as its header tells, and its bits, in place of \
            its bytes alone: for libraries of several sizes of picture, codecs or bit rates. What does not tell counts by \
            its bytes.
            """)
    var probe = false

    /// Flags without a value that `run` does not have.
    static let ownFlags: Set<String> = ["probe"]
    /// All that `run` does not have.
    private static let own = ownFlags.union(["shards"])

    func validate() throws {
        guard (1...PlanFile.mostShards).contains(shards) else {
            throw ValidationError("--shards is a number from 1 to \(PlanFile.mostShards).")
        }
        try input.requireSome(for: "plan")
        try BatchLimits.check(input, tools, work, operation)
    }

    func run() async throws {
        EventStream.isOn = display.progress == .json
        let signals = try Signals.listen()
        var command = try RunCommand.parse(["."])
        (command.input, command.tools, command.work) = (input, tools, work)
        (command.reuse, command.display, command.operation) = (reuse, display, operation)
        (command.pages, command.monitoring) = (pages, monitoring)
        var options = try await command.makeOptions()
        options.invocation?.options.removeAll { PlanCommand.own.contains($0.name) }
        if reuse.dryRun {
            return try DryRun.print(
                await command.plan(options), options: options, json: display.json, advice: EmptySelection.advice(input))
        }
        let flags = try ShardLayers.kept(self, plugins: options.plugins)
        if probe { try Machine.reserveDescriptors(workers: options.workers) }
        let console = Console(arguments: display)
        let showStatus = Task { for await _ in signals.status { console.askForStatus() } }
        defer { showStatus.cancel() }
        let outcome: ShardPlanner.Outcome
        do {
            defer { console.clear() }
            outcome = try await ShardPlanner.plan(
                options, shards: shards, flags: flags, signals: signals.begin,
                begin: { layout in
                    let rebuilt = try CatalogRebuild.ifMissing(layout)
                    if rebuilt > 0 {
                        Terminal.error(
                            "forgebatch: rebuilt a missing catalog from \(Quantity.plural(rebuilt, "result"))", .note)
                    }
                    _ = try HistoryRepair.addMissing(layout)
                    return try Baseline.resolve(pages.baseline, scope: options.scope, in: layout)
                }, probing: probe ? { console.show($0) } : nil)
        } catch let failure as LookFailure {
            throw Failure(failure.exitStatus, "\(failure)")
        } catch let refusal as RunRefusal {
            if case .locked = refusal {
                if operation.lock.mode == .skip { return }
                throw Failure(ExitStatus.locked, "\(refusal); wait for it with --lock wait")
            }
            throw Failure(refusal.exitStatus, "\(refusal)")
        }
        await RunCommand.zygotes.close()
        PlanSummary(outcome, output: options.output).print(display)
        if outcome.exitStatus != 0 { throw ExitCode(outcome.exitStatus) }
    }
}

/// What is said of a plan that was made.
private struct PlanSummary {
    private let outcome: ShardPlanner.Outcome
    private let output: RawPath

    private static let schema = "forgebatch/planned/1"

    init(_ outcome: ShardPlanner.Outcome, output: RawPath) { (self.outcome, self.output) = (outcome, output) }

    func print(_ display: OutputArguments) {
        for problem in outcome.problems {
            Terminal.error("forgebatch: \(problem.path.display): \(problem.reason)")
        }
        if !display.quiet { for note in outcome.notes { Terminal.error("forgebatch: \(note)", .note) } }
        if EventStream.isOn { EventStream.write(.planned, [JSON.Member("plan", json)]) }
        if display.json { return Terminal.output(JSONWriter.encode(json) + [0x0a]) }
        if !display.quiet { Terminal.output(lines.joined(separator: "\n")) }
    }

    private var head: PlanHead { outcome.head }
    private var folder: RawPath { outcome.path.parent }

    private var lines: [String] {
        let skipped = outcome.counts.allSkipped
        let videos =
            "\(Quantity.plural(head.jobs, "video")), \(Quantity.size(head.bytes))"
            + (skipped > 0 ? ", \(skipped) left alone" : "")
        let commands = EngineCommands(
            folder: folder, output: output, run: head.runID, shards: head.shards, has: EngineCommands.isInstalled)
        return [
            "run \(head.runID): \(Quantity.plural(head.shards, "shard")) of \(videos)", "plan: \(outcome.path.display)",
        ] + (outcome.probes.map { [PlanSummary.line($0)] } ?? []) + commands.lines
    }

    /// `probed 980 of 1000 videos; 20 count by their bytes at the median of the others: 18 could not be opened, 2 crashed`
    static func line(_ probes: ProbeTally) -> String {
        let head = "probed \(probes.probed) of \(Quantity.plural(probes.videos, "video"))"
        guard probes.byBytes > 0 else { return head }
        let causes = ProbeTally.Gap.allCases.compactMap { gap in probes.gaps[gap].map { "\($0) \(words(gap))" } }
        let counted = probes.byBytes == 1 ? "1 counts by its bytes" : "\(probes.byBytes) count by their bytes"
        let rate = probes.probed > 0 ? " at the median of the others" : ""
        return "\(head); \(counted)\(rate): \(causes.joined(separator: ", "))"
    }

    private static func words(_ gap: ProbeTally.Gap) -> String {
        switch gap {
        case .unopened: "could not be opened"
        case .untold: "without a length or a size of picture"
        case .crashed: "crashed"
        case .late: "over --stall or --timeout"
        case .unstarted: "without a worker"
        }
    }

    private var json: JSON {
        .members([
            "schema": .string(PlanSummary.schema), "run_id": .string(head.runID),
            "exit_status": .int(Int(outcome.exitStatus)), "output": .string(output.display),
            "plan": .string(folder.display), "shards": .int(head.shards), "jobs": .int(head.jobs),
            "bytes": .int(head.bytes), "counts": outcome.counts.json,
            "probe": outcome.probes.map(PlanSummary.json),
            "notes": outcome.notes.isEmpty ? nil : .array(outcome.notes.map { .string($0) }),
        ])
    }

    private static func json(_ probes: ProbeTally) -> JSON {
        let causes = ProbeTally.Gap.allCases.compactMap { gap in
            probes.gaps[gap].map { JSON.Member(gap.rawValue, .int($0)) }
        }
        return .object(
            [JSON.Member("probed", .int(probes.probed)), JSON.Member("by_bytes", .int(probes.byBytes))] + causes)
    }
}
