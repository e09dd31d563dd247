internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

/// `forgebatch run --plan`: does one shard.
struct ShardRun {
    private let command: RunCommand
    private let path: RawPath

    init(_ command: RunCommand, _ path: RawPath) { (self.command, self.path) = (command, path) }

    func run(_ signals: Signals) async throws {
        // Whoever started this starts it again.
        signals.answerTermination(with: ExitStatus.startAgain)
        let (plan, layout) = try ShardLayers.open(path)
        let shard = try number(plan.head)
        let options = try options(layout, plan.head)
        try Machine.reserveDescriptors(workers: options.workers)
        let console = Console(arguments: command.display)
        let showStatus = Task { for await _ in signals.status { console.askForStatus() } }
        defer { showStatus.cancel() }
        let outcome: RunOutcome
        do {
            outcome = try await ShardRunner.run(
                options, plan: plan, shard: shard, signals: signals.begin, display: { console.show($0) })
        } catch {
            console.clear()
            throw ShardRun.failure(error)
        }
        console.clear()
        var statuses = [outcome.exitStatus]
        var summary = Summary(
            output: layout.root, outcome: outcome, report: .none, problems: [], advice: [], isMistaken: false,
            status: outcome.exitStatus)
        summary.shard = (shard.number, plan.head.shards)
        summary.print(command.display)
        if Terminal.reportOutputError() { statuses.append(ExitStatus.reportFailed) }
        let status = ExitStatus.winner(statuses)
        if status != 0 { throw ExitCode(status) }
    }

    private func number(_ head: PlanHead) throws -> ShardNumber {
        do throws(ShardNumber.Fault) {
            let shard = try ShardNumber.find(command.shards.shard, environment: Terminal.environment)
            try shard.check(head.shards)
            return shard
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
    }

    /// The tools of the plan, as they are on this machine.
    ///
    /// - Throws: ``Failure`` when one of them is not there.
    private func selection(_ head: PlanHead) throws -> ToolSelection {
        let tools = command.tools
        do {
            let names = try ToolNames(
                list: tools.tools, settings: tools.set, source: PluginSource(tools.pluginDirs.map(\.path)))
            return try ToolSelection(names, devices: tools.pluginDevices)
        } catch let failure as Failure {
            throw Failure(
                ExitStatus.configuration,
                "the plan of run \(Escape.visible(head.runID)): its tools are not as they are here: \(failure.message)")
        }
    }

    private func options(_ layout: OutputLayout, _ head: PlanHead) throws -> RunOptions {
        let selection = try selection(head)
        var options = RunOptions(
            output: layout.root, version: Forgebatch.version, worker: RunCommand.program, now: .now)
        let count = try command.fill(&options, selection)
        options.zygotes = RunCommand.zygotes
        options.notes = [command.display.verbose ? count.reason : nil].compactMap { $0 }
        return options
    }

    private static func failure(_ error: any Error) -> any Error {
        switch error {
        case LookFailure.stoppedStarting(.signal(StopReason.termination)):
            Failure(ExitStatus.startAgain, "\(error)")
        case let failure as LookFailure: Failure(failure.exitStatus, "\(failure)")
        case let fault as PlanFile.Fault: Failure(ExitStatus.unreadableInput, "\(fault)")
        case let refusal as RunRefusal: Failure(refusal.exitStatus, "\(refusal)")
        default: error
        }
    }
}
