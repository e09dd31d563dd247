import Bytes
import TestSupport
import Testing

@Suite("plugin check", .enabled(if: ExternalProgram.python != nil, "needs python3"))
struct PluginCheckTests {
    /// A plugin that measures the mean of each frame.
    ///
    /// - Parameters:
    ///   - begin: what it does when a video begins, in Python.
    ///   - frame: what it does with the mean `m` of a frame, in Python.
    private static func make(_ forge: Forge, begin: String = "pass", frame: String, more: String = "") throws {
        let manifest = """
            {"id": "p", "name": "P", "version": "1.0.0", "protocol": 1, "run": ["python3", "plugin.py"],
             "files": ["plugin.py"], "limits": {"stall_seconds": 20},
             "tools": [{"id": "t", "mode": "frames", "frames": {"format": "gray8", "size": "small"}, \(more)
               "outputs": {"frame": {"m": {"type": "number"}}}}]}
            """
        let program = """
            import random, os, sys
            from forgebatch_plugin import main, tool
            seen = 0
            @tool("t")
            def t(settings):
                global seen
                \(begin)
                def frame(f):
                    global seen
                    m = sum(f.bytes) / len(f.bytes)
                    \(frame)
                    return {"values": {"m": m}}
                return frame
            main()

            """
        try MadePlugin.write(forge.home.appending("plugins/p"), manifest, program: program)
        for path in [forge.home, forge.home.appending("plugins")] { MadePlugin.setMode(path, 0o755) }
    }

    private static func check(_ forge: Forge, _ flags: String...) async throws -> ProcessResult {
        try await forge.forgebatch((["plugin", "check", "plugins/p"] + flags).map { RawPath($0) }) {
            $0.environment["TMPDIR"] = forge.home.display
            $0.deadline = 300
        }
    }

    /// The findings of `--json`, by their checks.
    private static func findings(_ result: ProcessResult) throws -> [String: String] {
        let all = try JSONReader.parse(result.output)["findings"]?.array ?? []
        let pairs = all.map { ($0["check"]?.string ?? "", $0["verdict"]?.string ?? "") }
        return Dictionary(pairs) { first, _ in first }
    }

    @Test("plugin check of a plugin that is new says ok to each check, and leaves nothing")
    func good() async throws {
        let forge = try Forge()
        MadePlugin.setMode(forge.home, 0o755)
        #expect(try await forge.forgebatch("plugin", "new", "shapes").status == 0)
        let result = try await forge.forgebatch("plugin", "check", "shapes") {
            $0.environment["TMPDIR"] = forge.home.display
            $0.deadline = 300
        }
        #expect(result.status == 0 && result.stderr.isEmpty, "\(result.output)\(result.error)")
        for line in [
            "ok      shapes  manifest: ", "note    shapes  reads: it may read its folder, ", "ok      shapes  start: ",
            "note    shapes/shapes  answers: about ", "ok      shapes/shapes  fresh: deterministic",
            "ok      shapes/shapes  again: ", "ok      shapes/shapes  sizes: videos of 33 x 17 pixels, ",
            "note    shapes/shapes  cost: ",
            "ok      shapes/shapes  kill: killed in the middle of a video, it was started again",
            "ok      shapes/shapes  processes: nothing that it started is left", "note    shapes/shapes  memory: ",
        ] { #expect(result.output.contains("\n" + line) || result.output.hasPrefix(line), "\(line): \(result.output)") }
        #expect(!result.output.contains("FAILED"))
        #expect(try Files.list(forge.home).map(\.display).sorted() == ["in", "shapes"])
    }

    @Test(
        "plugin check tells a state that is left from answers that are never the same, a size that is not taken, and a crash",
        arguments: [
            ("pass", "m += seen; seen += 1", "again", "left for the next", "fresh"),
            ("pass", "m += random.random()", "fresh", "not deterministic", "sizes"),
            ("pass", "if f.height > f.width: raise ValueError('lying down only')", "", "", ""),
            ("pass", "seen += 1; os._exit(4) if seen == 3 else None", "repeat", "status 4, after 2 answers", ""),
        ])
    func bad(_ begin: String, _ frame: String, _ failed: String, _ words: String, _ good: String) async throws {
        let forge = try Forge()
        try Self.make(forge, begin: begin, frame: frame)
        let result = try await Self.check(forge)
        if failed.isEmpty {
            // Small pictures of upright videos are what this one does not take.
            #expect(
                result.status == 3 && result.output.contains("FAILED  p/t  sizes: it failed on a video of 270 x 480"))
            #expect(result.output.contains("lying down only"), "\(result.output)")
            return
        }
        #expect(result.status == 3, "\(result.output)\(result.error)")
        #expect(result.output.contains("FAILED  p/t  \(failed): "), "\(result.output)")
        #expect(result.output.contains(words), "\(result.output)")
        if !good.isEmpty { #expect(result.output.contains("ok      p/t  \(good): "), "\(result.output)") }
    }

    @Test("plugin check --json has the same with figures; a VIDEO is checked with; --keep keeps videos and results")
    func json() async throws {
        let forge = try Forge()
        try Self.make(
            forge, frame: "print('x' * 50, flush=True); m = m if f.index else None",
            more: #""inputs": {"k": {"type": "number", "default": 1}},"#)
        try forge.addSample("fullrange.mp4")
        let result = try await Self.check(
            forge, "in/fullrange.mp4", "--json", "--keep", "--set", "p/t.k=2", "--tool", "t", "--plugin-devices", "cpu")
        #expect(result.status == 0, "\(result.output)\(result.error)")
        let found = try Self.findings(result)
        #expect(found["fresh"] == "ok" && found["again"] == "ok" && found["kill"] != "failed", "\(found)")
        #expect(found["log"] == "note" && found["nulls"] == "note" && found["memory"] == "note", "\(found)")
        let json = try JSONReader.parse(result.output)
        #expect(json["holds"]?.bool == true)
        let memory = json["findings"]?.array?.first { $0["check"]?.string == "memory" }?["memory"]?.int ?? 0
        #expect(memory > 1 << 20)
        let kept = RawPath(try #require(json["folder"]?.string))
        let names = try Files.list(kept.appending("t/repeat/in")).map(\.display)
        #expect(names.sorted() == ["a.mp4", "b.y4m", "c.mp4"])
        let tool = try JSONReader.parse(Files.read(kept.appending("t/repeat/out/results/a.mp4.json")))["tools"]?.array
        #expect(tool?.count == 1 && tool?.first?["settings"]?["k"]?.int == 2, "\(tool ?? [])")
    }

    @Test("plugin check says 78 for what does not start or cannot be used, 64 and 66 for what was typed wrong")
    func refusals() async throws {
        let forge = try Forge()
        try Self.make(forge, frame: "pass")
        try forge.write("no video", to: forge.home.appending("text.mp4"))
        for (words, status, text) in [
            (["plugins/gone"], Int32(66), "plugins/gone"), (["plugins/p/plugin.py"], 66, "no folder"),
            (["plugins"], 64, "no manifest.json"), (["plugins/p", "gone.mp4"], 66, "gone.mp4"),
            (["plugins/p", "in"], 66, "no file"), (["plugins/p", "text.mp4"], 66, "text.mp4"),
            (["plugins/p", "--tool", "u"], 64, "did you mean 't'?"),
            (["plugins/p", "--set", "p/t.k=1"], 64, "no setting"),
            (["plugins/p", "--set", "luma.k=1"], 64, "p/TOOL.KEY"), (["plugins/p", "--plugin-devices", "x"], 64, "x"),
        ] {
            let result = try await forge.forgebatch((["plugin", "check"] + words).map { RawPath($0) })
            #expect(result.status == status && result.error.contains(text), "\(words): \(result.error)")
        }
        let program = forge.home.appending("plugins/p/plugin.py")
        try forge.write("raise SystemExit('no model')\n", to: program)
        MadePlugin.setMode(program, 0o644)
        let result = try await Self.check(forge)
        #expect(result.status == 78 && result.output.contains("FAILED  p  start: "), "\(result.output)")
        #expect(result.output.contains("no model"), "\(result.output)")
        let manifest = forge.home.appending("plugins/p/manifest.json")
        try forge.write(#"{"id": "p"}"#, to: manifest)
        MadePlugin.setMode(manifest, 0o644)
        let unusable = try await Self.check(forge)
        #expect(unusable.status == 78 && unusable.output.contains("FAILED  p  manifest: "), "\(unusable.output)")
    }
}
