internal import BatchRun
internal import Bytes
internal import Jobs

/// `--dry-run`: what would be done.
enum DryRun {
    /// - Parameter advice: what to say of a selection that takes nothing.
    static func print(_ plan: Plan, options: RunOptions, json: Bool, advice: [String]) throws {
        func write(_ path: RawPath, run: Bool, _ reason: String) {
            if json {
                let members =
                    path.members() + [
                        JSON.Member("action", run ? "run" : "skip"), JSON.Member("reason", .string(reason)),
                    ]
                Terminal.output(JSONWriter.encode(.object(members)) + [0x0a])
            } else {
                Terminal.output("\(run ? "run " : "skip") \(path.display) (\(reason))")
            }
        }
        var jobs = plan.jobs
        jobs.sort(isByName: true)
        var skipped = plan.skipped[...]
        for job in jobs {
            while let first = skipped.first, first.path < job.video.relative {
                write(first.path, run: false, first.reason)
                skipped.removeFirst()
            }
            write(job.video.relative, run: true, job.reason)
        }
        for skip in skipped { write(skip.path, run: false, skip.reason) }
        if plan.jobs.isEmpty, plan.skipped.isEmpty, !json {
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
