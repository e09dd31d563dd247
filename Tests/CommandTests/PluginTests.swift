import Bytes
import Jobs
import TestSupport
import Testing

@Suite("Plugins on the command line")
struct PluginTests {
    private let forge: Forge

    init() throws {
        forge = try Forge(["a.y4m"])
        MadePlugin.setMode(forge.home, 0o755)
        try MadePlugin.write(forge.home.appending("plugins/people"))
    }

    /// What a run would do.
    private func plan(_ arguments: String..., environment: [String: String] = [:]) async throws -> ProcessResult {
        let all = ["run", "in", "-o", "out", "--dry-run"] + arguments
        return try await forge.forgebatch(all.map { RawPath($0) }, environment: environment)
    }

    @Test("tools --plugin-dir lists plugins with what they may read, and what cannot be used with why")
    func list() async throws {
        try MadePlugin.write(forge.home.appending("plugins/torn"), "{")
        let all = try await forge.forgebatch("tools", "--plugin-dir", "plugins")
        #expect(all.status == 0, "\(all.error)")
        let home = forge.home.display
        for line in [
            "plugin people 1.0.0 in \(home)/plugins/people: People",
            "  may read: its folder, what python3 and the system's libraries need, /opt/models",
            "  may write: a temporary folder of its own; no network",
            "  limits: 2.0 GiB, 32 processes, 1 min 0 s to start, 1 min 0 s without an answer", "  devices: cpu",
        ] {
            #expect(all.output.split(separator: "\n").contains { $0 == line }, "\(line)\n\(all.output)")
        }
        #expect(all.output.contains("\npeople/people  1.0.0    when named  sequence"))
        #expect(all.output.contains("  --set people/people.confidence=0.4"))
        #expect(all.output.contains("the plugin torn in \(home)/plugins/torn cannot be used: manifest.json: "))
        let one = try await forge.forgebatch("tools", "people", "--plugin-dir", "plugins/people", "--json")
        let json = try JSONReader.parse(one.output)
        #expect(json["tools"] == .array([]) && json["unusable_plugins"] == nil)
        let plugin = try #require(json["plugins"]?.array?.first)
        #expect(plugin["id"]?.string == "people" && plugin["folder"]?.string == "\(home)/plugins/people")
        #expect(plugin["tools"]?.array?.first?["id"]?.string == "people/people")
        #expect(plugin["limits"]?["memory"]?.int == 2 << 30)
        let none = try await forge.forgebatch("tools", "people")
        #expect(none.status == 64 && none.error.contains("there is no tool named 'people'"))
    }

    @Test("--plugin-dir says where a plugin lies, and names, signs and settings mean its tools")
    func names() async throws {
        for tools in ["people/people", "people", "person_detection", "+people/people,-luma", "default,+people"] {
            let run = try await plan("--tools", tools, "--plugin-dir", "plugins")
            #expect(run.status == 0 && run.output == "run  a.y4m (new)\n", "\(tools): \(run.error)")
        }
        for setting in ["people/people.confidence=0.6", "people/people.model=large"] {
            let run = try await plan("--tools", "people", "--plugin-dir", "plugins", "--set", setting)
            #expect(run.status == 0, "\(run.error)")
        }
        for (setting, hint) in [
            ("people/people.confidence=0.1", "is a number from 0.3 to 1"),
            ("people/people.confidnce=0.5", "did you mean 'confidence'?"),
            ("people/people.model=huge", "small or large"),
            ("peple/people.confidence=0.5", "did you mean 'people/people'?"),
        ] {
            let run = try await plan("--tools", "people", "--plugin-dir", "plugins", "--set", setting)
            #expect(run.status == 64 && run.error.contains(hint), "\(setting): \(run.error)")
        }
        for (tools, hint) in [
            ("people/peple", "did you mean 'people/people'?"), ("people/cars", "people has people/people"),
            ("other/cars", "no plugin 'other' was found: --plugin-dir says where it lies"),
        ] {
            let run = try await plan("--tools", tools, "--plugin-dir", "plugins")
            #expect(run.status == 64 && run.error.contains(hint), "\(tools): \(run.error)")
        }
        let nowhere = try await plan("--tools", "people", "--plugin-dir", "nowhere")
        #expect(nowhere.status == 66 && nowhere.error.contains("--plugin-dir"), "\(nowhere.error)")
        // Where no tool of a plugin is named, nobody looks for one.
        #expect(try await plan("--plugin-dir", "nowhere").status == 0)
    }

    @Test("Plugins are found in FORGEBATCH_PLUGIN_PATH and the user's folder, and a flag counts more")
    func places() async throws {
        let home = forge.home
        try MadePlugin.write(home.appending("data/forgebatch/plugins/shots"), MadePlugin.manifest("shots"))
        for path in ["data", "data/forgebatch", "data/forgebatch/plugins"] {
            MadePlugin.setMode(home.appending(path), 0o755)
        }
        let environment = [
            "FORGEBATCH_PLUGIN_PATH": "\(home.display)/nowhere:\(home.display)/plugins",
            "XDG_DATA_HOME": "\(home.display)/data",
        ]
        #expect(try await plan("--tools", "shots,people", environment: environment).status == 0)
        // A broken one that was named hides the good one behind it.
        try MadePlugin.write(home.appending("mine/people"), "{\"id\": \"people\"}")
        let hidden = try await plan("--tools", "people", "--plugin-dir", "mine", environment: environment)
        #expect(hidden.status == 78 && hidden.error.contains("mine/people cannot be used: manifest.json:"))
    }

    @Test("A plugin in an input, in the output folder, or where others may write is refused with what to do")
    func refused() async throws {
        let (home, people) = (forge.home.display, "plugins/people")
        try MadePlugin.write(forge.input.appending("plugins/people"))
        let inside = try await plan("--tools", "people", "--plugin-dir", "in/plugins")
        #expect(inside.status == 78 && inside.error.contains("it lies in the input, \(home)/in: move it"))
        let output = try await forge.forgebatch(
            "run", "in", "-o", "plugins/people/out", "--tools", "people", "--plugin-dir", people)
        #expect(output.status == 78 && output.error.contains("keep videos and results out of the folders of plugins"))
        #expect(!Files.exists(forge.home.appending("plugins/people/out")))
        MadePlugin.setMode(forge.home.appending(people), 0o777)
        let open = try await plan("--tools", "people", "--plugin-dir", people)
        #expect(open.status == 78 && open.error.contains("chmod go-w"), "\(open.error)")
    }

    @Test("A configuration file names tools and plugins; one that is only found says no place of plugins")
    func layers() async throws {
        let file = forge.home.appending("night.yaml")
        try forge.write(
            "tools: [default, people]\nset: {people/people: {confidence: 0.7}}\nplugin-dir: plugins\n", to: file)
        let run = try await plan("--config", "night.yaml")
        #expect(run.status == 0, "\(run.error)")
        try forge.write("tools: people/peple\nplugin-dir: [plugins]\n", to: file)
        let slip = try await plan("--config", "night.yaml")
        #expect(slip.status == 78 && slip.error.contains("did you mean 'people/people'?"), "\(slip.error)")
        let environment = ["FORGEBATCH_TOOLS": "people", "FORGEBATCH_PLUGIN_DIR": "\(forge.home.display)/plugins"]
        #expect(try await plan(environment: environment).status == 0)
        let work = forge.home.appending("work")
        try Files.makeDirectory(work, durable: false)
        try forge.write("plugin-dir: ../plugins\n", to: work.appending("forgebatch.yaml"))
        let found = try await forge.forgebatch(
            "run", "../in", "-o", "../out", "--dry-run", adapt: { $0.directory = work })
        #expect(found.status == 78 && found.error.contains("plugin-dir: a file that is only found"), "\(found.error)")
    }

    @Test("--plugin-jobs is a number from 1, --plugin-devices a list of devices; slips are 64, a missing device 78")
    func settings() async throws {
        for arguments in [["--plugin-jobs", "0"], ["--plugin-devices", "gpu"]] {
            let run = try await forge.forgebatch((["run", "in", "-o", "out"] + arguments).map { RawPath($0) })
            #expect(run.status == 64, "\(run.error)")
        }
        let card = MadePlugin.manifest("card", tool: nil, #""devices": ["cuda"], "#)
        try MadePlugin.write(forge.home.appending("plugins/card"), card)
        let none = try await plan("--tools", "card", "--plugin-dir", "plugins")
        #expect(none.status == 78 && none.error.contains("--plugin-devices cuda:0"), "\(none.error)")
        let run = try await plan("--tools", "card", "--plugin-dir", "plugins", "--plugin-devices", "cpu,cuda:1")
        #expect(run.status == 0, "\(run.error)")
    }
}
