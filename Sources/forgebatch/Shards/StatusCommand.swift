internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say how a run in shards stands, and which shards are missing.",
        discussion: """
            A shard is done when all of its videos have ended, working while an attempt at it goes on, and missing when \
            neither is so. Numbers of missing shards are printed as sbatch --array takes them.

            Exit status: 0 told, 64 usage, 66 no such folder or no run in shards.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Argument(help: "The run: its id or the beginning of it (default: the newest run in shards).")
    var id: String?

    @Flag(help: "Print it as JSON, each shard in full.")
    var json = false

    private static let schema = "forgebatch/status/1"

    func run() throws {
        let layout = try OutputArgument.layout(output)
        let plan = try ShardedRun.plan(id, layout)
        let status = try ShardStatus(plan, layout)
        if json { return Terminal.output(JSONWriter.encode(StatusCommand.json(status)) + [0x0a]) }
        Terminal.output(StatusCommand.lines(status).joined(separator: "\n"))
    }

    private static func lines(_ status: ShardStatus) -> [String] {
        var lines = [
            "run \(status.runID): \(status.ended) of \(Quantity.plural(status.jobs, "video")) ended"
                + (status.failed > 0 ? ", \(status.failed) failed" : "")
                + joined(status)
        ]
        for stand in [ShardStatus.Shard.Stand.done, .working, .missing] where status.count(stand) > 0 {
            let numbers = stand == .missing ? ": \(ShardRanges.text(status.missing))" : ""
            lines.append("  \(Quantity.plural(status.count(stand), "shard")) \(stand.rawValue)\(numbers)")
        }
        return lines
    }

    private static func joined(_ status: ShardStatus) -> String {
        switch status.joined {
        case .nothing: ""
        case .partly: ", joined in part"
        case .all: ", joined"
        }
    }

    private static func json(_ status: ShardStatus) -> JSON {
        .members([
            "schema": .string(schema), "run_id": .string(status.runID), "joined": .bool(status.joined == .all),
            "joined_partly": status.joined == .partly ? .bool(true) : nil,
            "jobs": .int(status.jobs), "ended": .int(status.ended), "lost": .int(status.failed),
            "counts": .members([
                "done": .int(status.count(.done)), "working": .int(status.count(.working)),
                "missing": .int(status.count(.missing)),
            ]),
            "missing": .string(ShardRanges.text(status.missing)),
            "shards": .array(
                status.shards.map { shard in
                    .members([
                        "shard": .int(shard.number), "stand": .string(shard.stand.rawValue), "jobs": .int(shard.jobs),
                        "ended": .int(shard.ended), "lost": .int(shard.failed),
                        "host": shard.host.isEmpty ? nil : .string(shard.host),
                        "exit_status": shard.exitStatus.map { .int($0) },
                    ])
                }),
        ])
    }
}

/// The run in shards that a command means.
enum ShardedRun {
    /// - Throws: ``Failure`` with the status of what cannot be read.
    static func plan(_ word: String?, _ layout: OutputLayout) throws -> PlanFile {
        do {
            return try ShardedRuns.plan(named: word, layout)
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(layout.root.display): \(error)")
        }
    }

    /// What a plan says of its run.
    static func document(_ plan: PlanFile) throws -> RunDocument {
        do {
            return try plan.document()
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
    }
}
