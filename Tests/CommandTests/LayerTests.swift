import Bytes
import TestSupport
import Testing

@Suite("Layers of configuration")
struct LayerTests {
    private func forge() throws -> Forge { try Forge(["1.y4m", "2.y4m", "3.y4m", "4.y4m", "5.y4m", "6.y4m"]) }

    /// How many videos a dry run lists.
    private func count(
        _ forge: Forge, _ flags: [String], _ environment: [String: String], _ directory: RawPath? = nil
    ) async throws -> Int {
        let words = ["run", "\(forge.input.display)", "-o", "\(forge.output.display)", "-n"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) }, environment: environment) {
            if let directory { $0.directory = directory }
        }
        #expect(result.status == 0, "\(result.error)")
        return result.output.split(separator: "\n").count
    }

    @Test("Flag, environment, --config, forgebatch.yaml and the user's file, in this order")
    func order() async throws {
        let forge = try forge()
        try forge.write("limit: 2\n", to: forge.home.appending("named.yaml"))
        try forge.write("limit: 3\n", to: forge.home.appending("forgebatch.yaml"))
        try forge.write("limit: 4\n", to: forge.home.appending("xdg/forgebatch/config.yaml"))
        try forge.write("limit: 5\n", to: forge.home.appending("home/.config/forgebatch/config.yaml"))
        let home = ["HOME": forge.home.appending("home").display]
        let xdg = ["XDG_CONFIG_HOME": forge.home.appending("xdg").display].merging(home) { $1 }
        let all = ["FORGEBATCH_LIMIT": "6"].merging(xdg) { $1 }
        #expect(try await count(forge, ["--limit", "1", "--config", "named.yaml"], all) == 1)
        #expect(try await count(forge, ["--config", "named.yaml"], all) == 6)
        #expect(try await count(forge, ["--config", "named.yaml"], xdg) == 2)
        #expect(try await count(forge, [], xdg.merging(["FORGEBATCH_CONFIG": "named.yaml"]) { $1 }) == 2)
        #expect(try await count(forge, [], xdg) == 3)
        let elsewhere = forge.home.appending("home")
        #expect(try await count(forge, [], xdg, elsewhere) == 4)
        #expect(try await count(forge, [], home, elsewhere) == 5)
        #expect(try await count(forge, ["--no-config"], xdg) == 6)
        for yes in ["true", "1", "yes"] {
            #expect(try await count(forge, [], xdg.merging(["FORGEBATCH_NO_CONFIG": yes]) { $1 }) == 6)
        }
    }

    @Test("A forgebatch.yaml inside the input configures nothing")
    func insideInput() async throws {
        let forge = try forge()
        try forge.write("limit: 1\n", to: forge.input.appending("forgebatch.yaml"))
        try forge.write("limit: 1\n", to: forge.input.appending("sub/forgebatch.yaml"))
        #expect(try await count(forge, [], [:], forge.input) == 6)
        #expect(try await count(forge, [], [:], forge.input.appending("sub")) == 6)
    }

    @Test("Lists, flags and nested settings are written in YAML as a person would")
    func kinds() async throws {
        let forge = try forge()
        let text = """
            exclude: ['5*', '6*']
            ext: [y4m, mkv]
            tools: [luma, scene]
            set:
              scene: {threshold: 15}
            stills: no
            report: none
            min-free: 0
            """
        try forge.write(text, to: forge.home.appending("forgebatch.yaml"))
        #expect(try await forge.forgebatch("run", "in", "-o", "out").status == 0)
        #expect(try forge.names() == ["1.y4m", "2.y4m", "3.y4m", "4.y4m"])
        let tools = try #require(try forge.result("1.y4m")["tools"]?.array)
        #expect(tools.count == 2)
        #expect(tools.first { $0["id"]?.string == "scene" }?["settings"]?["threshold"]?.double == 15)
        #expect(!Files.exists(forge.output.appending("report/v")))
        #expect(try forge.record()["settings"]?["stills"]?.bool == false)
        // A list from a flag stands in for the file's list.
        #expect(try await count(forge, ["--exclude", "1*"], [:]) == 5)
    }

    @Test("An empty file, comments alone and an empty document set nothing; an alias stands for its value")
    func sparse() async throws {
        let forge = try forge()
        let file = forge.home.appending("named.yaml")
        for (text, expected) in [
            ("", 6), ("# nothing\n", 6), ("---\n", 6), ("---\n...\n", 6), ("{}", 6),
            ("ext: &kinds [y4m]\nexclude: [&one '5*', *one, \"6*\"]\ntools: [luma]", 4),
            ("\u{feff}limit: !!str 2\n", 2),
            ("limit: >-\n  3\n", 3),
        ] {
            try forge.write(text, to: file)
            #expect(try await count(forge, ["--config", "named.yaml"], [:]) == expected, "\(text)")
        }
    }

    @Test("78: bytes of a file that are no text are named with their place")
    func noText() async throws {
        let forge = try Forge(["a.y4m"])
        try AtomicFile.write(
            Array("quiet: on\njobs: ".utf8) + [0xff], to: forge.home.appending("forgebatch.yaml"), durable: false)
        let result = try await forge.forgebatch("run", "in", "-o", "out")
        #expect(result.status == 78 && result.error.contains("forgebatch.yaml: line 2, column 7: invalid"))
    }

    @Test(
        "78: what is wrong in a file or the environment is named, with a suggestion",
        arguments: [
            ("jobs: [1", "forgebatch.yaml: "), ("- jobs", "not a mapping"), ("jops: 2", "did you mean 'jobs'?"),
            ("jobs: 0", "--jobs is a number"), ("hidden: perhaps", "true or false is wanted"),
            ("jobs: {a: 1}", "a single value is wanted"), ("tools: scen", "did you mean 'scene'?"),
            ("set: scene.treshold=1", "did you mean 'threshold'?"), ("set: {scene: {threshold: x}}", "is a number"),
            ("config: other.yaml", "unknown key 'config'"), ("memory-limit: much", "memory-limit"),
            ("? [a]\n: b", "unknown key"), ("\u{0}", "forgebatch.yaml: line 1, column 1: "),
            (
                "hidden: on\nlimit: [1\n",
                "line 3, column 1: did not find expected ',' or ']' while parsing a flow sequence"
            ),
            ("quiet: on\nlimit: 1: 2", "line 2, column 9: mapping values are not allowed"),
            ("limit: 1\n# twice\nlimit: 2", "line 3, column 1: 'limit' is there twice"),
            ("limit: 1\n---\nlimit: 2", "line 2, column 1: a second document begins"),
            ("limit: *x", "line 1, column 8: unknown alias 'x'"), ("exclude: &x [*x]", "unknown alias 'x'"),
            ("exclude: [a, [b]]", "single values are wanted"), ("null", "not a mapping"),
            ("set: \(String(repeating: "[", count: 5000))", "nested too deeply"),
        ])
    func wrong(_ text: String, _ part: String) async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write(text, to: forge.home.appending("forgebatch.yaml"))
        let result = try await forge.forgebatch("run", "in", "-o", "out")
        #expect(result.status == 78)
        #expect(result.error.hasPrefix("forgebatch: ") && result.error.contains(part), "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1)
        #expect(!Files.exists(forge.output))
    }

    @Test("78: a bad value in the environment, a named file that is missing")
    func wrongEnvironment() async throws {
        let forge = try Forge(["a.y4m"])
        for (name, value) in [("JOBS", "x"), ("HIDDEN", "2"), ("TOOLS", "nothing"), ("MIN_AGE", "1y")] {
            let result = try await forge.run(environment: ["FORGEBATCH_" + name: value])
            #expect(
                result.status == 78 && result.error.contains(name == "HIDDEN" ? "FORGEBATCH_HIDDEN" : "environment"))
        }
        #expect(try await forge.run("--config", "gone.yaml").status == 78)
    }
}
