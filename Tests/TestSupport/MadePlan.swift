internal import Bytes
package import Jobs
package import Store

/// A planned run in an output folder, whose shards are done by hand.
package struct MadePlan: Sendable {
    package static let run = "20260226T010203Z-aaaaaa"

    package let made: MadeOutputFolder
    package var layout: OutputLayout { made.layout }

    /// - Parameter skipped: how many videos the run leaves alone.
    package init(_ names: [String], shards: Int, skipped: Int = 2) throws {
        made = try MadeOutputFolder()
        var head = PlanHead(runID: MadePlan.run, version: "1.0.0", started: MadeOutputFolder.start, digest: "d")
        head.roots = [InputRoot(prefix: RawPath(""), path: RawPath("/in"))]
        let cut = ShardCut(shards, jobs: names.enumerated().map { (Int64($0 + 1) << 20, RawPath($1)) })
        var writer = try PlanWriter(made.layout, head)
        for indices in cut.shards {
            for index in indices {
                let path = RawPath(names[index])
                let job = JobID(video: path)
                try writer.append(
                    PlanLine(
                        job: job, path: path, size: Int64(index + 1) << 20, modified: 1, inode: 2,
                        result: OutputLayout.result(for: path, job: job)))
            }
            writer.endShard()
        }
        var summary = RunSummary(id: MadePlan.run)
        (summary.version, summary.started) = ("1.0.0", UTCTime(milliseconds: MadeOutputFolder.start).text)
        (summary.settingsDigest, summary.scope, summary.exitStatus) = ("d", "s", 0)
        summary.tally.found = names.count + skipped
        summary.tally.skipped = skipped
        _ = try writer.publish(RunDocument(summary))
    }

    /// The plan as it lies there.
    package func plan() throws -> PlanFile { try PlanFile(layout.plan(run: MadePlan.run)) }
}

/// An attempt at a shard of a made plan that is going on: it holds the shard's lock, and its log and outcomes grow line by line.
package final class MadeAttempt {
    private let layout: OutputLayout
    private let shard: Int
    private let name: String
    private let late: Int64
    private let log: FileDescriptor
    private let lock: FileDescriptor?
    private let jobs: Int
    private var seq = 0
    private var done = 0
    private var failed = 0

    /// - Parameters:
    ///   - late: milliseconds by which its clock is behind that of the plan.
    ///   - isLocked: whether it holds the lock of the shard.
    package init(_ made: MadePlan, _ shard: Int, _ name: String, late: Int64 = 0, isLocked: Bool = true) throws {
        (layout, self.shard, self.name, self.late) = (made.layout, shard, name, late)
        let path = layout.shardLog(shard, attempt: name, run: MadePlan.run)
        try Files.makeDirectory(path.parent)
        log = try Files.open(path, Files.createExclusive)
        let lockPath = layout.shardLock(shard, run: MadePlan.run)
        lock = try isLocked ? Files.open(lockPath, Files.readWriteOrCreate) : nil
        if let lock { _ = try Files.lock(lock, path: lockPath) }
        let plan = try made.plan()
        jobs = plan.head.parts[shard].jobs
        try tell(.runStarted(runID: MadePlan.run, version: "1.0.0", jobs: jobs, settings: "d"), 0)
        try tell(.shardStarted(shard: shard, of: plan.head.shards, source: "--shard", host: "h"), 0)
        for line in try plan.jobs(of: shard) {
            try tell(.jobPlanned(job: line.job, path: line.path, size: line.size), 0)
        }
    }

    deinit {
        Files.close(log)
        if let lock { Files.close(lock) }
    }

    /// Writes an event so many milliseconds after the plan, by its own clock.
    package func tell(_ event: LogEvent, _ time: Int64) throws {
        seq += 1
        let bytes = event.encode(time: UTCTime(milliseconds: MadeOutputFolder.start - late + time), seq: seq)
        try write(bytes + [0x0a])
    }

    package func write(_ bytes: [UInt8]) throws {
        try Files.write(bytes, to: log, path: layout.shard(shard, run: MadePlan.run))
    }

    package func start(_ video: String, _ time: Int64) throws {
        try tell(
            .jobStarted(job: JobID(video: RawPath(video)), path: RawPath(video), totalFrames: 100, size: 5), time)
    }

    package func progress(_ video: String, _ frame: Int, _ time: Int64) throws {
        let progress = Progress(currentFrame: frame, totalFrames: 100)
        try tell(.progress(job: JobID(video: RawPath(video)), progress), time)
    }

    /// Puts on record what a video came to, and tells it.
    ///
    /// - Parameter isTold: false for an attempt that is killed between the two.
    package func end(_ video: String, _ time: Int64, isFailing: Bool = false, isTold: Bool = true) throws {
        let record = isFailing ? JobRecord.failed(video) : .done(video)
        var outcome = ShardOutcome(attempt: name, record: record)
        if isFailing {
            outcome.failures = [FailureEntry(record, run: MadePlan.run, digest: "d")]
            failed += 1
        } else {
            outcome.catalog = [CatalogEntry(record, run: MadePlan.run, digest: "d")]
        }
        done += 1
        try LineFile(layout.shardOutcome(shard, run: MadePlan.run)).append(JSONWriter.encode(outcome.json))
        guard isTold else { return }
        let job = JobID(video: RawPath(video))
        if !isFailing { try progress(video, 100, time) }
        try tell(isFailing ? .error(job: job, message: "\(video): no frame") : .completed(job: job), time)
    }

    /// Does videos from their starts to their ends, a second each.
    package func complete(_ videos: [String], from time: Int64 = 0) throws {
        for (index, video) in videos.enumerated() {
            let begin = time + Int64(index) * 1000
            try start(video, begin)
            try progress(video, 50, begin + 500)
            try end(video, begin + 900)
        }
    }

    /// Ends it as an attempt ends that came to its end. One that is let go without it was killed.
    package func finish(_ time: Int64, before: Int = 0, exitStatus: Int = 0) throws {
        try tell(.runFinished(counts: .object([]), exitStatus: exitStatus), time)
        try note(time, before: before, exitStatus: exitStatus)
    }

    /// Says how the shard stands, as an attempt does when a job begins or ends.
    ///
    /// - Parameter before: jobs that attempts before this one ended.
    package func note(_ time: Int64, before: Int = 0, exitStatus: Int? = nil) throws {
        try ShardState(
            runID: MadePlan.run, shard: shard, attempt: name, jobs: jobs, done: before + done, failed: failed,
            host: "h", process: 1, time: MadeOutputFolder.start - late + time, exitStatus: exitStatus
        ).write(layout)
    }
}
