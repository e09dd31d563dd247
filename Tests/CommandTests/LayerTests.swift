import Bytes
import Glibc
import TestSupport
import Testing

@Suite("Layers of configuration")
struct LayerTests {
    private func forge() throws -> Forge {
        let forge = try Forge(["1.y4m", "2.y4m", "3.y4m", "4.y4m", "5.y4m", "6.y4m"])
        try Files.makeDirectory(desk(forge), durable: false)
        return forge
    }

    /// Where the user is: a folder with no input in it.
    private func desk(_ forge: Forge) -> RawPath { forge.home.appending("desk") }

    /// How many videos a dry run lists, started at the desk if nowhere else.
    private func count(
        _ forge: Forge, _ flags: [String], _ environment: [String: String], _ directory: RawPath? = nil
    ) async throws -> Int {
        let words = ["run", "\(forge.input.display)", "-o", "\(forge.output.display)", "-n"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) }, environment: environment) {
            $0.directory = directory ?? desk(forge)
        }
        #expect(result.status == 0, "\(result.error)")
        return result.output.split(separator: "\n").count
    }

    @Test("Flag, environment, --config, forgebatch.yaml and the user's file, in this order")
    func order() async throws {
        let forge = try forge()
        try forge.write("limit: 2\n", to: desk(forge).appending("named.yaml"))
        try forge.write("limit: 3\n", to: desk(forge).appending("forgebatch.yaml"))
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

    @Test("A forgebatch.yaml beside, above or inside an input configures nothing, however the input is named")
    func insideInput() async throws {
        let forge = try forge()
        let (input, home) = (forge.input, forge.home)
        for folder in [home, input, input.appending("sub")] {
            try forge.write("limit: 1\njunit: ~/junit.xml\n", to: folder.appending("forgebatch.yaml"))
        }
        try forge.write("1.y4m\n2.y4m\n", to: input.appending("list"))
        _ = RawPath("in").withCString { name in home.appending("link").withCString { symlink(name, $0) } }
        func run(_ directory: RawPath, _ words: String..., list: String = "") async throws {
            let all = ["run", "-o", "\(forge.output.display)"] + words
            let result = try await forge.forgebatch(all.map { RawPath($0) }, environment: ["HOME": home.display]) {
                $0.directory = directory
                $0.input = .bytes(Array(list.utf8))
            }
            #expect(result.status == 0 && result.stderr.isEmpty, "\(words): \(result.error)")
            #expect(try (forge.count("completed") ?? 0) + (forge.count("skipped") ?? 0) > 1, "\(words)")
            #expect(!Files.exists(home.appending("junit.xml")), "\(words)")
            let notes = try forge.record()["notes"]?.array?.compactMap(\.string) ?? []
            #expect(notes.contains { $0.contains("--config forgebatch.yaml has it read") }, "\(words): \(notes)")
            #expect(try forge.record()["settings"]?["config"] == nil)
        }
        try await run(input, ".")
        try await run(input, input.display)
        try await run(input.appending("sub"), "..")
        try await run(input, "1.y4m", "2.y4m")
        try await run(home, "./in")
        try await run(home, "in/1.y4m", "in/2.y4m")
        try await run(home, "link")
        try await run(input, "--files-from", "list")
        try await run(input, "--files-from", "-", list: "1.y4m\n2.y4m\n")
        try await run(home, "--files-from", "-", list: "\(input.display)/1.y4m\n\(input.display)/2.y4m\n")
        // A link to a video is an input where it lies.
        let clips = home.appending("clips")
        try Files.makeDirectory(clips)
        for name in ["1.y4m", "2.y4m"] {
            try Files.link(input.appending(name), at: clips.appending(name))
        }
        try forge.write("limit: 1\n", to: clips.appending("forgebatch.yaml"))
        try await run(clips, "1.y4m", "2.y4m")
        // Named, it is read.
        let named = try await forge.forgebatch(
            "run", ".", "-o", "../out", "--config", "forgebatch.yaml", "-n", "--force",
            environment: ["HOME": home.display]
        ) { $0.directory = input }
        #expect(named.status == 0 && named.output.split(separator: "\n").count == 1)
        #expect(named.error.contains("--limit leaves 5 more") && !named.error.contains("was not read"))
    }

    @Test("Names that only the environment tells where to find are inputs like others")
    func listInEnvironment() async throws {
        let forge = try forge()
        try forge.write("limit: 1\n", to: desk(forge).appending("forgebatch.yaml"))
        let list = forge.home.appending("list")
        let environment = ["FORGEBATCH_FILES_FROM": list.display]
        let inside = desk(forge).appending("7.y4m")
        try forge.write(Forge.clip(frames: 5, seed: [7]), to: inside)
        for (names, count) in [(["1.y4m", "2.y4m"], 1), (["1.y4m", "2.y4m", "../desk/7.y4m"], 3)] {
            let lines = names.map { forge.input.appending($0).display + "\n" }
            try forge.write(lines.joined(), to: list)
            let result = try await forge.forgebatch("run", "-n", "-o", "../out", environment: environment) {
                $0.directory = desk(forge)
            }
            #expect(result.output.split(separator: "\n").count == count, "\(result.output) \(result.error)")
            #expect(result.error.contains("was not read") == (count == 3))
        }
    }

    @Test("A run says which files of settings it read, in its record and with --verbose")
    func told() async throws {
        let forge = try forge()
        let file = desk(forge).appending("forgebatch.yaml")
        try forge.write("limit: 2\nout: ../out\n", to: file)
        let xdg = forge.home.appending("xdg/forgebatch/config.yaml")
        try forge.write("limit: 3\n", to: xdg)
        let environment = ["XDG_CONFIG_HOME": forge.home.appending("xdg").display]
        let result = try await forge.forgebatch("run", "../in", "-v", environment: environment) {
            $0.directory = desk(forge)
        }
        #expect(result.status == 0, "\(result.error)")
        let files = "\(file.display), \(xdg.display)"
        #expect(result.output.contains("configuration: \(files)\n"), "\(result.output)")
        #expect(try forge.record()["settings"]?["config"]?.string == files)
        #expect(try forge.count("completed") == 2)
    }

    @Test("~ at the beginning of a path is the home folder, in flags, in the environment and in files")
    func home() async throws {
        let forge = try Forge(["a.y4m"])
        let home = forge.home.appending("home")
        let environment = ["HOME": home.display]
        try Files.makeDirectory(desk(forge))
        func run(_ words: [String], _ more: [String: String] = [:]) async throws -> ProcessResult {
            let all = ["run", "../in"] + words
            return try await forge.forgebatch(all.map { RawPath($0) }, environment: environment.merging(more) { $1 }) {
                $0.directory = desk(forge)
            }
        }
        #expect(try await run(["--out=~/flag", "--junit=~/x/junit.xml"]).status == 0)
        #expect(try await run([], ["FORGEBATCH_OUT": "~/environment"]).status == 0)
        try forge.write("out: ~/file\n", to: home.appending("my.yaml"))
        #expect(try await run(["--config=~/my.yaml"]).status == 0)
        #expect(try await run(["--no-config", "-o", "~/named"], ["FORGEBATCH_CONFIG": "~/my.yaml"]).status == 0)
        for name in ["flag", "environment", "file", "named"] {
            #expect(Files.exists(home.appending(name).appending("catalog.ndjson")), "\(name)")
        }
        #expect(Files.exists(home.appending("x/junit.xml")))
        #expect(try await run(["-o", "./~/here"]).status == 0)
        #expect(Files.exists(desk(forge).appending("~/here/catalog.ndjson")))
        #expect(try await forge.forgebatch("list", "~/flag", environment: environment).status == 0)
        // Inputs as well, but for what is there and just has such a name.
        try forge.add("../home/films/b.y4m")
        let quoted = try await forge.forgebatch("run", "~/films", "-n", environment: environment)
        #expect(quoted.output == "run  b.y4m (new)\n", "\(quoted.output) \(quoted.error)")
        try forge.add("~c.y4m")
        let odd = try await forge.forgebatch("run", "~c.y4m", "-n", environment: environment) {
            $0.directory = forge.input
        }
        #expect(odd.output == "run  ~c.y4m (new)\n", "\(odd.output) \(odd.error)")
        // Lines of a list are names, not words of a shell.
        try forge.write("~c.y4m\n", to: forge.input.appending("list"))
        let listed = try await forge.forgebatch("run", "--files-from", "list", "-n", environment: environment) {
            $0.directory = forge.input
        }
        #expect(listed.output == "run  ~c.y4m (new)\n", "\(listed.output) \(listed.error)")
    }

    @Test("Another user's home is refused in a sentence, and so is ~ where HOME says nothing")
    func otherHome() async throws {
        let forge = try Forge(["a.y4m"])
        let sentence = "the homes of other users are not looked up; a name that begins with ~ is written ./~"
        let flag = try await forge.run("--junit=~eve/x")
        #expect(flag.status == 64 && flag.error.contains(sentence), "\(flag.error)")
        let environment = try await forge.run(environment: ["FORGEBATCH_JUNIT": "~eve/x"])
        #expect(environment.status == 78 && environment.error.contains(sentence), "\(environment.error)")
        let config = try await forge.forgebatch("run", "in", "-o", "out", environment: ["FORGEBATCH_CONFIG": "~eve/x"])
        #expect(config.status == 78 && config.error.contains(sentence), "\(config.error)")
        let input = try await forge.forgebatch("run", "~eve/films", "-n")
        #expect(input.status == 64 && input.error.contains(sentence), "\(input.error)")
        let homeless = try await forge.run("--junit=~/x", environment: ["HOME": ""])
        #expect(homeless.status == 64 && homeless.error.contains("HOME is not set"), "\(homeless.error)")
        #expect(!Files.exists(forge.output))
    }

    @Test("Without /proc a run ends with 1 and says what is missing", .enabled(if: geteuid() == 0, "needs root"))
    func noProc() async throws {
        let forge = try Forge(["a.y4m"])
        let command = "mount -t tmpfs none /proc && exec \(Forge.executable.display) run in -o out"
        for words in [["unshare", "-m", "sh", "-c", command]] {
            var launch = Launch(RawPath("/usr/bin/env"), words.map { RawPath($0) })
            launch.directory = forge.home
            let result = try await RunningProcess.run(launch)
            #expect(result.status == 1 && result.error.contains("/proc is missing"), "\(result.error)")
            #expect(result.stdout.isEmpty && !Files.exists(forge.output))
        }
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
        try forge.write(text, to: desk(forge).appending("forgebatch.yaml"))
        #expect(try await forge.forgebatch("run", "../in", "-o", "../out") { $0.directory = desk(forge) }.status == 0)
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
        let file = desk(forge).appending("named.yaml")
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
            Array("quiet: on\njobs: ".utf8) + [0xff], to: desk(forge).appending("forgebatch.yaml"), durable: false)
        let result = try await forge.forgebatch("run", "../in", "-o", "../out") { $0.directory = desk(forge) }
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
        try forge.write(text, to: desk(forge).appending("forgebatch.yaml"))
        let result = try await forge.forgebatch("run", "../in", "-o", "../out") { $0.directory = desk(forge) }
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
            #expect(result.status == 78 && result.error.contains("FORGEBATCH_\(name): "), "\(result.error)")
        }
        #expect(try await forge.run("--config", "gone.yaml").status == 78)
    }
}
