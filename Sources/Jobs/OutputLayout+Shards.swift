package import Bytes

/// Where a run in shards keeps what only it has: below the folder of the run.
extension OutputLayout {
    /// What a plan is called in the folder of its run.
    package static let planName = "plan.ndjson"

    package func plan(run id: String) -> RawPath { run(id).appending(OutputLayout.planName) }
    package func shards(run id: String) -> RawPath { run(id).appending("shards") }

    /// The folder of one shard, which is made by the first attempt at it.
    package func shard(_ number: Int, run id: String) -> RawPath { shards(run: id).appending(String(number)) }

    /// The progress log of an attempt at a shard.
    package func shardLog(_ number: Int, attempt: String, run id: String) -> RawPath {
        shard(number, run: id).appending("\(attempt).ndjson")
    }

    /// What the jobs of a shard came to.
    ///
    /// - Parameter attempt: of an attempt that has no lock, which has a file of its own; nil for the shard's.
    package func shardOutcome(_ number: Int, attempt: String? = nil, run id: String) -> RawPath {
        shard(number, run: id).appending(attempt.map { "\(OutputLayout.outcome)-\($0).ndjson" } ?? "outcome.ndjson")
    }

    package func shardState(_ number: Int, run id: String) -> RawPath {
        shard(number, run: id).appending("state.json")
    }

    package func shardLock(_ number: Int, run id: String) -> RawPath { shard(number, run: id).appending("lock") }

    private static let outcome = "outcome"

    /// What a file in the folder of a shard is.
    package enum ShardFile: Equatable, Sendable {
        case outcome
        /// The log of the attempt of this name.
        case log(attempt: String)
        case other
    }

    /// What a file in the folder of a shard is, by its name.
    package static func shardFile(_ name: RawPath) -> ShardFile {
        let suffix = ".ndjson"
        guard !Files.isTemporaryName(name), let text = name.text, text.hasSuffix(suffix) else { return .other }
        if text.hasPrefix(outcome) { return .outcome }
        return .log(attempt: String(text.dropLast(suffix.count)))
    }
}
