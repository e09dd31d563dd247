internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove old runs, and what is left of videos that are gone.",
        discussion: """
            Without --keep-runs, --older-than, --gone or --compress-logs it only says what could be removed. The newest run stays, so does \
            the newest finished one and the one that the report shows. Results stay when their runs go; lost are a run's log, \
            its replay, and comparisons with it. With --gone, results, stills and memories of videos go that \
            a run over their folder did not find; list --gone names them. Compressed logs are read as before. Whatever is removed, files that killed writers \
            left go, too.

            Exit status: 0 done or nothing to do, 1 not all removed, 11 a run is going on, 64 usage, 66 no output folder.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Option(help: ArgumentHelp("Remove runs beyond the newest N.", valueName: "n"))
    var keepRuns: Int?

    @Option(
        help: ArgumentHelp(
            "Remove runs that began longer ago than this, such as 90d; with --keep-runs, of those beyond N.",
            valueName: "duration"))
    var olderThan: DurationArgument?

    @Flag(help: "Remove what is left of videos that are gone.")
    var gone = false

    @Flag(
        help:
            "Compress the logs of runs that are over, by gzip to about a tenth; not the newest one's and the report's."
    )
    var compressLogs = false

    @Flag(name: [.customShort("n"), .long], help: "List what would be removed and how large it is; remove nothing.")
    var dryRun = false

    @Flag(help: "Print what is or would be removed as JSON.")
    var json = false

    func validate() throws {
        if let keepRuns, keepRuns < 1 { throw ValidationError("--keep-runs must be at least 1.") }
        if let olderThan, olderThan.seconds <= 0 { throw ValidationError("--older-than must be greater than 0.") }
    }

    /// Whether something is to be removed at all.
    private var isOrder: Bool { keepRuns != nil || olderThan != nil || gone || compressLogs }

    func run() async throws {
        let layout = try OutputArgument.layout(output)
        let now = UTCTime.now
        let prune = Prune(layout)
        guard isOrder, !dryRun else {
            var rules = rules(now)
            if !isOrder { (rules.gone, rules.runs) = (true, RunRetention(keep: 1)) }
            return try show(prune.find(rules), verb: "would be removed")
        }
        let lock = try await lock(layout)
        defer { withExtendedLifetime(lock) {} }
        let work = try prune.find(rules(now))
        let progress = PruneProgress()
        defer { progress.end() }
        try prune.carryOut(work, now: now) { progress.show($0) }
        progress.end()
        try show(work, verb: "removed")
        let left = work.runs.filter { Files.exists(layout.run($0)) }
        if let first = left.first {
            throw Failure(
                ExitStatus.failure,
                "\(layout.run(first).display)\(left.count > 1 ? " and \(left.count - 1) more" : "") cannot be removed: files of others lie there, or this user may not write"
            )
        }
    }

    private func rules(_ now: UTCTime) -> Prune.Rules {
        var rules = Prune.Rules()
        let before = olderThan.map { now.milliseconds - Int64(clamping: Int($0.seconds * 1000)) }
        rules.runs = RunRetention(keep: keepRuns, before: before)
        rules.gone = gone
        rules.logs = compressLogs
        rules.leftovers = true
        return rules
    }

    private func lock(_ layout: OutputLayout) async throws -> OutputFolder.Lock {
        do {
            return try await OutputFolder.lock(layout, runID: "of forgebatch prune", mode: .fail)
        } catch let refusal as RunRefusal {
            if case .locked = refusal { throw Failure(ExitStatus.locked, "\(refusal)") }
            throw Failure(ExitStatus.failure, "\(refusal)")
        }
    }

    private func show(_ work: Prune.Work, verb: String) throws {
        if json { return Terminal.output(JSONWriter.encode(document(work)) + [0x0a]) }
        if dryRun {
            for id in work.runs { Terminal.output("run    \(id)") }
            for video in work.videos { Terminal.output("video  \(video.path.display)") }
            for id in work.logs { Terminal.output("log    \(id)") }
            for path in work.leftovers { Terminal.output("file   \(path.display)") }
        }
        func line(_ count: Int, _ noun: String, _ bytes: Int64) -> String {
            "\(Quantity.plural(count, noun)) (\(Quantity.size(bytes)))"
        }
        let parts = [
            line(work.runs.count, "run", work.runBytes),
            "what is left of \(line(work.videos.count, "gone video", work.videoBytes))",
            "\(line(work.leftovers.count, "file", work.leftoverBytes)) of killed writers",
        ]
        guard isOrder else {
            Terminal.output("nothing was removed. --keep-runs 1 would remove \(parts[0]),")
            Terminal.output("--gone would remove \(parts[1]), and either would remove \(parts[2])")
            return
        }
        Terminal.output("\(verb): \(parts[0]), \(parts[1]), \(parts[2])")
        if compressLogs {
            Terminal.output("\(dryRun ? "would be " : "")compressed: \(line(work.logs.count, "log", work.logBytes))")
        }
        if !dryRun, !work.videos.isEmpty, Files.exists(OutputLayout(root: output.path).reportIndex) {
            Terminal.output(
                "the report shows the videos until it is made again: forgebatch report \(output.path.display)")
        }
    }

    private func document(_ work: Prune.Work) -> JSON {
        .members([
            "schema": "forgebatch/prune/1", "removed": .bool(isOrder && !dryRun),
            "runs": .array(work.runs.map { .string($0) }),
            "videos": .array(
                work.videos.map { video in
                    .object(
                        [JSON.Member("job_id", .string(video.job.text))] + video.path.members()
                            + [JSON.Member("gone", video.absence.json)])
                }),
            "logs": .array(work.logs.map { .string($0) }),
            "files": .array(work.leftovers.map { .object($0.members()) }),
            "run_bytes": .int(work.runBytes), "video_bytes": .int(work.videoBytes),
            "file_bytes": .int(work.leftoverBytes), "log_bytes": .int(work.logBytes), "bytes": .int(work.bytes),
        ])
    }
}

/// What a terminal shows of long work.
private final class PruneProgress {
    private let isShown = Terminal.errorIsTerminal && Terminal.isCapable
    private var last: UInt64 = 0
    private var hasLine = false

    /// Nanoseconds between two lines.
    private static let interval: UInt64 = 200_000_000

    func show(_ step: Prune.Step) {
        let now = monotonicNanoseconds()
        guard isShown, now &- last > PruneProgress.interval else { return }
        (last, hasLine) = (now, true)
        let text =
            switch step {
            case .runs(let done, let all): "\(done) of \(Quantity.plural(all, "run")) removed"
            case .videos(let done, let all): "\(done) of \(Quantity.plural(all, "video")) removed"
            case .logs(let done, let all): "\(done) of \(Quantity.plural(all, "log")) compressed"
            }
        Terminal.write("\r\u{1b}[K\(text)", to: .standardError)
    }

    func end() {
        if hasLine { Terminal.write("\r\u{1b}[K", to: .standardError) }
        hasLine = false
    }
}
