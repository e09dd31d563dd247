import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("What a run writes beside its results, and with external tools, in shards")
struct ShardFileTests {
    /// A tool that tells the mean of each frame, and fails on videos of more than six.
    private static let manifest = """
        {"id": "light", "name": "Light", "version": "1.0.0", "protocol": 1, "run": ["python3", "plugin.py"],
         "files": ["plugin.py"],
         "tools": [{"id": "light", "mode": "frames", "frames": {"format": "gray8", "size": "small"},
           "inputs": {"gain": {"type": "number", "default": 1, "minimum": 0, "maximum": 1}},
           "outputs": {"frame": {"mean": {"type": "number", "minimum": 0, "maximum": 255}}}}]}
        """
    private static let program = """
        from forgebatch_plugin import main, tool

        @tool("light")
        def light(settings):
            def frame(f):
                if f.index == 6:
                    raise ValueError("too long for me")
                return {"values": {"mean": settings["gain"] * sum(f.bytes) / len(f.bytes)}}
            return frame

        main()

        """
    private static let flags = [
        "--plugin-dir", "plugins", "--tools", "default,+light/light,+brightness/brightness", "--set",
        "light/light.gain=0.5", "--compress", "--baseline", "previous", "--junit", "tests.xml",
        "--metrics-textfile", "run.prom",
    ]

    /// Five videos and one that is none, of which one is new and one changed since a first run of other tools.
    private func secondNight() async throws -> Forge {
        let forge = try Forge(["a.y4m", "b.y4m", "cam/c.y4m"])
        try forge.addSample("truncated.mp4")
        try forge.addBroken("bad.mp4")
        try forge.addPlugin("brightness")
        let folder = forge.home.appending("plugins/light")
        try MadePlugin.write(folder, ShardFileTests.manifest, program: ShardFileTests.program)
        try await forge.run(expecting: 3, "--tools", "luma", "--report", "none")
        try forge.add("new.y4m")
        try forge.add("b.y4m", frames: 9)
        return forge
    }

    /// A text file without times, and without where the forge lies.
    private func text(_ forge: Forge, _ name: String) throws -> String {
        let text = String(decoding: try Files.read(forge.home.appending(RawPath(name))), as: UTF8.self)
        return text.replacing(forge.home.display, with: "HOME")
            .replacing(/\ (time|timestamp|id)="[^"]*"/, with: "")
            .replacing(/_seconds(\{[^}]*\}) [0-9.e+-]+/, with: { "_seconds\($0.output.1)" })
    }

    /// What the record of the last run says of each video, without times.
    private func jobs(_ forge: Forge) throws -> [String: JSON] {
        let left: Set = ["seconds", "cpu_seconds", "previous_run_id"]
        return Dictionary(
            uniqueKeysWithValues: try (forge.record()["jobs"]?.array ?? []).map { job in
                let members = (job.members ?? []).filter { !left.contains($0.key) }
                return (try #require(job["path"]?.string), .object(members))
            })
    }

    @Test(
        "External tools, --compress, --baseline, --junit and --metrics-textfile give what one run gives",
        .enabled(if: ExternalProgram.python != nil, "needs python3"))
    func equal() async throws {
        let (alone, forge) = (try await secondNight(), try await secondNight())
        let words = ["run", "in", "-o", "out", "--no-config"] + ShardFileTests.flags
        #expect(try await alone.forgebatch(words.map { RawPath($0) }).status == 3)
        let before = try #require(try forge.record()["run_id"]?.string)
        let shards = try await ShardForge(forge, 3, ShardFileTests.flags)
        // A video that is none, one that is damaged, and one on which a tool fails.
        let faulty = try ["bad.mp4", "truncated.mp4", "b.y4m"].map { try #require(try shards.shard(of: $0)) }
        for shard in 0..<3 { try await shards.work(shard, expecting: faulty.contains(shard) ? 3 : 0) }
        try await shards.merge(expecting: 3)

        let results = try forge.results()
        #expect(try results == alone.results())
        #expect(results.count == 5 && results.keys.allSatisfy { $0.display.hasSuffix(".json.gz") }, "\(results.keys)")
        #expect(try forge.catalogButTimes() == alone.catalogButTimes())
        #expect(try jobs(forge) == jobs(alone))
        #expect(try forge.record()["plugins"] == alone.record()["plugins"])
        #expect(try forge.record()["plugins"]?.array?.count == 2)
        #expect(try forge.record()["baseline"]?.string == before)
        #expect(try Files.list(forge.layout.root.appending("plugins")) == Files.list(alone.output.appending("plugins")))
        for name in ["tests.xml", "run.prom"] { #expect(try text(forge, name) == text(alone, name)) }
        #expect(try text(forge, "tests.xml").contains("type=\"tool\""))
        #expect(try text(forge, "run.prom").contains("forgebatch_run_tools_failed{output=\"HOME/out\"} 2"))
        #expect(try Files.list(forge.layout.reportIndex.parent) == Files.list(alone.layout.reportIndex.parent))
        let found = try await forge.forgebatch("validate", "out")
        #expect(found.status == 0, "\(found.output)")
        // Neither has anything left to do for the next.
        for one in [forge, alone] {
            let next = try await one.forgebatch((words + ["--dry-run"]).map { RawPath($0) })
            #expect(next.status == 0 && !next.output.contains("run  "), "\(next.output)")
        }
    }
}
