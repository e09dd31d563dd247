internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Compare two runs of an output folder.",
        discussion: """
            Tells which videos fail newly, are fixed, have a tool that fails newly or no more, are new, removed, changed, drifted (the same video and settings, \
            another result), slower, or were done with other settings. A run is named by its id, by the beginning of \
            one, by latest, or by previous: the finished run before the other one. Without names the latest run is \
            compared with the previous one. forgebatch list OUT --runs lists them. (last is another word for previous.)

            Exit status: 0 the same, 1 different, 64 usage, 66 no such folder or run.
            """)

    @Argument(help: "An output folder.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Argument(help: ArgumentHelp("The run to compare with.", valueName: "before"))
    var before = "previous"

    @Argument(help: ArgumentHelp("The run that is compared.", valueName: "after"))
    var after = "latest"

    @Flag(help: "Print the comparison as JSON.")
    var json = false

    func run() throws {
        let comparison: Comparison
        do {
            let layout = OutputLayout(root: output.path)
            let runs = try RunList.all(layout)
            guard !runs.isEmpty else {
                throw ArchiveError("\(output.path.display): \(OutputArgument.absence(output.path))")
            }
            let (before, after) = try pair(runs)
            comparison = try Comparison(layout, before: before.id, after: after.id)
        } catch let error as ArchiveError {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        } catch let error as SystemError {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
        if json {
            Terminal.output(JSONWriter.encode(comparison.json) + [0x0a])
        } else {
            Terminal.output(DiffText(comparison).lines.joined(separator: "\n"))
        }
        if Terminal.reportOutputError() { throw ExitCode(ExitStatus.failure) }
        if !comparison.isSame { throw ExitCode(1) }
    }

    /// `last` is counted from the other run, so that one is found first.
    private func pair(_ runs: [RunSummary]) throws(ArchiveError) -> (RunSummary, RunSummary) {
        let (before, after) = (RunWord.plain(before), RunWord.plain(after))
        guard before == "last" || after == "last" else {
            return (try RunList.run(named: before, among: runs), try RunList.run(named: after, among: runs))
        }
        let other = before == "last" ? after : before
        let named = try RunList.run(named: other == "last" ? "latest" : other, among: runs)
        guard let last = try RunList.baseline(named: "last", of: named, among: runs) else {
            throw ArchiveError("there is no finished run before \(named.id)")
        }
        return before == "last" ? (last, named) : (named, last)
    }
}

/// A comparison as people read it.
struct DiffText {
    let comparison: Comparison

    init(_ comparison: Comparison) { self.comparison = comparison }

    var lines: [String] {
        var lines = ["from \(DiffText.name(comparison.before))", "to   \(DiffText.name(comparison.after))"]
        if !comparison.isSameScope {
            lines.append("The runs looked in different places, so no video is called removed.")
        }
        for category in Comparison.Category.allCases where !comparison[category].isEmpty {
            lines.append("\(DiffText.title(category)) (\(comparison[category].count))")
            lines += comparison[category].map { entry in
                let libraries = entry.hasOtherLibraries ? "; decoded with other FFmpeg libraries" : ""
                return "  \(entry.path.display)\(DiffText.detail(entry, category))\(libraries)"
            }
        }
        let unjudged = comparison.unjudged > 0 ? ", \(comparison.unjudged) not judged" : ""
        let gone = comparison.gone > 0 ? ", \(comparison.gone) gone since before" : ""
        return lines + ["\(comparison.unchanged) unchanged\(unjudged)\(gone)"]
    }

    private static func name(_ run: RunSummary) -> String {
        "\(run.id) (forgebatch \(run.version)\(run.isInterrupted ? ", interrupted" : ""))"
    }

    private static func title(_ category: Comparison.Category) -> String {
        switch category {
        case .newlyFailing: "newly failing"
        case .fixed: "fixed"
        case .toolFailing: "a tool fails newly"
        case .toolFixed: "a tool fails no more"
        case .new: "new"
        case .removed: "removed"
        case .moved: "moved"
        case .changed: "changed"
        case .drifted: "drifted: same video and settings, other result"
        case .slower: "slower"
        case .otherSettings: "done with other settings or versions"
        }
    }

    private static func detail(_ entry: Comparison.Entry, _ category: Comparison.Category) -> String {
        switch category {
        case .removed: return ""
        case .moved: return entry.was.map { ": was called \($0.path.display)" } ?? ""
        case .new: return ": \(state(entry.now, entry.path))"
        case .newlyFailing, .fixed: return ": \(change(entry))"
        case .toolFailing, .toolFixed:
            let (was, now) = (entry.was?.toolsFailed ?? [], entry.now?.toolsFailed ?? [])
            let new = now.filter { tool in !was.contains { $0.id == tool.id } }
            let old = was.filter { tool in !now.contains { $0.id == tool.id } }
            let parts = new.map { "\($0.id): \(Escape.visible($0.message))" } + old.map { "\($0.id) works again" }
            return ": " + parts.joined(separator: "; ")
        case .changed, .drifted, .otherSettings:
            let counts = [
                ("frame", entry.was?.frames, entry.now?.frames), ("event", entry.was?.events, entry.now?.events),
            ]
            let differing = counts.compactMap { noun, was, now -> String? in
                guard let was, let now, was != now else { return nil }
                return "\(was) → \(Quantity.plural(now, noun))"
            }
            let states = entry.was?.status == entry.now?.status ? [] : [change(entry)]
            let parts = states + differing
            return parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
        case .slower:
            guard let was = entry.was?.processorSeconds, let now = entry.now?.processorSeconds else { return "" }
            return ": \(Quantity.duration(was)) → \(Quantity.duration(now)) of processor time"
        }
    }

    private static func change(_ entry: Comparison.Entry) -> String {
        "\(state(entry.was, entry.path)) → \(state(entry.now, entry.path))"
    }

    private static func state(_ video: RunVideo?, _ path: RawPath) -> String {
        guard let video else { return "not there" }
        let why =
            video.status.isFailure ? video.message : video.reasons.isEmpty ? nil : Reason.text(video.reasons)
        return video.status.rawValue + (why.map { " (\(path.bare($0)))" } ?? "")
    }
}
