import Bytes
import Jobs
import TestSupport
import Testing

@Suite(
    "What is kept of a plugin, and when it is tried again", .enabled(if: ExternalProgram.python != nil, "needs python3")
)
struct PluginMemoryTests {
    private let forge: Forge
    private let folder: RawPath

    init() throws {
        forge = try Forge(["a.y4m"])
        MadePlugin.setMode(forge.home, 0o755)
        folder = forge.home.appending("plugins/light")
    }

    /// A plugin that tells the mean of each frame.
    ///
    /// - Parameters:
    ///   - action: what it does with each frame before, in Python; `seen` is the frame's number in the video, from 1.
    ///   - isListed: whether the program is among the plugin's files.
    private func write(_ action: String = "pass", isListed: Bool = false) throws {
        let manifest = """
            {"id": "light", "name": "Light", "version": "1.0.0", "protocol": 1, "run": ["python3", "plugin.py"],
             "files": [\(isListed ? "\"plugin.py\"" : "")],
             "tools": [{"id": "light", "mode": "frames", "frames": {"format": "gray8", "size": "small"},
               "inputs": {
                 "bright": {"type": "number", "default": 250, "minimum": 0, "maximum": 255, "kind": "concluding"},
                 "gain": {"type": "number", "default": 1, "minimum": 0, "maximum": 1}},
               "outputs": {"frame": {"mean": {"type": "number", "minimum": 0, "maximum": 255}}},
               "conclude": {"values": [{"value": "mean", "over": "bright", "event": "bright", "at": "span"}]}}]}
            """
        let program = """
            import os
            from forgebatch_plugin import main, tool


            @tool("light")
            def light(settings):
                seen = 0

                def frame(f):
                    nonlocal seen
                    seen += 1
                    \(action)
                    return {"values": {"mean": settings["gain"] * sum(f.bytes) / len(f.bytes)}}

                return frame


            main()

            """
        try MadePlugin.write(folder, manifest, program: program)
    }

    private let named = ["--plugin-dir", "plugins", "--no-stills", "--report", "none", "--tools"]

    private func run(expecting status: Int32, _ tools: String, _ flags: String...) async throws -> ProcessResult {
        let all = ["run", "in", "-o", "out", "--no-config"] + named + [tools] + flags
        let result = try await forge.forgebatch(all.map { RawPath($0) })
        #expect(result.status == status, "\(result.error)")
        return result
    }

    private func plan(_ tools: String, _ flags: String...) async throws -> String {
        let all = ["run", "in", "-o", "out", "--no-config", "--dry-run"] + named + [tools] + flags
        return try await forge.forgebatch(all.map { RawPath($0) }).output
    }

    private func tools() throws -> [JSON] { try forge.result("a.y4m")["tools"]?.array ?? [] }
    private func ids() throws -> [String] { try tools().compactMap { $0["id"]?.string } }
    private func lightTool() throws -> JSON { try #require(try tools().first { $0["id"]?.string == "light/light" }) }

    private func means() throws -> [Double] {
        (try forge.result("a.y4m")["frames"]?.array ?? []).compactMap { $0["light/light"]?["mean"]?.double }
    }

    private func retries() throws -> [String] {
        let log = try Files.read(forge.output.appending("latest/progress.ndjson"))
        return try log.split(separator: 0x0a).compactMap { line in
            if case .jobRetry(_, _, let reason) = try LogLine.parse(Array(line)).event { reason } else { nil }
        }
    }

    @Test("Its manifest is kept with the results, and another threshold needs no program")
    func thresholds() async throws {
        try write()
        _ = try await run(expecting: 0, "luma,light")
        #expect(try ids() == ["luma", "light/light"] && means().count == 5)
        let fingerprint = try #require(try lightTool()["fingerprint"]?.string)
        #expect(fingerprint.hasPrefix("p1:") && fingerprint.utf8.count == 67)
        #expect(try lightTool()["device"]?.string == "cpu")
        let copy = forge.output.appending("plugins/light-\(fingerprint.dropFirst(3).prefix(16)).json")
        #expect(try JSONReader.parse(Files.read(copy))["manifest"]?["id"]?.string == "light")
        let record = try JSONReader.parse(Files.read(forge.output.appending("latest/run.json")))
        #expect(record["plugins"]?.array?.first?["fingerprint"]?.string == fingerprint)
        #expect(try await plan("luma,light") == "skip a.y4m (done in run \(record["run_id"]?.string ?? ""))\n")
        // A program that was not named among the files may go: nothing starts it.
        try write("raise SystemExit(7)")
        let before = try means()
        let again = "run  a.y4m (re-evaluated: light/light.bright)\n"
        #expect(try await plan("luma,light", "--set", "light/light.bright=0") == again)
        try AtomicFile.write(Array("raise SystemExit(7)\n".utf8), to: folder.appending("plugin.py"), durable: false)
        _ = try await run(expecting: 0, "luma,light", "--set", "light/light.bright=0")
        let events = try forge.result("a.y4m")["events"]?.array ?? []
        #expect(events.map { $0["type"]?.string } == ["bright"] && events.first?["end_frame"]?.int == 4)
        #expect(try means() == before)
        // What is measured needs it, and it is told before the first video.
        let broken = try await run(expecting: 78, "luma,light", "--set", "light/light.gain=0.5")
        #expect(broken.error.contains("the plugin light does not start"), "\(broken.error)")
    }

    @Test("A byte of its files measures its tool again; who does not name it keeps it, also when it is gone")
    func files() async throws {
        try write(isListed: true)
        _ = try await run(expecting: 0, "luma,light")
        let (first, before) = (try lightTool(), try means())
        try write("seen += 0", isListed: true)
        #expect(try await plan("luma,light") == "run  a.y4m (light/light: its files changed)\n")
        _ = try await run(expecting: 0, "luma,light")
        #expect(try lightTool() != first && means() == before)
        try Files.rename(folder.parent, to: forge.home.appending("elsewhere"))
        try Files.makeDirectory(folder.parent, durable: false)
        #expect(try await plan("luma").hasPrefix("skip a.y4m (done in run "))
        #expect(try await plan("luma,siti") == "run  a.y4m (siti added)\n")
        _ = try await run(expecting: 0, "luma,siti")
        #expect(try ids() == ["luma", "siti", "light/light"] && means() == before)
        let valid = try await forge.forgebatch("validate", "out")
        #expect(valid.status == 0, "\(valid.output)\(valid.error)")
        // As 0.1.0 left it with --threads-per-job 2: its measures cannot be joined.
        try forge.makeOld("a.y4m", threads: 2)
        let rules = try await plan("luma,siti")
        #expect(rules.contains("light/light not named by this run, and lost"), "\(rules)")
    }

    @Test("A tool that crashes costs its own part and status 3, is tried again, and is left out after two runs")
    func crash() async throws {
        try write("if seen == 3: os._exit(9)")
        _ = try await forge.run(expecting: 0, "--tools", "luma", "--no-stills")
        let alone = try forge.result("a.y4m")["frames"]
        for _ in 1...2 {
            _ = try await run(expecting: 3, "luma,light")
            #expect(try retries().count == 1 && retries().first?.hasPrefix("light/light: ") == true)
            #expect(try lightTool()["status"]?.string == "failed" && lightTool()["error"]?.string != nil)
            #expect(try forge.result("a.y4m")["frames"] == alone && means().isEmpty)
        }
        let plan = try await plan("luma,light")
        #expect(plan.hasPrefix("skip a.y4m (done in run ") && plan.contains("; without light/light, which failed: "))
        _ = try await run(expecting: 0, "luma,light")
        _ = try await run(expecting: 3, "luma,light", "--fail-on", "any")
        // Other work on the video leaves the tool out, and says why.
        _ = try await run(expecting: 0, "luma,siti,light")
        #expect(try ids() == ["luma", "siti", "light/light"])
        #expect(try lightTool()["error"]?.string?.hasPrefix("left out, because it failed in 2 runs: ") == true)
        try write()
        _ = try await run(expecting: 0, "luma,siti,light", "--retry-quarantined")
        #expect(try lightTool()["status"] == nil && means().count == 5)
    }

    @Test("What a plugin says that it cannot do is told once, and tried again by --retry-failed alone")
    func refusal() async throws {
        try write("raise ValueError('no light in here')")
        _ = try await run(expecting: 3, "light")
        #expect(try retries().isEmpty && lightTool()["error"]?.string?.contains("no light in here") == true)
        try write()
        _ = try await run(expecting: 0, "light")
        #expect(try means().isEmpty)
        _ = try await run(expecting: 0, "light", "--retry-failed")
        #expect(try means().count == 5)
    }

    @Test("A plugin that does not start ends the run with 78 before the first video")
    func noStart() async throws {
        try write()
        try AtomicFile.write(Array("import nowhere\n".utf8), to: folder.appending("plugin.py"), durable: false)
        let run = try await run(expecting: 78, "default,+light")
        #expect(run.error.contains("nowhere"), "\(run.error)")
        #expect(!Files.exists(forge.output.appending("results/a.y4m.json")))
    }
}
