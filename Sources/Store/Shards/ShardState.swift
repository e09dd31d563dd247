package import Bytes
package import Jobs

/// `state.json` of a shard: how the last attempt at it stands. What counts in the end are its outcomes; this tells the same
/// at the cost of one short read.
package struct ShardState: Equatable, Sendable {
    package var runID: String
    package var shard: Int
    package var attempt: String
    /// Jobs of the shard.
    package var jobs: Int
    /// Those that ended, in this attempt or before.
    package var done: Int
    /// Of these, those that failed.
    package var failed: Int
    /// The machine's name.
    package var host: String
    package var process: Int
    /// When it was written: milliseconds since 1970, by the clock of that machine.
    package var time: Int64
    /// Once the attempt has ended.
    package var exitStatus: Int?
    /// Bytes of the attempt's outcomes that it counts. A smaller file has lost some since.
    package var outcomeSize: Int64?

    private static let schema = "forgebatch/shard/1"

    package init(
        runID: String, shard: Int, attempt: String, jobs: Int, done: Int, failed: Int, host: String, process: Int,
        time: Int64, exitStatus: Int? = nil
    ) {
        (self.runID, self.shard, self.attempt) = (runID, shard, attempt)
        (self.jobs, self.done, self.failed) = (jobs, done, failed)
        (self.host, self.process, self.time, self.exitStatus) = (host, process, time, exitStatus)
    }

    package var isDone: Bool { done >= jobs }

    package var json: JSON {
        .members([
            "schema": .string(ShardState.schema), "run_id": .string(runID), "shard": .int(shard),
            "attempt": .string(attempt), "jobs": .int(jobs), "done": .int(done), "lost": .int(failed),
            "host": .string(host), "process": .int(process), "time": .string(UTCTime(milliseconds: time).text),
            "time_ms": .int(time), "exit_status": exitStatus.map { .int($0) },
            "outcome_bytes": outcomeSize.map { .int($0) },
        ])
    }

    package init?(_ json: JSON) {
        guard json["schema"]?.string == ShardState.schema, let runID = json["run_id"]?.string,
            let shard = json["shard"]?.int, let attempt = json["attempt"]?.string, let jobs = json["jobs"]?.int,
            let done = json["done"]?.int
        else { return nil }
        self.init(
            runID: runID, shard: shard, attempt: attempt, jobs: jobs, done: done, failed: json["lost"]?.int ?? 0,
            host: json["host"]?.string ?? "", process: json["process"]?.int ?? 0,
            time: Int64(json["time_ms"]?.int ?? 0), exitStatus: json["exit_status"]?.int)
        outcomeSize = json["outcome_bytes"]?.int.map { Int64($0) }
    }

    /// That of a shard; nil where there is none that can be read.
    package static func read(_ layout: OutputLayout, run id: String, shard: Int) -> ShardState? {
        guard let bytes = try? Files.read(layout.shardState(shard, run: id), limit: 1 << 16),
            let state = (try? JSONReader.parse(bytes)).flatMap({ ShardState($0) }), state.runID == id,
            state.shard == shard
        else { return nil }
        return state
    }

    /// Whether the outcomes that it counts are there, as far as their size tells.
    package func hasItsOutcomes(_ layout: OutputLayout) -> Bool {
        guard let outcomeSize else { return true }
        let paths = [attempt, nil].map { layout.shardOutcome(shard, attempt: $0, run: runID) }
        let size = paths.lazy.compactMap { try? Files.status($0).size }.first
        return (size ?? 0) >= outcomeSize
    }

    /// - Parameter durable: whether to wait for the disk.
    package func write(_ layout: OutputLayout, durable: Bool = false) throws(SystemError) {
        try AtomicFile.write(
            JSONWriter.encode(json) + [0x0a], to: layout.shardState(shard, run: runID), durable: durable)
    }
}
