internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store
internal import ToolModel

extension VideoStatus: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(rawValue: argument)
        guard VideoStatus.settled.contains(self) else { return nil }
    }

    package static var allValueStrings: [String] { settled.map(\.rawValue) }
}

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the videos of an output folder, or its runs.",
        discussion: """
            Off a terminal, too, everything goes to standard output.

            Exit status: 0 listed, 66 no output folder.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Flag(help: "List the runs instead, newest first.")
    var runs = false

    @Option(
        name: .customLong("status"),
        help: ArgumentHelp("Only videos of this status; may be repeated.", valueName: "status"))
    var statuses: [VideoStatus] = []

    @Flag(help: "Only videos that are gone from their places.")
    var gone = false

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    func validate() throws {
        if runs && gone { throw ValidationError("--gone is about videos; leave out --runs.") }
        if runs && !statuses.isEmpty { throw ValidationError("--status is about videos; leave out --runs.") }
    }

    func run() throws {
        let layout = try OutputArgument.layout(output)
        do throws(SystemError) {
            if runs { try listRuns(layout) } else { try listVideos(layout) }
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
    }

    private func listVideos(_ layout: OutputLayout) throws(SystemError) {
        let videos = try VideoEntry.all(layout).filter {
            (statuses.isEmpty || statuses.contains($0.status)) && (!gone || $0.absence != nil)
        }
        if json { return videos.forEach { Terminal.output(JSONWriter.encode($0.json) + [0x0a]) } }
        let rows = videos.map { video in
            [
                video.status.rawValue, video.entry.map { "\($0.frames)" } ?? "–",
                video.entry?.facts.duration.map { Quantity.duration($0) } ?? "–",
                video.path.display + (video.absence == nil ? "" : "  (gone)")
                    + (video.toolsFailed.isEmpty
                        ? "" : "  (failed: \(video.toolsFailed.map(\.id).joined(separator: ", ")))"),
            ]
        }
        TextTable.aligned([["STATUS", "FRAMES", "DURATION", "VIDEO"]] + rows).forEach { Terminal.output($0) }
    }

    private func listRuns(_ layout: OutputLayout) throws(SystemError) {
        let glances = try RunLogSummary.all(layout)
        // They are runs all the same, of which nothing can be told here.
        let faults = try RunLogSummary.lacking(layout) + glances.compactMap { run in run.fault.map { (run.id, $0) } }
        for (run, text) in faults { Terminal.error("forgebatch: run \(Escape.visible(run)): \(text)") }
        if json {
            return glances.forEach { glance in
                let object = JSON.members([
                    "run_id": .string(glance.id), "state": .string(glance.status.rawValue),
                    "started_at": glance.started.map { .string($0.text) }, "duration": .double(glance.duration),
                    "jobs": .int(glance.jobs), "counts": glance.counts,
                    "exit_status": glance.exitStatus.map { .int($0) },
                ])
                Terminal.output(JSONWriter.encode(object) + [0x0a])
            }
        }
        let rows = glances.map { glance in
            [
                glance.id, glance.status.rawValue, Quantity.duration(glance.duration), "\(glance.jobs)",
                glance.counts?[VideoStatus.failed.rawValue]?.int.map { "\($0)" } ?? "–",
                glance.exitStatus.map { "\($0)" } ?? "–",
            ]
        }
        TextTable.aligned([["RUN", "STATE", "TOOK", "JOBS", "FAILED", "EXIT"]] + rows).forEach { Terminal.output($0) }
    }
}

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what is known of one video.",
        discussion: """
            Tells its verdict and what to do about it, and the numbers of its summary with what they are.

            Exit status: 0 shown, 66 no such video or output folder.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Argument(help: "The video: its path as list prints it, or its job id.")
    var job: String

    @Flag(help: "Print JSON: all before the frames of the result, or what is known of a failure.")
    var json = false

    func run() throws {
        let layout = try OutputArgument.layout(output)
        let id = OutputArgument.job(job)
        let videos = try VideoEntry.all(layout)
        guard let video = videos.first(where: { $0.job == id }) else {
            let name = RawArguments.path(job)
            let near = ShowCommand.near(name, among: videos.map(\.path)).map { "'\($0.display)'" }
            let hint =
                near.isEmpty
                ? "forgebatch list shows those there are" : "did you mean \(near.joined(separator: " or "))?"
            throw Failure(ExitStatus.unreadableInput, "\(output.path.display): no video \(name.display); \(hint)")
        }
        let head = video.entry.flatMap { try? $0.head(layout) }
        if json { return Terminal.output(JSONWriter.encode(head ?? video.failure?.json ?? video.json) + [0x0a]) }
        facts(video, head, layout).forEach { Terminal.output($0) }
    }

    /// Up to three videos that a name may mean: paths that end or begin with it, and those that it ends with.
    private static func near(_ name: RawPath, among videos: [RawPath]) -> [RawPath] {
        guard let word = name.text?.lowercased(), !word.isEmpty else { return [] }
        let last = name.lastComponent.text?.lowercased() ?? word
        return Array(
            videos.filter { path in
                guard let text = path.text?.lowercased() else { return false }
                return text.contains(word) || text == last || text.hasSuffix("/" + last) || word.hasSuffix("/" + text)
            }.prefix(3))
    }

    private func facts(_ video: VideoEntry, _ head: JSON?, _ layout: OutputLayout) -> [String] {
        var rows: [[String]] = []
        func add(_ name: String, _ value: String?) { if let value { rows.append([name, value]) } }
        add("video", video.path.display)
        add("job", video.job.text)
        add("status", "\(video.status.rawValue): \(video.status.words.meaning)")
        add(
            "gone",
            video.absence.map { "since run \($0.from), \(UTCTime(milliseconds: $0.time).text)" })
        add("message", video.message.map { Escape.visible($0) })
        if video.status.isFailure, let failure = video.failure {
            add("kind", "\(failure.kind.rawValue): \(failure.kind.words.meaning)")
            add("what to do", failure.kind.words.advice)
            if video.status == .quarantined { add("", video.status.words.advice) }
        } else if video.status != .ok {
            add("what to do", video.status.words.advice)
        }
        for code in head?["decode"]?["reasons"]?.array?.compactMap(\.string) ?? [] {
            let words = Reason(rawValue: code)?.words
            add("reason", words.map { "\(code): \($0.meaning)" } ?? Escape.visible(code))
            add("", words?.advice)
        }
        if let entry = video.entry {
            let declared = head?["declared_frames"]?.int.map { " of \($0) declared" } ?? ""
            add("frames", "\(entry.frames)\(declared)")
            add("duration", entry.facts.duration.map { Quantity.duration($0) })
            if let width = entry.facts.width, let height = entry.facts.height {
                add("picture", "\(width) x \(height), \(Escape.visible(entry.facts.codec ?? "?"))")
            }
            add("events", entry.events.map { "\($0)" })
            add("detections", entry.facts.detections.map { "\($0)" })
            add("classes", video.classes.isEmpty ? nil : Escape.visible(video.classes.joined(separator: ", ")))
            for tool in video.toolsFailed {
                let frames = Quantity.plural(tool.frame, "frame")
                add("tool failed", "\(tool.id), after \(frames): \(Escape.visible(tool.message))")
            }
            add("result", layout.root.appending(entry.result).display)
            add("run", entry.runID)
        }
        let summary = head?["summary"]?.members ?? []
        let tools = KnownTools(layout)
        return TextTable.aligned(rows) + summary.flatMap { numbers(of: $0, tools.descriptor($0.key)) }
            + (summary.isEmpty ? [] : ShowCommand.pointer)
    }

    /// `3 objects, 40 detections`
    private static func count(_ found: JSON) -> String {
        (found.members ?? []).map { "\(JSONWriter.text($0.value)) \($0.key)" }.joined(separator: ", ")
    }

    /// A tool's summary, each number with what it is.
    private func numbers(of tool: JSON.Member, _ known: ToolDescriptor?) -> [String] {
        let rows = (tool.value.members ?? []).flatMap { value -> [[String]] in
            if let classes = value.value.members {
                return classes.map { ["  " + Escape.visible($0.key), ShowCommand.count($0.value), "of this class"] }
            }
            return [
                [
                    "  " + Escape.visible(value.key), JSONWriter.text(value.value),
                    known?.outputs.help(ofSummary: value.key) ?? "",
                ]
            ]
        }
        return ["", Escape.visible(tool.key) + (known.map { ": \($0.title)" } ?? "")] + TextTable.aligned(rows)
    }

    /// What is normal depends on the videos, so others are what to hold a number against.
    private static let pointer = [
        "",
        "forgebatch tools says what each measure is and which values it may have. What is normal depends on the videos:",
        "the report lists those that stand out, and forgebatch export --format csv has every measure of every frame.",
    ]
}
