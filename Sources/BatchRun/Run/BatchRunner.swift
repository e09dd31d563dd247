internal import Bytes
package import Jobs
internal import Store

/// The main job: from directories of videos to results, log and record.
package enum BatchRunner {
    /// What a run would do, without lock and without writing anything.
    ///
    /// - Throws: ``LookFailure`` when the inputs cannot be looked at to the end, ``RunRefusal`` when two would be called the
    ///   same.
    package static func plan(_ options: RunOptions) async throws -> Plan {
        let looker = looker(options, begun: monotonicNanoseconds() &- options.spent) { nil }
        let found = try await discover(options, looker)
        let prior = try PriorResults.read(OutputLayout(root: options.output))
        let (discovery, names, note) = try await name(found, prior, options, looker)
        var plan = try await Plan.make(
            discovery, prior: prior, names: names, options: options, now: .now, looker: looker)
        plan.notes += [note].compactMap { $0 }
        return plan
    }

    static func looker(
        _ options: RunOptions, begun: UInt64, signal: @escaping @Sendable () -> Int32?
    ) -> Looker {
        Looker(
            program: options.lookArguments.map { (options.worker, $0) }, zygotes: options.zygotes, stall: options.stall,
            deadline: options.maxDuration.map { begun &+ UInt64($0 * 1e9) }, signal: signal)
    }

    static func discover(_ options: RunOptions, _ looker: Looker) async throws -> Discovery {
        try await looker.find(options.inputs + options.listed, options: options.discovery, silent: options.silent)
    }

    /// Calls what was found by the names of the output folder.
    ///
    /// - Returns: with what a person should know of inputs that gave no answer.
    static func name(
        _ found: Discovery, _ prior: PriorResults, _ options: RunOptions, _ looker: Looker
    ) async throws -> (Discovery, RootNames, note: String?) {
        let naming = RootNaming(prior, declared: options.roots)
        let (gone, note) = try await looker.missingFolders(try naming.homes(of: found))
        let (discovery, names) = try naming.name(found, gone: gone)
        return (discovery, names, note)
    }

    /// Runs the batch to its end.
    ///
    /// - Parameters:
    ///   - signals: called once, under the lock, before the inputs are looked at; from then on the run answers signals:
    ///     numbers of those that this process gets. The first stops the run, the second at once.
    ///   - begin: called under the lock, before anything is planned: the place to repair a missing catalog. It answers
    ///     with the run that this one is held against, for the record.
    ///   - display: called about ten times a second while workers run.
    ///   - conclude: called under the lock when everything else is written: the place for the report.
    /// - Throws: ``RunRefusal`` when it cannot begin, ``LookFailure`` when it is stopped while it looks for videos: nothing
    ///   is recorded then.
    package static func run(
        _ options: RunOptions, signals: () -> AsyncStream<Int32>, begin: (OutputLayout) throws -> String?,
        display: (RunView) -> Void, conclude: (RunOutcome) -> Void = { _ in }
    ) async throws -> RunOutcome {
        try await RunStart.with(options, signals: signals, begin: begin, without: "this run has no lock") {
            try await run($0, display: display, conclude: conclude)
        }
    }

    private static func run(
        _ start: RunStart, display: (RunView) -> Void, conclude: (RunOutcome) -> Void
    ) async throws -> RunOutcome {
        let (plan, options, layout, events) = (start.plan, start.options, start.layout, start.events)
        let pool = try await PluginPool.start(for: plan.jobs.tools, options) { events.firstSignal }
        try start.keepNames()
        let journal = try RunJournal(plan, options: options, runID: start.runID, counts: count(plan))
        // Before a result tells of it.
        for plugin in options.plugins { try plugin.copy?.write(layout) }
        for note in start.notes { journal.note(note) }
        try journal.enterWhereabouts(start.started)
        if pool != nil, let note = ToolSandbox.kernel.note(options.sandbox) { journal.note(note) }
        let driver = RunDriver(plan, journal: journal, options: options, pool: pool, begun: start.begun)
        await driver.run(events, display: display)
        await pool?.close()
        var outcome = finish(driver, journal, start)
        conclude(outcome)
        // Last of all: until here the runs before this one are compared with it.
        if let count = options.keepRuns, start.lack == nil {
            do {
                _ = try RunRemoval.removeAll(but: count, layout)
            } catch {
                outcome.notes.append("older runs are not removed: \(error)")
            }
        }
        return outcome
    }

    /// A name that sorts by the millisecond of its start: the time, then six digits of which three are the milliseconds and
    /// three are random, so that two runs of one moment differ.
    static func newRunID(_ time: UTCTime) -> String {
        let milliseconds = UInt32(time.milliseconds % 1000)
        let digits = String(0x1000000 | milliseconds << 12 | UInt32.random(in: 0...0xfff), radix: 16)
        return "\(time.compact)-\(digits.dropFirst())"
    }

    static func count(_ plan: Plan) -> RunCounts {
        var counts = RunCounts()
        counts.found = plan.jobs.count + plan.skipped.count
        counts.unreadable = plan.discovery.problems.count
        for status in plan.skipped.statuses { counts.countSkipped(status) }
        return counts
    }

    private static func finish(_ driver: RunDriver, _ journal: RunJournal, _ start: RunStart) -> RunOutcome {
        let (plan, options) = (start.plan, start.options)
        let problems = plan.discovery.problems
        var statuses: [Int32] = []
        if problems.contains(where: { $0.isInput }) { statuses.append(ExitStatus.unreadableInput) }
        if let stop = driver.scheduler.interruption { statuses.append(ExitStatus.of(stop)) }
        if start.isMissingInput { statuses.append(ExitStatus.noInput) }
        let old = journal.counts.skippedFailed + journal.counts.skippedDamaged + journal.counts.quarantined
        let oldTools = journal.toolsLeftOut + plan.skipped.failedToolCount
        if journal.counts.failed + journal.counts.damaged + journal.toolsLost > 0
            || (options.failOnAny && old + oldTools > 0)
        {
            statuses.append(ExitStatus.videosFailed)
        }
        var status = ExitStatus.winner(statuses)
        do {
            try driver.close()
            try journal.finish(driver.scheduler, started: start.started, seconds: driver.seconds, exitStatus: status)
        } catch {
            driver.abandon(error)
            status = ExitStatus.winner(statuses + [ExitStatus.failure])
        }
        // Nothing is appended any more. What is too long only takes space, so a run does not fail for it.
        do throws(SystemError) {
            if start.lack == nil { try journal.layout.compact() }
        } catch {
            journal.note("catalog and failure memory are not made smaller: \(error)")
        }
        return RunOutcome(
            runID: journal.runID, baseline: options.baseline, started: start.started,
            processorSeconds: driver.scheduler.processorSeconds, counts: journal.counts,
            stop: driver.scheduler.interruption,
            issues: journal.issues, toolFailures: journal.toolFailures, problems: problems, seconds: driver.seconds,
            frames: driver.scheduler.frames,
            inputVanished: plan.hasVanished(since: start.last), ruledOut: plan.discovery.ruledOut,
            exitStatus: status, notes: journal.notes, untaken: plan.discovery.untaken)
    }
}
