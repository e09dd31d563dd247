internal import Bytes
package import Jobs
internal import Store

/// The main job: from directories of videos to results, log and record.
package enum BatchRun {
    /// What a run would do, without lock and without writing anything.
    package static func plan(_ options: RunOptions) throws -> Plan {
        let memory = try Memory.read(OutputLayout(root: options.output))
        return Plan(discover(options), memory: memory, options: options, now: .now)
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
        // A worker may be gone before it has read its order.
        Files.ignoreBrokenPipes()
        let started = UTCTime.now
        let runID = newRunID(started)
        let layout = OutputLayout(root: options.output)
        let lock = try await OutputFolder.lock(layout, runID: runID, mode: options.lock)
        defer { withExtendedLifetime(lock) {} }
        OutputFolder.removeLeftovers(layout)
        var options = options
        options.baseline = try begin(layout)
        let memory = try Memory.read(layout)
        let plan = Plan(discover(options), memory: memory, options: options, now: started)
        let stops = signals()
        let batch = try Batch(plan, options: options, runID: runID, counts: count(plan))
        if memory.brokenLines > 0 {
            batch.note("\(memory.brokenLines) lines of the catalog or the failure memory cannot be read; left out")
        }
        let older = plan.jobs.count { $0.reason == Plan.olderRules }
        if older > 0 { batch.note("\(older) results were \(Plan.olderRules); they are done again, once") }
        if let note = plan.discovery.untakenNote { batch.note(note) }
        await work(batch, signals: stops, display: display)
        let outcome = try finish(batch, plan: plan, memory: memory, options: options, started: started)
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
        for skip in plan.skipped {
            switch skip.kind {
            case .upToDate: counts.skipped += 1
            case .damaged: counts.skippedDamaged += 1
            case .failed: counts.skippedFailed += 1
            case .quarantined: counts.quarantined += 1
            }
        }
        return counts
    }

    /// The one consumer of all events; workers, ticks and signals are its producers.
    private static func work(_ batch: Batch, signals: AsyncStream<Int32>, display: (RunView) -> Void) async {
        let (events, source) = AsyncStream.makeStream(of: BatchEvent.self)
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(100))
                    source.yield(.tick)
                }
            }
            group.addTask { for await number in signals { source.yield(.signal(number)) } }
            var iterator = events.makeAsyncIterator()
            var running = 0
            while true {
                do {
                    while let worker = try batch.nextStart() {
                        running += 1
                        let id = worker.order.job
                        group.addTask {
                            let attempt = await worker.run { source.yield(.message(id, $0)) }
                            source.yield(.ended(id, attempt))
                        }
                    }
                    if running == 0, batch.isDone { break }
                    guard let event = await iterator.next(isolation: #isolation) else { break }
                    if case .ended = event { running -= 1 }
                    try batch.handle(event)
                    if case .tick = event { display(batch.view) }
                } catch {
                    batch.abandon(error)
                    if running == 0 { break }
                }
            }
            group.cancelAll()
        }
    }

    private static func finish(
        _ batch: Batch, plan: Plan, memory: Memory, options: RunOptions, started: UTCTime
    ) throws -> RunOutcome {
        let problems = plan.discovery.problems
        // Files that are too young or not supported are there, so nothing is unmounted.
        let vanished =
            plan.discovery.candidates.isEmpty && plan.discovery.tooYoung == 0 && plan.discovery.untaken.isEmpty
            && !memory.catalog.isEmpty
        var statuses: [Int32] = []
        if problems.contains(where: { $0.isInput }) { statuses.append(ExitStatus.unreadableInput) }
        if let stop = batch.stop { statuses.append(ExitStatus.of(stop)) }
        if plan.discovery.candidates.isEmpty, vanished || options.errorIfEmpty { statuses.append(ExitStatus.noInput) }
        let old = batch.counts.skippedFailed + batch.counts.skippedDamaged + batch.counts.quarantined
        if batch.counts.failed + batch.counts.damaged > 0 || (options.failOnAny && old > 0) {
            statuses.append(ExitStatus.videosFailed)
        }
        var status = ExitStatus.winner(statuses)
        do {
            try batch.finish(exitStatus: status)
            let record = RunRecord(batch: batch, options: options, started: started, exitStatus: status)
            try record.write()
        } catch {
            batch.abandon(error)
            status = ExitStatus.winner(statuses + [ExitStatus.failure])
        }
        // Nothing is appended any more. What is too long only takes space, so a run does not fail for it.
        do throws(SystemError) {
            try batch.layout.compact()
        } catch {
            batch.note("catalog and failure memory are not made smaller: \(error)")
        }
        return RunOutcome(
            runID: batch.runID, baseline: options.baseline, started: started,
            processorSeconds: batch.processorSeconds, counts: batch.counts, stop: batch.stop, troubles: batch.troubles,
            problems: problems,
            seconds: batch.seconds, frames: batch.frames, inputVanished: vanished, exitStatus: status,
            notes: batch.notes, untaken: plan.discovery.untaken)
    }
}
