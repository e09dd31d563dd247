internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

/// What a run says of itself at its end.
struct Summary {
    let output: RawPath
    let outcome: RunOutcome
    let report: Report
    /// Files that were asked for and could not be written.
    let problems: [String]
    /// What to say of a selection that takes nothing.
    let advice: [String]
    /// Whether an input cannot be what was meant.
    let isMistaken: Bool
    var status: Int32
    /// For an attempt at a shard: its number, and how many there are.
    var shard: (number: Int, of: Int)?

    /// Off a terminal at most so many lines are printed, and none on success.
    private static let mostLines = 20

    func print(_ display: OutputArguments) {
        if display.json { Terminal.output(JSONWriter.encode(json) + [0x0a]) }
        let toOutput = !display.json && !display.quiet && (Terminal.outputIsTerminal || display.verbose)
        // An old failure that nobody asked about is no news.
        // That nothing was done because nothing could be read is.
        let isNothingRead =
            outcome.counts.found == 0 && (!outcome.untaken.isEmpty || outcome.ruledOut > 0 || isMistaken)
            && !display.quiet
        let isNews = status != 0 || !outcome.problems.isEmpty || isNothingRead
        let painted = Colors.areWanted(
            display.color, isTerminal: toOutput ? Terminal.outputIsTerminal : Terminal.errorIsTerminal)
        if EventStream.isOn { EventStream.write(.summary, [JSON.Member("summary", json)]) }
        if toOutput {
            Terminal.output(lines(colors: painted, isVerbose: display.verbose).joined(separator: "\n"))
        } else if isNews, !EventStream.isOn {
            Terminal.error(lines(colors: painted, isVerbose: display.verbose).joined(separator: "\n"))
        }
    }

    private func lines(colors: Bool, isVerbose: Bool) -> [String] {
        var result = [headline(colors)]
        var details: [String] = []
        for problem in outcome.problems { details.append("\(problem.path.display): \(problem.reason)") }
        let sorted = outcome.issues.sorted { ($0.status, $0.path) < ($1.status, $1.path) }
        for issue in sorted { details.append("\(issue.path.display): \(issue.message)") }
        for failure in outcome.toolFailures.sorted(by: { ($0.path, $0.tool.id) < ($1.path, $1.tool.id) }) {
            let frames = Quantity.plural(failure.tool.frame, "frame")
            let tool = "\(failure.tool.id) failed after \(frames): \(failure.tool.message)"
            details.append("\(failure.path.display): \(tool)")
        }
        for note in outcome.notes { details.append("note: \(note)") }
        if outcome.counts.found == 0, !outcome.inputVanished { details += advice }
        let room = Summary.mostLines - 3
        result += details.prefix(details.count > room ? room - 1 : room).map { "  " + String($0.prefix(400)) }
        if details.count > room { result.append("  … and \(details.count - room + 1) more, in the report") }
        let files = ConfigurationLayers.filesRead.map(\.display)
        if isVerbose, !files.isEmpty { result.append("configuration: \(files.joined(separator: ", "))") }
        if let problem = report.problem { result.append("report not written: \(problem)") }
        result += problems
        if !sorted.isEmpty || !outcome.toolFailures.isEmpty {
            let out = Escape.shell(output.bytes)
            // What a shard found is looked up in the catalog.
            let moment = shard == nil ? "" : ", once forgebatch merge has joined the shards"
            result.append("what that means and what to do: forgebatch show \(out) VIDEO\(moment)")
        }
        // One that says nothing of this run is not pointed at.
        if let index = report.index, report.isNew || outcome.counts.found > 0 {
            result.append("report: \(index.display)")
        }
        return result
    }

    /// What is said when there is no video.
    static func nothing(ruledOut: Int) -> String {
        ruledOut > 0 ? "no videos found: the rules leave out all \(ruledOut) files and folders" : "no videos found"
    }

    private func headline(_ colors: Bool) -> String {
        let counts = outcome.counts
        var parts = shard.map { ["shard \($0.number) of \($0.of)"] } ?? []
        if counts.found == 0, shard != nil {
            parts.append("nothing is left to do")
        } else if counts.found == 0 {
            parts.append(
                outcome.inputVanished
                    ? "no videos, although the last run had some: is the input mounted?"
                    : Summary.nothing(ruledOut: outcome.ruledOut))
        }
        let processed = counts.completed + counts.failed
        if processed > 0 {
            parts.append("\(Quantity.plural(processed, "video")) processed in \(Quantity.duration(outcome.seconds))")
        }
        func add(_ count: Int, _ word: String, _ color: Colors.Name? = nil) {
            guard count > 0 else { return }
            let text = "\(count) \(word)"
            parts.append(color.map { colors ? Colors.paint(text, $0) : text } ?? text)
        }
        add(counts.failed, VideoStatus.failed.rawValue, .red)
        add(counts.damaged, VideoStatus.damaged.rawValue, .yellow)
        add(counts.warning, "with warnings")
        let tools = Set(outcome.toolFailures.map(\.path)).count
        if tools > 0 {
            let text = "a tool failed on \(Quantity.plural(tools, "video"))"
            parts.append(colors ? Colors.paint(text, .yellow) : text)
        }
        add(counts.skipped, "up to date")
        add(counts.skippedFailed, "skipped (failed before)")
        add(counts.skippedDamaged, "skipped (damaged)")
        add(counts.quarantined, VideoStatus.quarantined.rawValue)
        add(counts.notStarted, "not started")
        if let stop = outcome.stop { parts.append("stopped by \(stop.text)") }
        return "forgebatch: " + parts.joined(separator: ", ")
    }

    private static let schema = "forgebatch/summary/1"

    /// What is told when no run began.
    static func refused(_ why: String, status: Int32) -> JSON {
        ["schema": .string(schema), "exit_status": .int(Int(status)), "error": .string(why)]
    }

    /// What programs are told.
    var json: JSON {
        func texts(_ lines: [String]) -> JSON? { lines.isEmpty ? nil : .array(lines.map { .string($0) }) }
        let unwritten = (report.problem.map { ["report: \($0)"] } ?? []) + problems
        return .members([
            "schema": .string(Summary.schema), "run_id": .string(outcome.runID), "exit_status": .int(Int(status)),
            "output": .string(output.display), "seconds": .double((outcome.seconds * 1000).rounded() / 1000),
            "frames": .int(outcome.frames), "stopped": outcome.stop.map { .string($0.text) },
            "counts": outcome.counts.json,
            "failures": .array(
                outcome.issues.map { issue in
                    .object(
                        issue.path.members() + [
                            JSON.Member("status", .string(issue.status.rawValue)),
                            JSON.Member("message", .string(issue.message)),
                        ])
                }),
            "tools_failed": outcome.toolFailures.isEmpty
                ? nil
                : .array(
                    outcome.toolFailures.map { failure in
                        .object(failure.path.members() + (failure.tool.json.members ?? []))
                    }),
            "not_supported": outcome.untaken.isEmpty
                ? nil
                : .array(
                    outcome.untaken.map { file in
                        .object(
                            file.relative.members() + [
                                JSON.Member("format", .string(file.format)),
                                JSON.Member("advice", .string(file.advice)),
                            ])
                    }),
            "unreadable": outcome.problems.isEmpty
                ? nil
                : .array(
                    outcome.problems.map { problem in
                        .object(problem.path.members() + [JSON.Member("reason", .string(problem.reason))])
                    }),
            "notes": texts(outcome.notes), "not_written": texts(unwritten),
            "report": report.index.map { .string($0.display) },
        ])
    }
}
