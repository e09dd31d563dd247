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
        /// What was probed; nil where nothing was to be.
        package var probes: ProbeTally?
        /// As a run would end that did all of it.
        package var exitStatus: Int32
    }

    /// Walks as a run does, leaves out what it would skip, and writes the plan of the rest.
    ///
    /// - Parameters:
    ///   - shards: 1…``PlanFile/mostShards``.
    ///   - flags: see ``PlanHead/flags``.
    ///   - signals, begin: as of ``BatchRunner/run(_:signals:begin:display:conclude:)``.
    ///   - probing: has each video opened, and shards cut by what containers tell; called about ten times a second meanwhile. Nil
    ///     cuts by bytes.
    /// - Throws: ``RunRefusal``, ``LookFailure``: nothing is planned then.
    package static func plan(
        _ options: RunOptions, shards: Int, flags: [String], signals: () -> AsyncStream<Int32>,
        begin: (OutputLayout) throws -> String?, probing: ((RunView) -> Void)? = nil
    ) async throws -> Outcome {
        try await RunStart.with(options, signals: signals, begin: begin, without: "this plan was made without a lock") {
            try await plan($0, shards: shards, flags: flags, probing: probing)
        }
    }

    private static func plan(
        _ start: RunStart, shards: Int, flags: [String], probing: ((RunView) -> Void)?
    ) async throws -> Outcome {
        var probed: VideoProber.Outcome?
        if let probing {
            let prober = VideoProber(start.plan.jobs, start.options, begun: start.begun)
            probed = try await prober.probe(stop: { start.stop }, display: probing)
        }
        if let number = start.events.firstSignal { throw LookFailure.stopped(.signal(number), "") }
        try start.keepNames()
        for plugin in start.options.plugins { try plugin.copy?.write(start.layout) }
        var known: Set<String> = []
        let notes = start.notes.filter { known.insert($0).inserted }
        let status = status(start)
        let sizes = start.plan.jobs.sizes
        let (costs, overhead) = probed?.costs.costs(sizes) ?? (sizes, ShardCut.overhead)
        let cut = ShardCut(shards, costs: costs, overhead: overhead) { start.plan.jobs.precedes($0, $1) }
        let head = try write(start, cut, flags: flags, notes: notes, status)
        let plan = start.plan
        try Whereabouts.enter(plan, run: start.runID, start.started, into: FolderBooks(start.layout))
        return Outcome(
            head: head, path: start.layout.plan(run: start.runID), counts: BatchRunner.count(plan),
            problems: plan.discovery.problems, untaken: plan.discovery.untaken, ruledOut: plan.discovery.ruledOut,
            notes: notes + (probed?.notes ?? []), probes: probed?.tally, exitStatus: status)
    }

    private static func write(
        _ start: RunStart, _ cut: ShardCut, flags: [String], notes: [String], _ status: Int32
    ) throws -> PlanHead {
        let (plan, options, runID, started) = (start.plan, start.options, start.runID, start.started)
        var head = PlanHead(
            runID: runID, version: options.version, started: started.milliseconds, digest: options.digest)
        (head.flags, head.roots) = (flags, plan.discovery.roots)
        var writer = try PlanWriter(start.layout, head)
        for indices in cut.shards {
            for index in indices {
                let job = plan.jobs[index]
                let known = try start.prior.catalog.number(of: job.id).map { try start.prior.catalog.entry($0) }
                try writer.append(job.line(head.roots, known: known), tools: job.tools?.planned)
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

    private static func status(_ start: RunStart) -> Int32 {
        var statuses: [Int32] = []
        if start.plan.discovery.problems.contains(where: \.isInput) { statuses.append(ExitStatus.unreadableInput) }
        if start.isMissingInput { statuses.append(ExitStatus.noInput) }
        let skipped = start.plan.skipped
        let isOldFaulty = skipped.statuses.contains(where: \.needsAttention) || skipped.failedToolCount > 0
        if start.options.failOnAny, isOldFaulty {
            statuses.append(ExitStatus.videosFailed)
        }
        return ExitStatus.winner(statuses)
    }
}
