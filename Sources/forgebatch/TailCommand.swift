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
            how it stands; of one video, its progress. Times are in UTC. Exit status: 0 the run ended, 3 the video that was followed \
            failed, 1 the run died without a word, 66 no such run or video.
            """)

    @Argument(help: "The output folder of a run.")
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
        let layout = try OutputArgument.layout(output)
        let id = try OutputArgument.run(runID, layout)
        var tail = Tail(layout, run: id, job: job.map { OutputArgument.job($0) }, json: json)
        while try tail.step() { try await Task.sleep(for: .nanoseconds(TailCommand.tick)) }
        if let video = job, !tail.hasSeenJob {
            throw Failure(
                ExitStatus.unreadableInput,
                "\(output.path.display): run \(id) has no video \(RawArguments.path(video).display)")
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
    private var paths: [JobID: RawPath] = [:]
    /// The tenth of each job's progress that was told last.
    private var tenths: [JobID: Int] = [:]
    private var lastStatus = monotonicNanoseconds()
    private(set) var hasSeenJob = false
    private(set) var hasJobFailed = false
    private(set) var isDead = false

    /// Nanoseconds between two lines that say how the whole run stands.
    private static let statusInterval: UInt64 = 5_000_000_000

    init(_ layout: OutputLayout, run: String, job: JobID?, json: Bool) {
        (self.layout, self.run, self.job, self.json) = (layout, run, job, json)
        follower = LogFollower(layout.log(run: run))
    }

    /// Prints what is new. Returns whether there may be more.
    mutating func step() throws -> Bool {
        let news: LogFollower.News
        do throws(SystemError) {
            news = try follower.advance(&index)
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
        if news == .replaced { (index, printed, state, tenths) = (LogIndex(), 0, RunState(), [:]) }
        while printed < index.count {
            let line = try follower.line(index.range(printed))
            printed += 1
            guard let parsed = try? LogLine.parse(line) else { continue }
            state.apply(parsed.event)
            take(parsed, line)
            if let job, parsed.event.job == job, isEnd(parsed.event) { return false }
        }
        if index.finish != nil { return false }
        if news == .nothing { return !hasDied() }
        tellStatus()
        return true
    }

    /// A skipped job has no other line.
    private func isEnd(_ event: LogEvent) -> Bool {
        if case .jobSkipped = event { return true }
        return event.isTerminal
    }

    private mutating func hasDied() -> Bool {
        let modified = (try? Files.status(layout.log(run: run)))?.modified ?? 0
        isDead = !RunGlance.isBeingWritten(layout, run: run, modified: modified)
        return isDead
    }

    private mutating func take(_ line: LogLine, _ bytes: [UInt8]) {
        if case .jobStarted(let job, let path, _, _) = line.event { paths[job] = path }
        if case .jobSkipped(let job, let path, _) = line.event { paths[job] = path }
        if let job {
            guard line.event.job == job else { return }
            hasSeenJob = true
            if case .error = line.event { hasJobFailed = true }
        }
        if json { return Terminal.output(bytes + [0x0a]) }
        guard let text = text(line.event) else { return }
        let clock = line.time.dropFirst(11).prefix(8)
        let name = line.event.job.flatMap { paths[$0] }.map { "\($0.display): " } ?? ""
        Terminal.output("\(clock)  \(name)\(text)")
    }

    /// What is worth a line for a person.
    private mutating func text(_ event: LogEvent) -> String? {
        switch event {
        case .runStarted(let id, _, let jobs, _): return "run \(id), \(Quantity.plural(jobs, "video")) to process"
        case .jobStarted(_, _, let total, _): return total > 0 ? "started, \(total) frames" : "started"
        // There may be thousands; they are counted at the end.
        case .jobSkipped(_, _, let reason): return job == nil ? nil : "skipped: \(Escape.visible(reason))"
        case .jobRetry(_, let attempt, let reason): return "try \(attempt): \(Escape.visible(reason))"
        case .progress(let id, let progress):
            let tenth = progress.percent / 10
            guard job != nil, tenth != tenths[id] else { return nil }
            tenths[id] = tenth
            // The header may not tell how many there are.
            guard progress.totalFrames > 0 else { return "frame \(progress.currentFrame)" }
            return "\(progress.percent) %, frame \(progress.currentFrame) of \(progress.totalFrames)"
        case .completed: return "completed"
        case .error(let id, let message): return "failed: \(paths[id]?.bare(message) ?? Escape.visible(message))"
        case .runFinished(_, let status):
            return "finished, \(counts()), exit status \(status)"
        case .logRepaired: return "the log was taken up again after its writer died"
        case .other: return nil
        }
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
            "\(job.path.lastComponent.display) \(job.progress?.percent ?? 0) %"
        }
        Terminal.output("          \(counts()) of \(state.planned); " + running.joined(separator: ", "))
    }
}
