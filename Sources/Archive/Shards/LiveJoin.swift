internal import Bytes
internal import Jobs
internal import Store

/// The log of a run in shards that nobody joined yet: the logs of all attempts read together while they grow.
///
/// It begins as the joined log does, with the plan. Then lines come in the order in which they are found, those found at one
/// look by their times; each log keeps its order, times never fall and are never later than the reader's clock, and numbers
/// are given anew. What was told stays, so whoever keeps this has numbers that stay. It lies in a file without a name in
/// `TMPDIR`. When the run was joined, it ends as the joined log does, and nothing more comes.
///
/// Use it from one thread at a time.
final class LiveJoin {
    private let layout: OutputLayout
    private let plan: PlanFile
    /// Nil where no file could be made.
    private let scratch: (descriptor: FileDescriptor, path: RawPath)?
    private var told: ToldJobs
    private var logs: ShardLogMerge
    /// By the number of the log, that of its attempt in ``told``.
    private var attempts: [Int32] = []
    private var known: Set<CountedAttempts.Attempt> = []
    /// By shard: how many attempts are known, and the latest of them.
    private var latest: [(count: Int, name: String)]
    private var writer: JoinedLogWriter
    private var buffer: [UInt8] = []
    /// Bytes that were told.
    private var size = 0
    /// Shards whose jobs were told as planned.
    private var planned = 0
    private var isPlanTold = false
    /// What was found is not all told.
    private var hasMore = true
    /// What was told cannot be kept, so that nothing more can follow.
    private var failure: SystemError?
    /// Of a monotonic clock, in nanoseconds: when to look again.
    private var next: (look: UInt64, status: UInt64) = (0, 0)
    private let intervals: (look: UInt64, status: UInt64)
    /// Nanoseconds that the last look took, without what it told.
    private var cost: UInt64 = 0

    /// How the shards stood of late; nil before the logs were read to their ends.
    private(set) var status: ShardStatus?
    /// All shards have ended and that was told, or the run was joined: nothing more comes until somebody joins them.
    private(set) var isOver = false
    /// The run was joined, and that was told.
    private(set) var isFinished = false

    private static let flushSize = 1 << 17
    /// Of a folder of many shards a look takes long; it is not to take more than a tenth of the time.
    private static let share: UInt64 = 10
    /// Nanoseconds after which there is another look, whatever one takes.
    private static let longestWait: UInt64 = 10_000_000_000
    /// Nanoseconds more, a shard, between two looks at how they stand: two short reads each.
    private static let shardCost: UInt64 = 2_000_000
    private static let shardStarted = Array("{\"type\":\"shard_started\"".utf8)

    /// - Parameters:
    ///   - look: nanoseconds between two looks at the logs, at least; 0 looks whenever it is asked.
    ///   - status: the same of looks at how the shards stand.
    ///   - folder: where what is told lies. That no file can be made there is told by the first look.
    /// - Returns: nil for a run that is no unjoined one in shards.
    init?(
        _ layout: OutputLayout, run id: String, look: UInt64 = 100_000_000, status: UInt64 = 1_000_000_000,
        in folder: RawPath = Files.scratchFolder
    ) {
        guard layout.loneRun == nil, RunLog.file(layout.log(run: id)) == nil,
            RunFolders.isUnjoined(layout, run: id), let plan = try? PlanFile(layout.plan(run: id))
        else { return nil }
        (self.layout, self.plan, intervals) = (layout, plan, (look, status))
        do throws(SystemError) {
            scratch = try Files.openNameless(in: folder)
        } catch {
            (scratch, failure) = (nil, error)
        }
        latest = Array(repeating: (0, ""), count: plan.head.shards)
        told = ToldJobs(shards: plan.head.shards)
        logs = ShardLogMerge(growing: plan.head.shards)
        writer = JoinedLogWriter(start: min(plan.head.started, UTCTime.now.milliseconds))
    }

    deinit { if let scratch { Files.close(scratch.descriptor) } }

    private var head: PlanHead { plan.head }

    /// A descriptor of what was told, for whoever closes it.
    func sharedDescriptor() throws(SystemError) -> FileDescriptor {
        let scratch = try file()
        return try Files.duplicate(scratch.descriptor, path: scratch.path)
    }

    private func file() throws(SystemError) -> (descriptor: FileDescriptor, path: RawPath) {
        if let failure { throw failure }
        guard let scratch else { throw SystemError("open", plan.path, code: SystemError.missing) }
        return scratch
    }

    /// Tells what is new, about `limit` bytes of it; nothing when it is not time yet.
    ///
    /// - Throws: `SystemError` when the plan is gone or cannot be read, or when there is no room for what is told. A log or a
    ///   folder that cannot be read at the moment is read later.
    /// - Complexity: a listing a shard that has not ended, a read a log, and what is new.
    func look(_ limit: Int) throws(SystemError) {
        let begun = monotonicNanoseconds()
        guard !isFinished, hasMore || begun >= next.look else { return }
        if let failure { throw failure }
        do {
            try advance(limit, begun)
            try flush()
        } catch let error as SystemError {
            throw error
        } catch {
            throw SystemError("read", plan.path, detail: "\(error)")
        }
        guard intervals.look > 0 else { return }
        // What was told took its time once; looking takes it each time.
        let wait = max(intervals.look, min(LiveJoin.longestWait, LiveJoin.share * cost))
        next.look = monotonicNanoseconds() + wait
    }

    private func advance(_ limit: Int, _ now: UInt64) throws {
        let before = size
        try tellPlan { size - before < limit }
        hasMore = !isPlanTold
        if hasMore { return }
        // Asked before the logs are read, so that nothing of them is left out.
        let isJoined = RunLog.file(layout.log(run: head.runID)) != nil
        let begun = monotonicNanoseconds()
        findLogs()
        logs.readOn()
        cost = monotonicNanoseconds() - begun
        let moment = UTCTime.now.milliseconds
        while size - before < limit, let found = try logs.next() {
            try take(found.line, found.event, from: found.log, at: min(found.time, moment))
        }
        hasMore = size - before >= limit
        if hasMore { return }
        if isJoined { return try finish() }
        guard now >= next.status else { return }
        let found = monotonicNanoseconds()
        try lookAtShards()
        cost += monotonicNanoseconds() - found
        guard intervals.status > 0 else { return }
        next.status = now + max(intervals.status, UInt64(head.shards) * LiveJoin.shardCost)
    }

    // MARK: The plan

    private func tellPlan(_ hasRoom: () -> Bool) throws {
        if isPlanTold { return }
        if size == 0 {
            try tell(.runStarted(runID: head.runID, version: head.version, jobs: head.jobs, settings: head.digest))
        }
        while planned < head.shards, hasRoom() {
            let shard = planned
            let outcomes = try ShardOutcomes(layout, run: head.runID, shard: shard)
            try plan.forEachJob(of: shard) { line in
                // Told before the plan or the disk failed in the middle of a shard.
                if told[line.job] != nil { return }
                let counted = outcomes.attempt(line.job).map { CountedAttempts.Attempt(shard: shard, name: $0) }
                told.plan(line.job, counted: counted)
                try tell(.jobPlanned(job: line.job, path: line.path, size: line.size))
            }
            planned += 1
        }
        guard planned == head.shards else { return }
        if let skipped = JoinedEvents.skipped(try plan.document().summary.tally) { try tell(skipped) }
        isPlanTold = true
    }

    // MARK: The logs

    /// Finds the logs of attempts that began since.
    private func findLogs() {
        for shard in 0..<head.shards where told.ended[shard] < head.parts[shard].jobs {
            for name in (try? Files.list(layout.shard(shard, run: head.runID))) ?? [] {
                guard case .log(let attempt) = OutputLayout.shardFile(name) else { continue }
                let key = CountedAttempts.Attempt(shard: shard, name: attempt)
                guard known.insert(key).inserted else { continue }
                _ = logs.add(layout.shardLog(shard, attempt: attempt, run: head.runID))
                attempts.append(told.number(key))
                latest[shard] = (latest[shard].count + 1, max(latest[shard].name, attempt))
            }
        }
    }

    private func take(_ line: [UInt8], _ event: ScannedLine, from log: Int, at time: Int64) throws(SystemError) {
        guard let key = event.job else {
            if event.kind == .runFinished { logs.end(log) }
            if line.starts(with: LiveJoin.shardStarted) { try tell(line, at: time) }
            return
        }
        switch told.take(event, from: attempts[log]) {
        case .isLeftOut: break
        case .isTold: try tell(line, at: time)
        case .isAnotherTry(let number):
            let shard = told.attempts[Int(attempts[log])].shard
            try tell(
                .jobRetry(job: key.job, attempt: number, reason: "another attempt at shard \(shard) began it anew"),
                at: time)
        }
    }

    // MARK: How the shards stand

    private func lookAtShards() throws {
        guard Files.exists(plan.path) else { throw SystemError("open", plan.path, code: SystemError.missing) }
        let now = try ShardStatus(plan, layout)
        if let before = status {
            for shard in now.shards where before.shards[shard.number].ended > told.ended[shard.number] {
                // What an attempt at work has ended, its log will tell; one before it was killed, and tells nothing more.
                let isAtWork = shard.stand == .working || before.shards[shard.number].stand == .working
                if isAtWork, latest[shard.number].count < 2 { continue }
                try tellEnds(of: shard.number, butOf: isAtWork ? latest[shard.number].name : nil)
            }
            isOver = before.isOver && now.isOver
        }
        status = now
    }

    /// Ends the jobs of a shard that have an outcome, and no end in what was read.
    ///
    /// - Parameter attempt: whose jobs are left out.
    private func tellEnds(of shard: Int, butOf attempt: String? = nil) throws {
        let outcomes = try ShardOutcomes(layout, run: head.runID, shard: shard)
        try plan.forEachJob(of: shard) { line in
            guard let job = told[line.job], !job.isEnded, let outcome = try outcomes.outcome(line.job),
                outcome.attempt != attempt
            else { return }
            for event in JoinedEvents.end(line, outcome.record, isStarted: job.isStarted) {
                try tell(event, at: UTCTime.now.milliseconds)
            }
            told.end(line.job, shard: shard)
        }
    }

    /// The run was joined.
    private func finish() throws {
        for shard in 0..<head.shards where told.ended[shard] < head.parts[shard].jobs { try tellEnds(of: shard) }
        let joined = RunLogSummary(layout, run: head.runID)
        guard joined?.status == .finished else { return }
        try tell(
            .runFinished(counts: joined?.counts ?? .object([]), exitStatus: joined?.exitStatus ?? 0),
            at: min(UTCTime.now.milliseconds, joined?.last?.milliseconds ?? 0))
        (isOver, isFinished) = (true, true)
    }

    // MARK: What is told

    private func tell(_ event: LogEvent, at time: Int64? = nil) throws(SystemError) {
        try append(writer.encode(event, at: time))
    }

    private func tell(_ line: [UInt8], at time: Int64) throws(SystemError) {
        if let bytes = writer.rewrite(line, at: time) { try append(bytes) }
    }

    private func append(_ bytes: [UInt8]) throws(SystemError) {
        buffer += bytes
        size += bytes.count
        if buffer.count >= LiveJoin.flushSize { try flush() }
    }

    private func flush() throws(SystemError) {
        if buffer.isEmpty { return }
        let scratch = try file()
        do throws(SystemError) {
            try Files.write(buffer, to: scratch.descriptor, path: scratch.path)
        } catch {
            // Part of a line may be there, behind which nothing can follow.
            failure = error
            throw error
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
