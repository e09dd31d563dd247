package import Bytes
package import Jobs
package import Store

/// Joins the shards of a run into a run like any other: catalog, failure memory, log, record, history and `latest`.
///
/// Results are where they are; nothing of them is read. What is joined does not depend on the order in which shards were done,
/// nor on how often. It may be done again at any time, and a kill at any moment costs nothing: the next one does it all again.
package struct ShardMerge {
    /// How a run came out.
    package struct Outcome: Sendable {
        package var summary: RunSummary
        /// The shards of which jobs have not ended, rising.
        package var missing: [Int]
        /// Videos that a person should look at, the first of them.
        package var issues: [(path: RawPath, message: String, status: VideoStatus)] = []
        package var toolFailures: [(path: RawPath, tool: FailedTool)] = []
        package var notes: [String]
    }

    /// What decides the exit status.
    package struct Findings: Sendable {
        /// Of the plan.
        package var planned: Int32
        /// Whether a video failed or is damaged, or a tool failed on one.
        package var isFaulty: Bool
        package var isIncomplete: Bool
    }

    /// Shards are missing, and nothing was written.
    package struct Missing: Error, Equatable {
        package let shards: [Int]
        package let jobs: Int
    }

    /// Videos, and failures of tools, that are told one by one.
    private static let mostTold = 10_000
    /// Jobs whose lines go to the disk together.
    private static let batch = 4096

    private let plan: PlanFile
    private let layout: OutputLayout
    private var document: RunDocument
    private var counted = CountedAttempts()
    private var earlier = JoinedBooks.Earlier()
    private var missing: [Int] = []
    private var issues: [(path: RawPath, message: String, status: VideoStatus)] = []
    private var toolFailures: [(path: RawPath, tool: FailedTool)] = []
    private var hasLostTools = false

    private var head: PlanHead { plan.head }
    private var runID: String { plan.head.runID }

    private init(_ plan: PlanFile, _ layout: OutputLayout) throws {
        (self.plan, self.layout) = (plan, layout)
        document = try plan.document()
    }

    /// Only under the lock of the output folder.
    ///
    /// - Parameters:
    ///   - isPartial: whether to join what there is.
    ///   - baseline: the run that this one is held against, for the record.
    ///   - compacts: whether the catalog may be made smaller, which needs the lock.
    ///   - exitStatus: of such a run.
    /// - Throws: ``Missing``, `SystemError`, `PlanFile.Fault`.
    /// - Complexity: linear in the plan, the outcomes and the logs; in memory some 100 bytes a job, and one shard's index.
    package static func run(
        _ plan: PlanFile, _ layout: OutputLayout, isPartial: Bool, baseline: String?, compacts: Bool,
        exitStatus: (Findings) -> Int32
    ) async throws -> Outcome {
        var merge = try ShardMerge(plan, layout)
        try merge.count(isPartial: isPartial)
        let records = try Spool(in: layout.run(plan.head.runID))
        try await merge.takeOutcomes(records, isPartial: isPartial)
        return try merge.finish(records, baseline: baseline, compacts: compacts, exitStatus: exitStatus)
    }

    // MARK: What there is

    /// Finds the attempt that counts of each job.
    private mutating func count(isPartial: Bool) throws {
        counted.reserve(head.jobs)
        var lacking = 0
        for shard in 0..<head.shards where head.parts[shard].jobs > 0 {
            let outcomes = try ShardOutcomes(layout, run: runID, shard: shard)
            var isWhole = true
            try plan.forEachJob(of: shard) { line in
                earlier.add(line)
                if let attempt = outcomes.attempt(line.job) {
                    counted.add(line.job, shard: shard, attempt: attempt)
                } else {
                    document.notStarted.append(RunDocument.Waiting(job: line.job, path: line.path))
                    isWhole = false
                    lacking += 1
                }
            }
            if !isWhole { missing.append(shard) }
        }
        if !missing.isEmpty, !isPartial { throw Missing(shards: missing, jobs: lacking) }
    }

    // MARK: Catalog, failure memory, records

    /// Enters what every job came to, and keeps the records.
    private mutating func takeOutcomes(_ records: Spool, isPartial: Bool) async throws {
        let books = try JoinedBooks(runID, earlier, layout)
        var isFirst = true
        try await EndedJobs.forEach(plan, layout) { shard, line, ended in
            guard let ended else { return leaveOut(line, of: shard) }
            note(ended.outcome)
            try records.append(Array((isFirst ? "\n" : ",\n").utf8) + ended.record)
            isFirst = false
            books.add(ended, line)
            if books.waiting >= ShardMerge.batch { try books.flush() }
        }
        if !missing.isEmpty, !isPartial { throw Missing(shards: missing, jobs: document.notStarted.count) }
        try books.flush()
    }

    /// A job whose outcome turned out to be none when it was read whole is missing, too.
    private mutating func leaveOut(_ line: PlanLine, of shard: Int) {
        guard counted.remove(line.job) else { return }
        document.notStarted.append(RunDocument.Waiting(job: line.job, path: line.path))
        if !missing.contains(shard) { missing = (missing + [shard]).sorted() }
    }

    private mutating func note(_ outcome: ShardOutcome) {
        let record = outcome.record
        document.summary.tally.countProcessed(record.status)
        // A file that somebody edited may say any number.
        let (frames, isTooMany) = (document.summary.frames ?? 0).addingReportingOverflow(record.frames ?? 0)
        document.summary.frames = isTooMany ? .max : frames
        document.summary.processorSeconds =
            (document.summary.processorSeconds ?? 0) + (record.processorSeconds ?? 0)
        document.summary.toolsFailed += record.toolsFailed.count
        hasLostTools = hasLostTools || outcome.toolsLost > 0
        if let issue = record.issue, issues.count < ShardMerge.mostTold {
            issues.append((record.path, issue, record.status))
        }
        for tool in record.toolsFailed where toolFailures.count < ShardMerge.mostTold {
            toolFailures.append((record.path, tool))
        }
    }

    // MARK: Log, record, history

    private mutating func finish(
        _ records: Spool, baseline: String?, compacts: Bool, exitStatus: (Findings) -> Int32
    ) throws -> Outcome {
        var summary = document.summary
        summary.tally.notStarted = document.notStarted.count
        let status = exitStatus(
            Findings(
                planned: Int32(summary.exitStatus ?? 0),
                isFaulty: summary.tally.failed + summary.tally.damaged > 0 || hasLostTools,
                isIncomplete: !missing.isEmpty))
        summary.exitStatus = Int(status)
        summary.baseline = baseline
        summary.isInterrupted = !missing.isEmpty
        summary.stopped = missing.isEmpty ? nil : RunSummary.missingShards
        let end = try writeLog(summary.tally, status)
        summary.finished = UTCTime(milliseconds: end).text
        summary.seconds = Double(end - head.started) / 1000
        summary.processorSeconds = summary.processorSeconds.map { ($0 * 1000).rounded() / 1000 }
        document.summary = summary
        var file = try RunDocumentWriter(layout.summary(run: runID), document)
        try records.copy { try file.append(encoded: $0) }
        try file.publish()
        if try History(layout).runs()[runID] != summary { try History(layout).append([summary]) }
        // A run that was joined late is not the latest.
        if let newest = try RunFolders.newestRecorded(layout) { try layout.setLatest(run: newest) }
        if compacts { try layout.compact() }
        return Outcome(
            summary: summary, missing: missing, issues: issues, toolFailures: toolFailures, notes: document.notes)
    }

    /// - Returns: when the last event was: milliseconds since 1970.
    private mutating func writeLog(_ counts: RunCounts, _ status: Int32) throws -> Int64 {
        let plain = layout.log(run: runID)
        var file = try AtomicFile(plain)
        var writer = JoinedLogWriter(start: head.started)
        var buffer: [UInt8] = []
        func write(_ bytes: [UInt8], _ file: inout AtomicFile) throws(SystemError) {
            buffer += bytes
            guard buffer.count >= 1 << 17 else { return }
            try file.write(buffer)
            buffer.removeAll(keepingCapacity: true)
        }
        try write(
            writer.encode(
                .runStarted(runID: runID, version: head.version, jobs: head.jobs, settings: head.digest)), &file)
        for shard in 0..<head.shards {
            try plan.forEachJob(of: shard) { line in
                try write(writer.encode(.jobPlanned(job: line.job, path: line.path, size: line.size)), &file)
            }
        }
        if let skipped = JoinedEvents.skipped(counts) { try write(writer.encode(skipped), &file) }
        var logs = try ShardLogMerge(
            counted.attempts.map { layout.shardLog($0.shard, attempt: $0.name, run: runID) })
        while let (line, event, time, log) = try logs.next() {
            guard let job = event.job, counted.takes(job, event.kind, from: log),
                let bytes = writer.rewrite(line, at: time)
            else { continue }
            try write(bytes, &file)
        }
        try writeEnds { try write(writer.encode($0), &file) }
        try write(writer.encode(.runFinished(counts: counts.json, exitStatus: Int(status))), &file)
        try file.write(buffer)
        try file.publish()
        // What was packed of an earlier merge says less.
        Files.remove(plain.suffixed(Gzip.suffix))
        return writer.time
    }

    /// Ends jobs whose outcome is known and whose log was cut: a kill came between the two.
    private func writeEnds(_ write: (LogEvent) throws -> Void) throws {
        guard counted.unended > 0 else { return }
        for shard in 0..<head.shards {
            var outcomes: ShardOutcomes?
            try plan.forEachJob(of: shard) { line in
                guard let job = counted[line.job], !job.isEnded else { return }
                let known = try outcomes ?? ShardOutcomes(layout, run: runID, shard: shard)
                outcomes = known
                guard let record = try known.outcome(line.job)?.record else { return }
                for event in JoinedEvents.end(line, record, isStarted: job.isStarted) { try write(event) }
            }
        }
    }
}
