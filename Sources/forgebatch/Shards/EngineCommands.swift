internal import Bytes
internal import Jobs

/// The commands that do a plan's shards and join them, for the scheduler that is installed.
struct EngineCommands {
    enum Engine: String, CaseIterable {
        case slurm = "sbatch"
        case parallel
        case shell = "sh"
    }

    let engine: Engine
    private let plan: String
    private let output: String
    private let run: String
    private let shards: Int

    /// Slurm's MaxArraySize is 1001 where nobody changed it: numbers up to 1000.
    private static let arraySize = 1000

    /// - Parameters:
    ///   - folder: of the run.
    ///   - has: whether a program is installed.
    init(folder: RawPath, output: RawPath, run: String, shards: Int, has: (String) -> Bool) {
        engine = Engine.allCases.first { $0 == .shell || has($0.rawValue) } ?? .shell
        (plan, self.output) = (Escape.shell(folder.bytes), Escape.shell(output.bytes))
        (self.run, self.shards) = (run, shards)
    }

    /// Whether a program lies in a folder of PATH.
    static func isInstalled(_ program: String) -> Bool {
        (Terminal.environment("PATH") ?? "").split(separator: ":").contains { folder in
            let path = RawPath(String(folder)).appending(program)
            return (try? Files.status(path))?.kind == .file && Files.isExecutable(path)
        }
    }

    private var merge: String { "forgebatch merge \(output) \(run)" }

    var lines: [String] {
        switch engine {
        case .slurm: slurm
        case .parallel:
            [
                "next, by GNU Parallel (--sshlogin for other machines):",
                // It hands its words to a shell once more, joined.
                "  seq 0 \(shards - 1) | parallel --joblog \(plan)/parallel.log --retries 3 "
                    + quoted("forgebatch run --plan \(plan) --shard {}"),
                "  \(merge)",
            ]
        case .shell:
            [
                "next, on this machine or on several that see the same folders (docs/scale.md has Slurm, GNU Parallel, Kubernetes):",
                "  for i in $(seq 0 \(shards - 1)); do forgebatch run --plan \(plan) --shard $i; done", "  \(merge)",
            ]
        }
    }

    /// An array of tasks for each thousand shards: a task is a step, so that a signal comes to the tool itself.
    private var slurm: [String] {
        var lines = ["next, by Slurm (samples/cluster/slurm.sh also starts again what fails):"]
        var ids: [String] = []
        for first in stride(from: 0, to: shards, by: EngineCommands.arraySize) {
            let last = min(EngineCommands.arraySize, shards - first) - 1
            let id = shards > EngineCommands.arraySize ? "a\(first / EngineCommands.arraySize)" : "a"
            let offset = first == 0 ? "" : " --export=ALL,FORGEBATCH_SHARD_OFFSET=\(first)"
            ids.append("$\(id)")
            lines.append(
                "  \(id)=$(sbatch --parsable --requeue --array=0-\(last)\(offset) --wrap=\(quoted("exec srun --ntasks=1 forgebatch run --plan \(plan)")))"
            )
        }
        lines.append("  sbatch --dependency=afterany:\(ids.joined(separator: ":")) --wrap=\(quoted(merge))")
        return lines
    }

    private func quoted(_ text: String) -> String { Escape.shell(Array(text.utf8)) }
}
