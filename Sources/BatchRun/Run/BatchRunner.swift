internal import Bytes
package import Jobs
internal import Store

/// The main job: from directories of videos to results, log and record.
package enum BatchRunner {
    /// What a run would do, without lock and without writing anything.
    package static func plan(_ options: RunOptions) throws -> Plan {
        let prior = try PriorResults.read(OutputLayout(root: options.output))
        return Plan(discover(options), prior: prior, options: options, now: .now)
    }

    private static func discover(_ options: RunOptions) -> Discovery {
        Discovery.find(options.inputs, listed: options.listed, options: options.discovery)
    }

    /// Runs the batch to its end.
    ///
    /// - Parameters:
    ///   - signals: called once, when the run is planned; from then on it answers signals: numbers of those that this
    ///     process gets. The first stops the run, the second at once.
    ///   - begin: called under the lock, before anything is planned: the place to repair a missing catalog. It answers
    ///     with the run that this one is held against, for the record.
    ///   - display: called about ten times a second while workers run.
    ///   - conclude: called under the lock when everything else is written: the place for the report.
    /// - Throws: ``RunRefusal`` when it cannot begin.
    package static func run(
        _ options: RunOptions, signals: () -> AsyncStream<Int32>, begin: (OutputLayout) throws -> String?,
        display: (RunView) -> Void, conclude: (RunOutcome) -> Void = { _ in }
    ) async throws -> RunOutcome {
        // A worker may be gone before it has read its request.
        Files.ignoreBrokenPipes()
        let started = UTCTime.now
        let runID = newRunID(started)
        let layout = OutputLayout(root: options.output)
        let lock = try await OutputFolder.lock(layout, runID: runID, mode: options.lock)
        defer { withExtendedLifetime(lock) {} }
        let begun = monotonicNanoseconds()
        OutputFolder.removeLeftovers(layout)
        var options = options
        options.baseline = try begin(layout)
        let prior = try PriorResults.read(layout)
        let plan = Plan(discover(options), prior: prior, options: options, now: started)
        let events = RunEvents()
        let stops = signals()
        let listen = Task { for await number in stops { events.signal(number) } }
        defer { listen.cancel() }
        let journal = try RunJournal(plan, options: options, runID: runID, counts: count(plan))
        if prior.brokenLines > 0 {
            journal.note("\(prior.brokenLines) lines of the catalog or the failure memory cannot be read; left out")
        }
        let older = plan.jobs.count { $0.reason == ReusePolicy.olderRules }
        if older > 0 { journal.note("\(older) results were \(ReusePolicy.olderRules); they are done again, once") }
        if let note = plan.discovery.untakenNote { journal.note(note) }
        let driver = RunDriver(plan, journal: journal, options: options, begun: begun)
        await driver.run(events, display: display)
        let outcome = finish(driver, journal, plan: plan, prior: prior, options: options, started: started)
        conclude(outcome)
        return outcome
    }

    /// A name that sorts by the millisecond of its start: the time, then six digits of which three are the milliseconds and
    /// three are random, so that two runs of one moment differ.
    static func newRunID(_ time: UTCTime) -> String {
        let milliseconds = UInt32(time.milliseconds % 1000)
        let digits = String(0x1000000 | milliseconds << 12 | UInt32.random(in: 0...0xfff), radix: 16)
        return "\(time.compact)-\(digits.dropFirst())"
    }

    private static func count(_ plan: Plan) -> RunCounts {
        var counts = RunCounts()
        counts.found = plan.discovery.candidates.count
        counts.unreadable = plan.discovery.problems.count
        for skip in plan.skipped { counts.countSkipped(skip.status) }
        return counts
    }

    private static func finish(
        _ driver: RunDriver, _ journal: RunJournal, plan: Plan, prior: PriorResults, options: RunOptions,
        started: UTCTime
    ) -> RunOutcome {
        let problems = plan.discovery.problems
        // Files that are too young or not supported are there, so nothing is unmounted.
        let vanished =
            plan.discovery.candidates.isEmpty && plan.discovery.tooYoung == 0 && plan.discovery.untaken.isEmpty
            && !prior.catalog.isEmpty
        var statuses: [Int32] = []
        if problems.contains(where: { $0.isInput }) { statuses.append(ExitStatus.unreadableInput) }
        if let stop = driver.scheduler.interruption { statuses.append(ExitStatus.of(stop)) }
        if plan.discovery.candidates.isEmpty, vanished || options.errorIfEmpty { statuses.append(ExitStatus.noInput) }
        let old = journal.counts.skippedFailed + journal.counts.skippedDamaged + journal.counts.quarantined
        if journal.counts.failed + journal.counts.damaged > 0 || (options.failOnAny && old > 0) {
            statuses.append(ExitStatus.videosFailed)
        }
        var status = ExitStatus.winner(statuses)
        do {
            try driver.close()
            try journal.finish(driver.scheduler, started: started, seconds: driver.seconds, exitStatus: status)
        } catch {
            driver.abandon(error)
            status = ExitStatus.winner(statuses + [ExitStatus.failure])
        }
        // Nothing is appended any more. What is too long only takes space, so a run does not fail for it.
        do throws(SystemError) {
            try journal.layout.compact()
        } catch {
            journal.note("catalog and failure memory are not made smaller: \(error)")
        }
        return RunOutcome(
            runID: journal.runID, baseline: options.baseline, started: started,
            processorSeconds: driver.scheduler.processorSeconds, counts: journal.counts,
            stop: driver.scheduler.interruption,
            issues: journal.issues, problems: problems, seconds: driver.seconds, frames: driver.scheduler.frames,
            inputVanished: vanished, exitStatus: status, notes: journal.notes, untaken: plan.discovery.untaken)
    }
}
