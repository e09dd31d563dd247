internal import Bytes
internal import Jobs
package import Store

extension MadeOutputFolder {
    /// Does a shard of a planned run by hand: the outcomes of its jobs, without results to them, and the log of an attempt.
    ///
    /// - Parameters:
    ///   - late: milliseconds that the clock of the attempt is behind that of the plan.
    ///   - only: how many of its jobs are done.
    ///   - failing: the names of videos that fail.
    ///   - isLogCut: whether the attempt was killed between the last job's outcome and its end in the log.
    package func doShard(
        _ plan: PlanFile, _ shard: Int, attempt: String, late: Int64 = 0, only: Int = .max, failing: Set<String> = [],
        isLogCut: Bool = false
    ) throws {
        let head = plan.head
        var bytes: [UInt8] = []
        var seq = 0
        func log(_ event: LogEvent, _ time: Int64) {
            seq += 1
            bytes += event.encode(time: UTCTime(milliseconds: head.started - late + time), seq: seq) + [0x0a]
        }
        let lines = try plan.jobs(of: shard)
        log(.runStarted(runID: head.runID, version: head.version, jobs: lines.count, settings: head.digest), 0)
        log(.shardStarted(shard: shard, of: head.shards, source: "--shard", host: "h"), 0)
        for line in lines { log(.jobPlanned(job: line.job, path: line.path, size: line.size), 0) }
        try Files.makeDirectory(layout.shard(shard, run: head.runID), durable: false)
        let outcomes = try LineFile(layout.shardOutcome(shard, run: head.runID))
        for (index, line) in lines.prefix(only).enumerated() {
            let (time, name) = (Int64(index) * 1000, line.path.display)
            log(.jobStarted(job: line.job, path: line.path, totalFrames: 100, size: line.size), time)
            log(.progress(job: line.job, Progress(currentFrame: 50, totalFrames: 100)), time + 100)
            let isFailing = failing.contains(name)
            if !isFailing {
                log(.progress(job: line.job, Progress(currentFrame: 100, totalFrames: 100)), time + 800)
            }
            let record = isFailing ? JobRecord.failed(name) : .done(name)
            var outcome = ShardOutcome(attempt: attempt, record: record)
            if isFailing {
                outcome.failures = [FailureEntry(record, run: head.runID, digest: head.digest)]
            } else {
                outcome.catalog = [CatalogEntry(record, run: head.runID, digest: head.digest)]
            }
            try outcomes.append(JSONWriter.encode(outcome.json))
            if isLogCut, index == lines.prefix(only).count - 1 { break }
            log(
                isFailing ? .error(job: line.job, message: "\(name): no frame") : .completed(job: line.job),
                time + 900)
        }
        try AtomicFile.write(bytes, to: layout.shardLog(shard, attempt: attempt, run: head.runID), durable: false)
    }
}
