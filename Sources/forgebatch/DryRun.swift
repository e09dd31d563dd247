internal import BatchRun
internal import Bytes
internal import Jobs

/// `--dry-run`: what would be done.
enum DryRun {
    /// - Parameter advice: what to say of a selection that takes nothing.
    static func print(_ plan: Plan, options: RunOptions, json: Bool, advice: [String]) throws {
        var lines: [(path: RawPath, run: Bool, reason: String)] = plan.jobs.map { ($0.video.relative, true, $0.reason) }
        lines += plan.skipped.map { ($0.path, false, $0.reason) }
        lines.sort { $0.path < $1.path }
        for line in lines {
            if json {
                let members =
                    line.path.members() + [
                        JSON.Member("action", line.run ? "run" : "skip"), JSON.Member("reason", .string(line.reason)),
                    ]
                Terminal.output(JSONWriter.encode(.object(members)) + [0x0a])
            } else {
                Terminal.output("\(line.run ? "run " : "skip") \(line.path.display) (\(line.reason))")
            }
        }
        if lines.isEmpty, !json {
            let ruledOut = plan.discovery.ruledOut
            Terminal.error("forgebatch: \(Summary.nothing(ruledOut: ruledOut)); there is nothing to do")
            if ruledOut > 0 || plan.discovery.candidates.isEmpty { advice.forEach { Terminal.error("  \($0)") } }
        }
        for problem in plan.discovery.problems {
            Terminal.error("forgebatch: \(problem.path.display): \(problem.reason)")
        }
        if plan.leftForLater > 0 {
            Terminal.error("forgebatch: --limit leaves \(plan.leftForLater) more videos to later runs")
        }
        for note in options.notes + plan.notes { Terminal.error("forgebatch: \(note)") }
        if let note = plan.discovery.untakenNote { Terminal.error("forgebatch: \(note)") }
        if plan.discovery.problems.contains(where: { $0.isInput }) {
            throw Failure(ExitStatus.unreadableInput, "not every input can be read")
        }
    }
}
