package import Bytes
package import Jobs
package import Store

/// Plans a run and cuts it into shards: what ``BatchRunner`` does until the first worker starts, and the plan on the disk.
package enum ShardPlanner {
    /// A plan that was made.
    package struct Outcome: Sendable {
        package var head: PlanHead
        package var path: RawPath
        package var counts: RunCounts
        package var problems: [DiscoveryProblem]
        package var untaken: [UntakenVideo]
        /// Files and folders that the rules leave out.
        package var ruledOut: Int
        package var notes: [String]
        /// As a run would end that did all of it.
        package var exitStatus: Int32
    }

    /// Walks as a run does, leaves out what it would skip, and writes the plan of the rest.
    ///
    /// - Parameters:
    ///   - shards: 1…``PlanFile/mostShards``.
    ///   - flags: see ``PlanHead/flags``.
    ///   - signals, begin: as of ``BatchRunner/run(_:signals:begin:display:conclude:)``.
    /// - Throws: ``RunRefusal``, ``LookFailure``: nothing is planned then.
    package static func plan(
        _ options: RunOptions, shards: Int, flags: [String], signals: () -> AsyncStream<Int32>,
        begin: (OutputLayout) throws -> String?
    ) async throws -> Outcome {
        Files.ignoreBrokenPipes()
        let started = UTCTime.now
        let runID = BatchRunner.newRunID(started)
        let layout = OutputLayout(root: options.output)
        let lock = try await OutputFolder.lock(layout, runID: runID, mode: options.lock)
        defer { withExtendedLifetime(lock) {} }
        let begun = monotonicNanoseconds() &- options.spent
        let events = RunEvents()
        let stops = signals()
        let listen = Task { for await number in stops { events.signal(number) } }
        defer { listen.cancel() }
        if lock.lack == nil { OutputFolder.removeLeftovers(layout) }
        var options = options
        options.baseline = try begin(layout)
        let prior = try PriorResults.read(layout)
        let looker = BatchRunner.looker(options, begun: begun) { events.firstSignal }
        let found = try await BatchRunner.discover(options, looker)
        let (discovery, names, rootNote) = try await BatchRunner.name(found, prior, options, looker)
        let plan = try await Plan.make(
            discovery, prior: prior, names: names, options: options, now: started, looker: looker)
        if let number = events.firstSignal { throw LookFailure.stopped(.signal(number), "") }
        if names != prior.roots || !Files.exists(layout.roots) { try names.write(layout) }
        for plugin in options.plugins { try plugin.copy?.write(layout) }
        let isSomethingEmpty = discovery.candidates.isEmpty || discovery.finds.contains { $0.videos == 0 }
        let last = isSomethingEmpty ? EarlierFinds.read(layout, scope: options.scope) : nil
        let notes = notes(
            plan, prior: prior, last: last, lack: lock.lack, more: options.notes + [rootNote].compactMap { $0 })
        let status = status(plan, last: last, options)
        let head = try write(plan, shards: shards, flags: flags, notes: notes, status, options, started, runID)
        try Whereabouts.enter(plan, run: runID, started, into: FolderBooks(layout))
        return Outcome(
            head: head, path: layout.plan(run: runID), counts: BatchRunner.count(plan), problems: discovery.problems,
            untaken: discovery.untaken, ruledOut: discovery.ruledOut, notes: notes, exitStatus: status)
    }

    private static func write(
        _ plan: Plan, shards: Int, flags: [String], notes: [String], _ status: Int32, _ options: RunOptions,
        _ started: UTCTime, _ runID: String
    ) throws -> PlanHead {
        var head = PlanHead(
            runID: runID, version: options.version, started: started.milliseconds, digest: options.digest)
        (head.flags, head.roots) = (flags, plan.discovery.roots)
        let cut = ShardCut(shards, sizes: plan.jobs.sizes) { plan.jobs.precedes($0, $1) }
        var writer = try PlanWriter(OutputLayout(root: options.output), head)
        for indices in cut.shards {
            for index in indices {
                let job = plan.jobs[index]
                try writer.append(job.line(head.roots), tools: job.tools?.planned)
            }
            writer.endShard()
        }
        var summary = RunSummary(id: runID)
        (summary.version, summary.started) = (options.version, started.text)
        (summary.settingsDigest, summary.scope, summary.baseline) = (options.digest, options.scope, options.baseline)
        (summary.tally, summary.exitStatus) = (BatchRunner.count(plan), Int(status))
        var document = RunDocument(summary, plan, options)
        document.notes = notes
        return try writer.publish(document)
    }

    /// What a person should know, as the run itself would note it.
    private static func notes(
        _ plan: Plan, prior: PriorResults, last: EarlierFinds?, lack: String?, more: [String]
    ) -> [String] {
        var notes = more
        if let lack { notes.append("this plan was made without a lock: \(lack)") }
        notes += plan.notes(prior: prior, last: last)
        var known: Set<String> = []
        return notes.filter { known.insert($0).inserted }
    }

    private static func status(_ plan: Plan, last: EarlierFinds?, _ options: RunOptions) -> Int32 {
        var statuses: [Int32] = []
        if plan.discovery.problems.contains(where: \.isInput) { statuses.append(ExitStatus.unreadableInput) }
        let isEmpty = plan.discovery.candidates.isEmpty && options.errorIfEmpty
        if isEmpty || plan.hasVanished(since: last) || !plan.emptied(since: last).isEmpty {
            statuses.append(ExitStatus.noInput)
        }
        let isOldCounted = options.failOnAny
        if isOldCounted, plan.skipped.contains(where: { $0.status.needsAttention || !$0.toolsFailed.isEmpty }) {
            statuses.append(ExitStatus.videosFailed)
        }
        return ExitStatus.winner(statuses)
    }
}

extension Plan {
    /// What a person should know of a plan before its first video starts, a sentence each.
    func notes(prior: PriorResults, last: EarlierFinds?) -> [String] {
        var notes: [String] = []
        if prior.brokenLines > 0 {
            notes.append("\(prior.brokenLines) lines of the catalog or the failure memory cannot be read; left out")
        }
        notes += olderNotes
        if let note = discovery.untakenNote { notes.append(note) }
        if let note = goneNote { notes.append(note) }
        if leftForLater > 0 { notes.append("--limit leaves \(leftForLater) videos to later runs") }
        for (root, videos) in emptied(since: last) {
            notes.append("\(root.display): no videos, although the last run found \(videos) there: is it mounted?")
        }
        return notes
    }
}
