package import Bytes
package import Jobs
package import Store

/// How a run in shards stands: which shards are done, being done, or wait for somebody to do them.
package struct ShardStatus: Sendable {
    package struct Shard: Equatable, Sendable {
        package enum Stand: String, Sendable {
            case done
            /// An attempt at it holds its lock, or tells of itself of late.
            case working
            /// Nobody does it, and not all of its jobs have ended.
            case missing
        }

        package var number: Int
        package var stand: Stand
        package var jobs: Int
        /// Jobs that ended.
        package var ended: Int
        /// Of these, those that failed.
        package var failed: Int
        /// Where the last attempt was made; empty where nobody told.
        package var host = ""
        /// Of the last attempt, once it ended.
        package var exitStatus: Int?
        /// When the last attempt told of itself: milliseconds since 1970, by the clock of its machine.
        package var heard: Int64?
    }

    package let runID: String
    package private(set) var shards: [Shard] = []
    /// How much of the run was joined.
    package enum Joined: String, Sendable {
        case nothing
        /// By `merge --partial`.
        case partly
        case all
    }

    package let joined: Joined

    /// Nanoseconds after which a shard that told nothing of itself is not being done any more, where there are no locks.
    private static let silence: Int64 = 90_000_000_000

    /// - Complexity: one or two short reads a shard; where an attempt left no state, or less than its state says, the
    ///   shard's outcomes.
    package init(_ plan: PlanFile, _ layout: OutputLayout, now: UTCTime = .now) throws {
        runID = plan.head.runID
        joined = try ShardStatus.joined(plan.head.runID, layout)
        for (number, part) in plan.head.parts.enumerated() {
            shards.append(try ShardStatus.shard(number, part, runID, layout, now))
        }
    }

    private static func joined(_ run: String, _ layout: OutputLayout) throws -> Joined {
        guard Files.exists(layout.summary(run: run)) else { return .nothing }
        var isPartly = false
        try History(layout).forEachFromEnd { line in
            if line.id == run { isPartly = line.isPartlyJoined }
            return line.id != run
        }
        return isPartly ? .partly : .all
    }

    private static func shard(
        _ number: Int, _ part: PlanHead.Part, _ run: String, _ layout: OutputLayout, _ now: UTCTime
    ) throws -> Shard {
        var shard = Shard(number: number, stand: .missing, jobs: part.jobs, ended: 0, failed: 0)
        if part.jobs == 0 { shard.stand = .done }
        guard Files.exists(layout.shard(number, run: run)) else { return shard }
        let path = layout.shardState(number, run: run)
        let state = ShardState.read(layout, run: run, shard: number)
        if let state {
            shard.ended = max(0, min(state.done, part.jobs))
            (shard.failed, shard.host) = (max(0, min(state.failed, shard.ended)), state.host)
            (shard.exitStatus, shard.heard) = (state.exitStatus, state.time)
        }
        if Files.isLocked(layout.shardLock(number, run: run)) {
            shard.stand = .working
        } else if let state, state.exitStatus == nil, let written = try? Files.status(path).modified,
            now.milliseconds * 1_000_000 - written < silence, !hasLocks(layout.shardLock(number, run: run))
        {
            shard.stand = .working
        }
        let isCertain = shard.ended >= part.jobs && state?.hasItsOutcomes(layout) == true
        if shard.stand != .working, !isCertain {
            // Killed between a job's end and the next state, or before the first one; or some of it was lost since.
            let outcomes = try ShardOutcomes(layout, run: run, shard: number)
            (shard.ended, shard.failed) = (min(outcomes.count, part.jobs), outcomes.failed)
        }
        if shard.ended >= part.jobs { shard.stand = .done }
        return shard
    }

    /// Whether a file can be locked, which the file of an attempt tells: one without a lock wrote nothing into it.
    private static func hasLocks(_ path: RawPath) -> Bool { ((try? Files.status(path))?.size ?? 0) > 0 }

    /// Whether all of them are done.
    package var isOver: Bool { count(.done) == shards.count }
    package func count(_ stand: Shard.Stand) -> Int { shards.reduce(0) { $0 + ($1.stand == stand ? 1 : 0) } }
    package var jobs: Int { shards.reduce(0) { $0 + $1.jobs } }
    package var ended: Int { shards.reduce(0) { $0 + $1.ended } }
    package var failed: Int { shards.reduce(0) { $0 + $1.failed } }
    /// Rising.
    package var missing: [Int] { shards.filter { $0.stand == .missing }.map(\.number) }
}
