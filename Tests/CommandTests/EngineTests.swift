import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("The commands that plan prints, for the scheduler that it finds")
struct EngineTests {
    /// Programs that stand in for schedulers, and do what these do with their words.
    private static let programs = [
        // Joins its words for a shell, once for each line of its input.
        "parallel": """
        while :; do case $1 in --joblog | --retries) shift 2 ;; *) break ;; esac; done
        while read -r number; do sh -c "$(printf '%s' "$*" | sed "s/{}/$number/g")" || exit; done
        """,
        // Runs the script of --wrap for each number of --array at once.
        "sbatch": """
        numbers=-
        for word; do
            case $word in
            --array=*) range=${word#--array=}; numbers=$(seq "${range%-*}" "${range#*-}") ;;
            --wrap=*) script=${word#--wrap=} ;;
            esac
        done
        for number in $numbers; do
            [ "$number" = - ] || export SLURM_ARRAY_TASK_ID="$number"
            sh -c "$script" >&2 || exit
        done
        echo 7
        """,
        "srun": "shift; exec \"$@\"",
    ]

    @Test(
        "They do the run as they stand, whatever the output folder is called",
        arguments: ["sbatch", "parallel", "sh"], ["out", "it's \"the\" $HOME; `out` & more"])
    func printed(_ engine: String, _ name: String) async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        let programs = forge.home.appending("bin")
        for (program, script) in EngineTests.programs where program == engine || program == "srun" {
            let path = programs.appending(program)
            try forge.write("#!/bin/sh\n\(script)\n", to: path)
            MadePlugin.setMode(path, 0o755)
        }
        let planned = try await forge.forgebatch(
            ["plan", "in", "-o", name, "--no-config", "--shards", "2", "--report", "none"].map { RawPath($0) },
            environment: ["PATH": programs.display])
        #expect(planned.status == 0, "\(planned.error)")
        let lines = planned.output.split(separator: "\n").filter { $0.hasPrefix("  ") }
        #expect(lines.count == 2 && lines.contains { $0.contains(engine == "sh" ? "for i in" : "\(engine) --") })
        var shell = Launch(RawPath("/bin/sh"), ["-e", "-c", lines.joined(separator: "\n")].map { RawPath($0) })
        shell.directory = forge.home
        shell.environment["PATH"] = "\(programs.display):\(Forge.executable.parent.display):/usr/bin:/bin"
        let done = try await RunningProcess.run(shell)
        #expect(done.status == 0, "\(lines) \(done.error)")
        let layout = OutputLayout(root: forge.home.appending(name))
        #expect(try layout.catalogLines.latest().records.count == 3)
    }
}
