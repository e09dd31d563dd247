internal import Bytes
internal import Jobs
package import Store

/// Does one shard of a planned run, or what earlier attempts at it have left of it.
///
/// It writes results where any run writes them, and else only below the shard's folder: so any number of them may work at a
/// time. Of two attempts at one shard the second ends at once; where the file system has no locks, both write the same.
package enum ShardRunner {
    /// Runs the shard to its end.
    ///
    /// - Parameters:
    ///   - options: with the tools and settings of the plan.
    ///   - signals: called once, when the shard's lock is held; from then on the attempt answers signals. Of several TERM the
    ///     first counts alone: schedulers send it more than once.
    ///   - display: called about ten times a second while workers run.
    /// - Throws: ``RunRefusal`` when it cannot begin, ``PlanFile/Fault`` for a plan that cannot be gone by.
    package static func run(
        _ options: RunOptions, plan file: PlanFile, shard: ShardNumber, signals: () -> AsyncStream<Int32>,
        display: (RunView) -> Void
    ) async throws -> RunOutcome {
        Files.ignoreBrokenPipes()
        let started = UTCTime.now
        let (runID, number) = (file.head.runID, shard.number)
        try refuseForeign(file.head, options)
        let layout = OutputLayout(root: options.output)
        let attempt = BatchRunner.newRunID(started)
        let host = hostName
        let lock = try await ShardLock(
            layout, run: runID, shard: number,
            holder: "attempt \(attempt), process \(processID()) on \(host), since \(started.text)")
        defer { withExtendedLifetime(lock) {} }
        let begun = monotonicNanoseconds() &- options.spent
        let events = RunEvents()
        let stops = signals()
        let listen = Task { await relay(stops, to: events) }
        defer { listen.cancel() }
        let before = try ShardOutcomes(layout, run: runID, shard: number)
        let work = try ShardWork(file, number, before, layout)
        var plan = Plan(Discovery())
        plan.jobs = PlannedJobs(try work.next())
        let pool = try await PluginPool.start(for: work.tools, options) { events.firstSignal }
        let log = try makeLog(layout, runID, number, attempt)
        let state = ShardState(
            runID: runID, shard: number, attempt: log.attempt, jobs: file.head.parts[number].jobs, done: work.done,
            failed: work.failed, host: host, process: processID(), time: started.milliseconds)
        let books = try ShardBooks(
            layout, state, of: file.head.shards, source: shard.source,
            file: layout.shardOutcome(number, attempt: lock.lack == nil ? nil : log.attempt, run: runID))
        var counts = RunCounts()
        counts.found = plan.jobs.count + work.awaited
        let journal = try RunJournal(
            plan, options: options, runID: runID, counts: counts, log: log.log, books: books, awaited: work.awaited)
        for note in options.notes { journal.note(note) }
        if let lack = lock.lack { journal.note("this shard has no lock: \(lack)") }
        if before.broken > 0 {
            journal.note("\(before.broken) lines of the shard's outcomes cannot be read; their videos are done again")
        }
        if pool != nil, let note = ToolSandbox.kernel.note(options.sandbox) { journal.note(note) }
        let driver = RunDriver(
            plan, more: work, journal: journal, options: options, pool: pool, begun: begun)
        await driver.run(events, display: display)
        await pool?.close()
        let isFaulty = work.isFaulty || journal.counts.failed + journal.counts.damaged + journal.toolsLost > 0
        return finish(driver, journal, books, isFaulty: isFaulty, started, options)
    }

    /// Whatever is another program's, or made with other files, makes other results.
    private static func refuseForeign(_ head: PlanHead, _ options: RunOptions) throws(RunRefusal) {
        let why =
            head.version != options.version
            ? "it was made by version \(Escape.visible(head.version)), and this is \(options.version)"
            : head.digest != options.digest
                ? "its tools are not as they are here: a plugin's files or its device differ, or the program" : nil
        guard let why else { return }
        throw .foreignPlan("the plan of run \(Escape.visible(head.runID)): \(why): plan again")
    }

    private static func relay(_ signals: AsyncStream<Int32>, to events: RunEvents) async {
        var isTold = false
        for await number in signals {
            if number == StopReason.termination {
                if isTold { continue }
                isTold = true
            }
            events.signal(number)
        }
    }

    /// A log that no other attempt has, nor ever had.
    private static func makeLog(
        _ layout: OutputLayout, _ run: String, _ shard: Int, _ attempt: String
    ) throws -> (log: ProgressLog, attempt: String) {
        var attempt = attempt
        while true {
            let path = layout.shardLog(shard, attempt: attempt, run: run)
            do throws(SystemError) {
                Files.close(try Files.open(path, Files.createExclusive))
                try Files.syncDirectory(path.parent)
                return (try ProgressLog(path), attempt)
            } catch {
                guard error.isPresent else { throw error }
                attempt = BatchRunner.newRunID(.now)
            }
        }
    }

    private static func finish(
        _ driver: RunDriver, _ journal: RunJournal, _ books: ShardBooks, isFaulty: Bool, _ started: UTCTime,
        _ options: RunOptions
    ) -> RunOutcome {
        var statuses: [Int32] = []
        if let stop = driver.scheduler.interruption {
            statuses.append(stop == .signal(StopReason.termination) ? ExitStatus.startAgain : ExitStatus.of(stop))
        }
        if isFaulty { statuses.append(ExitStatus.videosFailed) }
        var status = ExitStatus.winner(statuses)
        do {
            try driver.close()
            try journal.close(driver.scheduler, exitStatus: status)
            try books.finish(status)
        } catch {
            driver.abandon(error)
            status = ExitStatus.winner(statuses + [ExitStatus.failure])
        }
        return RunOutcome(
            runID: journal.runID, baseline: nil, started: started,
            processorSeconds: driver.scheduler.processorSeconds, counts: journal.counts,
            stop: driver.scheduler.interruption, issues: journal.issues, toolFailures: journal.toolFailures,
            problems: [], seconds: driver.seconds, frames: driver.scheduler.frames, exitStatus: status,
            notes: journal.notes, untaken: [])
    }

    /// What this machine is called.
    private static var hostName: String {
        let name = (try? Files.read(RawPath("/proc/sys/kernel/hostname"), limit: 256)) ?? []
        return Escape.visible(bytes: name.prefix { $0 != 0x0a })
    }
}
