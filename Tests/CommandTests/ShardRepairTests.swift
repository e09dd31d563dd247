import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Runs in shards that met with something")
struct ShardRepairTests {
    private static let flags = ["--report", "none", "--no-stills"]

    private func status(_ shards: ShardForge) async throws -> JSON {
        try JSONReader.parse(try await shards.forge.forgebatch("status", "out", shards.run, "--json").output)
    }

    @Test(
        "Outcomes that were cut, lost or overwritten are missing, for status and for merge; the shard does them again")
    func outcomes() async throws {
        let names = (0..<6).map { "v\($0).y4m" }
        let (forge, alone) = (try Forge(names), try Forge(names))
        try await alone.run(expecting: 0, "--report", "none", "--no-stills")
        let shards = try await ShardForge(forge, 2, ShardRepairTests.flags)
        for shard in 0..<2 { try await shards.work(shard) }
        let path = forge.layout.shardOutcome(1, run: shards.run)
        let bytes = try Files.read(path)
        let first = bytes.prefix { $0 != 0x0a }
        // Behind a brace, where what is left looks like an end.
        let cut = try #require(first.dropLast().lastIndex(of: UInt8(ascii: "}")))
        var zeros = bytes
        zeros.replaceSubrange(300..<400, with: [UInt8](repeating: 0, count: 100))
        let damages: [[UInt8]?] = [Array(bytes[...cut]) + [0x0a], Array(bytes.prefix(bytes.count / 2)), [], zeros, nil]
        for damage in damages {
            if let damage { try forge.write(damage, to: path) } else { Files.remove(path) }
            // One of the same size is found when it is read.
            if damage != zeros { #expect(try await status(shards)["missing"]?.string == "1") }
            let told = try await forge.forgebatch("merge", "out")
            #expect(told.status == 10 && told.error.contains("of the shards 1"), "\(told.error)")
            try await shards.work(1)
            #expect(try await status(shards)["missing"]?.string == "")
        }
        try await shards.merge()
        #expect(try forge.results() == alone.results())
        #expect(try forge.catalogButTimes() == alone.catalogButTimes())
    }

    @Test("A run that was joined in part is told as such, is kept by prune, and is joined when all of it is done")
    func partly() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        let shards = try await ShardForge(forge, 3, ShardRepairTests.flags)
        try await shards.work(1)
        // What waits to be joined is no breach.
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        let early = try await forge.forgebatch("diff", "out", shards.run, shards.run)
        #expect(early.status == 66 && early.error.contains("nobody joined"), "\(early.error)")
        try await shards.merge(expecting: 10, ["--partial"])
        let told = try await forge.forgebatch("status", "out")
        #expect(told.output.contains("joined in part"))
        #expect(try await status(shards)["joined"]?.bool == false)
        try forge.add("new.y4m")
        try await forge.run(expecting: 0, "--report", "none", "--include", "new.y4m")
        let pruned = try await forge.forgebatch("prune", "out", "--keep-runs", "1")
        #expect(pruned.status == 0, "\(pruned.error)")
        for shard in [0, 2] { try await shards.work(shard) }
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        try await shards.merge()
        #expect(try await status(shards)["joined"]?.bool == true)
        #expect(try forge.layout.catalogLines.latest().records.count == 4)
        #expect(try await forge.forgebatch("prune", "out", "--keep-runs", "1").status == 0)
        #expect(try RunFolders.ids(forge.layout).count == 1)
    }

    @Test("A shard leads to show for when it is joined")
    func hint() async throws {
        let forge = try Forge()
        try forge.addBroken("bad.mp4")
        let shards = try await ShardForge(forge, 1, ShardRepairTests.flags)
        let told = try await forge.forgebatch("run", "--plan", shards.folder, "--shard", "0")
        #expect(told.status == 3 && told.error.contains("VIDEO, once forgebatch merge has joined the shards"))
        try await shards.merge(expecting: 3)
        #expect(try await forge.forgebatch("show", "out", "bad.mp4").status == 0)
    }

    @Test(
        "A plugin that a machine does not have is a plan that cannot be gone by there",
        .enabled(if: ExternalProgram.python != nil, "needs python3"))
    func plugin() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.addPlugin("brightness")
        let flags = ["--plugin-dir", "plugins", "--tools", "luma,brightness/brightness"]
        let shards = try await ShardForge(forge, 1, ShardRepairTests.flags + flags)
        let (here, away) = (forge.home.appending("plugins"), forge.home.appending("away"))
        try Files.rename(here, to: away)
        try await shards.work(0, expecting: 78)
        try Files.rename(away, to: here)
        try await shards.work(0)
        try await shards.merge()
    }

    /// Makes a run of an output folder one of another id.
    private func rename(_ forge: Forge, _ run: String, to other: String) throws {
        let layout = forge.layout
        try Files.rename(layout.run(run), to: layout.run(other))
        for path in [layout.catalog, layout.failures, layout.history, layout.summary(run: other)] {
            let text = String(decoding: try Files.read(path), as: UTF8.self)
            try forge.write(text.replacing(run, with: other), to: path)
        }
    }

    @Test("What a machine found whose clock is ahead is no later find, since the plan knows it")
    func clocks() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m"])
        try forge.addBroken("d.mp4")
        try await forge.run(expecting: 3, "--report", "none", "--no-stills")
        let run = try #require(try RunFolders.ids(forge.layout).first)
        try rename(forge, run, to: "2999\(run.dropFirst(4))")
        try forge.add("b.y4m", frames: 9)
        try Files.rename(forge.input.appending("c.y4m"), to: forge.input.appending("moved.y4m"))
        try forge.write(Forge.clip(frames: 4, seed: [9]), to: forge.input.appending("d.mp4"))
        let shards = try await ShardForge(forge, 2, ShardRepairTests.flags)
        #expect(try PlanFile.open(RawPath(shards.folder)).plan.head.jobs == 3)
        for shard in 0..<2 { try await shards.work(shard) }
        try await shards.merge()
        let found = try await forge.forgebatch("validate", "out")
        #expect(found.status == 0, "\(found.output)")
        #expect(try forge.names() == ["a.y4m", "b.y4m", "d.mp4", "moved.y4m"])
        #expect(try forge.layout.catalogLines.latest().records.count == 4)
        #expect(try forge.layout.failureLines.latest().records.isEmpty)
        let next = try await ShardForge(forge, 1, ShardRepairTests.flags)
        #expect(try PlanFile.open(RawPath(next.folder)).plan.head.jobs == 0)
    }
}
