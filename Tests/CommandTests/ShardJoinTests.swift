import Bytes
import Glibc
import Jobs
import Store
import TestSupport
import Testing

@Suite("Shards are joined to what one run makes, however they were done")
struct ShardJoinTests {
    private static let flags = ["--report", "none", "--no-stills"]

    private func library(_ names: [String]) throws -> Forge {
        let forge = try Forge(names)
        try forge.addBroken("bad.mp4")
        return forge
    }

    /// One run of all.
    private func alone(_ names: [String], adapt: (Forge) throws -> Void = { _ in }) async throws -> Forge {
        let forge = try library(names)
        try adapt(forge)
        try await forge.run(expecting: 3, "--report", "none", "--no-stills")
        return forge
    }

    private func compare(_ forge: Forge, with alone: Forge, videos: Int) async throws {
        #expect(try forge.results() == alone.results())
        #expect(try forge.catalogButTimes() == alone.catalogButTimes())
        #expect(try forge.layout.failureLines.latest().records.keys == alone.layout.failureLines.latest().records.keys)
        #expect(try forge.ends().count == videos && forge.ends().values.allSatisfy { $0 == 1 })
        #expect(try forge.record()["counts"] == alone.record()["counts"])
        let found = try await forge.forgebatch("validate", "out")
        #expect(found.status == 0, "\(found.output)")
    }

    @Test(
        "1, 2, 7 and 64 shards, several at a time, in any order, some of them twice, joined again and again",
        arguments: [1, 2, 7, 64])
    func order(_ count: Int) async throws {
        let names = (0..<max(12, count)).map { "cam\($0 % 5)/clip\($0).y4m" }
        let alone = try await alone(names)
        let forge = try library(names)
        let shards = try await ShardForge(forge, count, ShardJoinTests.flags)
        let bad = try #require(try shards.shard(of: "bad.mp4"))
        // Anyone's turn: 37 and the counts have no common divisor.
        let order = (0..<count).map { ($0 * 37 + 11) % count }
        for turn in [order, order.filter { $0 % 3 == 0 }] {
            try await withThrowingTaskGroup { group in
                for shard in turn {
                    group.addTask { try await shards.work(shard, expecting: shard == bad ? 3 : 0) }
                }
                try await group.waitForAll()
            }
            // A part of it was joined before.
            if turn.count == count { try await shards.merge(expecting: 3, ["--partial"]) }
        }
        try await shards.merge(expecting: 3)
        let files = ["progress.ndjson", "run.json"].map { shards.layout.run(shards.run).appending(RawPath($0)) }
        let joined = try files.map { try Files.read($0) }
        try await shards.merge(expecting: 3)
        #expect(try files.map { try Files.read($0) } == joined)
        try await compare(forge, with: alone, videos: names.count + 1)
    }

    @Test(
        "Two live attempts at one shard, where there are no locks: the same bytes, and one end for each video",
        .enabled(if: PoorFileSystem.compiler != nil, "needs a C compiler"))
    func copies() async throws {
        let names = ["b.y4m", "c.y4m", "d.y4m", "e.y4m"]
        let alone = try await alone(names) { try $0.addLong("a.y4m") }
        let forge = try library(names)
        try forge.addLong("a.y4m")
        let shards = try await ShardForge(forge, 1, ShardJoinTests.flags)
        let environment = try await PoorFileSystem.environment(forge, ["LOCKS": ENOSYS])
        let attempts = try (0..<2).map { _ in try shards.start(0, ["-j2"], environment: environment) }
        // The largest comes first: both are at it.
        var workers: [Int32] = []
        for attempt in attempts { workers.append(try await attempt.holdWorker(of: "a.y4m")) }
        #expect(Set(workers).count == 2)
        let status = try await forge.forgebatch("status", "out", environment: environment)
        #expect(status.output.contains("1 shard working"), "\(status.output)")
        for worker in workers { kill(worker, SIGCONT) }
        for attempt in attempts {
            let result = await attempt.result()
            #expect(result.status == 3, "\(result.error)")
        }
        #expect(try shards.files(0, "outcome-").count == 2)
        try await shards.merge(expecting: 3)
        try await compare(forge, with: alone, videos: names.count + 2)
        // What counts of each video is on record twice, and told once.
        let lines = try shards.files(0, "outcome-").flatMap {
            try Files.read(shards.layout.shard(0, run: shards.run).appending($0)).split(separator: 0x0a)
        }
        #expect(lines.count == 2 * (names.count + 2))
    }
}
