internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Follow a run in the terminal until it ends.",
        discussion: """
            Prints what happened so far and what happens next. Of a whole run, starts and ends of videos and now and then \
            how it stands; of one video, its progress. A run in shards that are not joined is told from the logs of its shards, \
            until all of them have ended. Times are in UTC. Exit status: 0 the run ended, or all of its shards, 3 the video that \
            was followed failed, 1 the run died without a word, 66 no such run or video.
            """)

    @Argument(
        help: "An output folder, the folder of one run, or a progress log.", completion: .file(),
        transform: PathArgument.read)
    var output: PathArgument

    @Argument(help: "Follow one video: its path as list prints it, or its job id.")
    var job: String?

    @Option(name: .customLong("run"), help: ArgumentHelp("The run (default: the newest).", valueName: "id"))
    var runID: String?

    @Flag(help: "Print the lines of the log as they are.")
    var json = false

    /// Nanoseconds between two looks at the log.
    private static let tick: Int64 = 50_000_000

    func run() async throws {
        let (layout, given) = try OutputArgument.place(output, run: runID)
        let id = try OutputArgument.run(given, layout)
        var tail = Tail(layout, run: id, job: job.map { OutputArgument.job($0) }, json: json)
        while try tail.step() { try await Task.sleep(for: .nanoseconds(TailCommand.tick)) }
        if let video = job, !tail.hasSeenJob {
            // What a run leaves alone, its log only counts.
            if let known = Tail.known(OutputArgument.job(video), layout) {
                let text = "\(known.path.display): not part of run \(id); it stands as \(known.status.rawValue)"
                if !json { Terminal.output(text) }
                return
            }
            throw Failure(
                ExitStatus.unreadableInput,
                "\(output.path.display): run \(id) has no video \(RawArguments.path(video).display)")
        }
        if tail.waitsForMerge {
            let text = "all shards of run \(id) have ended; forgebatch merge joins them"
            if json { Terminal.error("forgebatch: \(text)") } else { Terminal.output(text) }
        }
        if tail.isDead { throw Failure(ExitStatus.failure, "run \(id) ended without a word: it was killed") }
        if tail.hasJobFailed { throw ExitCode(ExitStatus.videosFailed) }
    }
}

/// The state of following a log.
private struct Tail {
    private let layout: OutputLayout
    private let run: String
    private let job: JobID?
    private let json: Bool
    private let follower: LogFollower
    private var index = LogIndex()
    private var printed = 0
    private var state = RunState()
    private var lastStatus = monotonicNanoseconds()
    private(set) var hasSeenJob = false
    private(set) var hasJobFailed = false
    private(set) var isDead = false
    /// All shards have ended, and nobody joined them.
    private(set) var waitsForMerge = false
    /// The shards that nobody did when that was told last.
    private var toldMissing: [Int] = []

    /// Nanoseconds between two lines that say how the whole run stands.
    private static let statusInterval: UInt64 = 5_000_000_000

    init(_ layout: OutputLayout, run: String, job: JobID?, json: Bool) {
        (self.layout, self.run, self.job, self.json) = (layout, run, job, json)
        follower = LogFollower(layout, run: run)
    }

    /// Prints what is new. Returns whether there may be more.
    mutating func step() throws -> Bool {
        let news: LogFollower.News
        do throws(SystemError) {
            news = try follower.advance(&index)
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
        if news == .replaced { (index, printed, state) = (LogIndex(), 0, RunState()) }
        while printed < index.count {
            let line = try follower.line(index.range(printed))
            printed += 1
            guard let parsed = try? LogLine.parse(line) else { continue }
            let change = state.apply(parsed.event)
            take(parsed, change, line)
            // A skipped job has no other line.
            if let job, let after = change?.after, after.id == job, after.status.isEnded || after.status == .skipped {
                return false
            }
        }
        if state.status == .finished { return false }
        // A plan that does not name the video never will.
        if let job, !hasSeenJob, index.isPlanKnown, index.jobs.contains(where: { $0.plan != nil }) {
            if index.index(of: job) == nil { return false }
        }
        if follower.isJoining { tellMissing() } else if news == .nothing { return !hasDied() }
        if news == .nothing, !follower.isBeingWritten(layout, run: run) {
            waitsForMerge = true
            return false
        }
        tellStatus()
        return true
    }

    /// Says which shards nobody does, when these are others than before and nobody does any.
    private mutating func tellMissing() {
        guard !json, let shards = follower.shards, shards.count(.working) == 0, shards.missing != toldMissing else {
            return
        }
        toldMissing = shards.missing
        if toldMissing.isEmpty { return }
        Terminal.output("          waits: nobody does the shards \(ShardRanges.text(toldMissing))")
    }

    private mutating func hasDied() -> Bool {
        isDead = !follower.isBeingWritten(layout, run: run)
        return isDead
    }

    private mutating func take(_ line: LogLine, _ change: RunState.Change?, _ bytes: [UInt8]) {
        if let job {
            guard let change, change.after.id == job else { return }
            hasSeenJob = true
            if change.after.status.isFailure { hasJobFailed = true }
        }
        if json { return Terminal.output(bytes + [0x0a]) }
        guard let text = text(line.event, change) else { return }
        let clock = line.time.dropFirst(11).prefix(8)
        let name = change?.after.path.map { "\($0.display): " } ?? ""
        Terminal.output("\(clock)  \(name)\(text)")
    }

    /// What is worth a line for a person.
    private func text(_ event: LogEvent, _ change: RunState.Change?) -> String? {
        switch event {
        case .runStarted(let id, _, let jobs, _): return "run \(id), \(Quantity.plural(jobs, "video")) to process"
        case .jobPlanned: return job == nil ? nil : "waits for a worker"
        case .jobsSkipped(let count, let reasons): return job == nil ? Tail.skipped(count, reasons) : nil
        case .jobStarted(_, _, let total, _, let estimate):
            return total > 0 ? "started, \(total) frames" : "started" + (estimate.map { ", about \($0) frames" } ?? "")
        // There may be thousands; they are counted at the end.
        case .jobSkipped(_, _, let reason): return job == nil ? nil : "skipped: \(Escape.visible(reason))"
        case .jobRetry(_, let attempt, let reason): return "try \(attempt): \(Escape.visible(reason))"
        case .progress(_, let progress):
            // The first, each that reaches another tenth, and each that begins another pass.
            guard job != nil, let change,
                Tail.tenth(change.before) != Tail.tenth(change.after)
                    || change.before.progress?.pass?.completed != progress.pass?.completed
            else { return nil }
            let pass = progress.pass.map { "\(Escape.visible($0.label)), " } ?? ""
            // The header may not tell how many there are.
            guard progress.totalFrames > 0 else {
                let about = change.after.shownPercent.map { "about \($0) %, " } ?? ""
                return "\(about)\(pass)frame \(progress.currentFrame)"
            }
            return "\(progress.percent) %, \(pass)frame \(progress.currentFrame) of \(progress.totalFrames)"
        case .completed: return "completed"
        case .error(_, let message):
            return "failed: \(change?.after.path?.bare(message) ?? Escape.visible(message))"
        case .runFinished(_, let status):
            return "finished, \(counts()), exit status \(status)"
        case .shardStarted(let shard, let count, _, let host):
            return job == nil ? "shard \(shard) of \(count) on \(Escape.visible(host))" : nil
        case .logRepaired: return "the log was taken up again after its writer died"
        case .other: return nil
        }
    }

    /// What the output folder knows of a video.
    static func known(_ job: JobID, _ layout: OutputLayout) -> VideoEntry? {
        (try? VideoEntry.all(layout))?.first { $0.job == job }
    }

    private static func tenth(_ job: RunState.Job) -> Int? {
        job.progress.map { (job.shownPercent ?? $0.percent) / 10 }
    }

    private static func skipped(_ count: Int, _ reasons: [VideoStatus: Int]) -> String {
        let words: [(VideoStatus, String)] = [
            (.skipped, "up to date"), (.damaged, "damaged as before"), (.failed, "failed before"),
            (.quarantined, "in quarantine"),
        ]
        let told = words.compactMap { status, text in reasons[status].map { "\($0) \(text)" } }
        return "\(Quantity.plural(count, "video")) skipped" + (told.isEmpty ? "" : ": " + told.joined(separator: ", "))
    }

    private func counts() -> String {
        var parts = ["\(state.completed) completed"]
        if state.failed > 0 { parts.append("\(state.failed) failed") }
        if state.skipped > 0 { parts.append("\(state.skipped) skipped") }
        return parts.joined(separator: ", ")
    }

    /// Now and then, how the whole run stands.
    private mutating func tellStatus() {
        let now = monotonicNanoseconds()
        guard job == nil, !json, now - lastStatus > Tail.statusInterval, !state.running.isEmpty else { return }
        lastStatus = now
        let running = state.running.prefix(4).map { job in
            let pass = job.progress?.pass.map { " (\(Escape.visible($0.label)))" } ?? ""
            return "\((job.path ?? RawPath(job.id.text)).lastComponent.display) "
                + "\(job.shownPercent ?? job.progress?.percent ?? 0) %\(pass)"
        }
        Terminal.output("          \(counts()) of \(state.planned); " + running.joined(separator: ", "))
    }
}
