import Bytes
import TestSupport
import Testing

/// What authors of plugins get: the helper, the skeleton, the samples, the check of versions.
@Suite("For authors of plugins")
struct PluginAuthorTests {
    private static let python = ExternalProgram.python

    static func check(_ script: String, _ arguments: String..., with program: ExternalProgram?) async throws {
        let path = Samples.root.appending("Tests/plugins").appending(script).display
        let outcome = try await #require(program).run(["-B", path] + arguments)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }

    @Test(
        "The helper in Python, the skeleton and the sample brightness keep to the wire",
        .enabled(if: python != nil, "needs python3"))
    func helper() async throws { try await Self.check("check_helper.py", with: Self.python) }

    @Test(
        "The programs of docs/plugins.md are plugins: the one in Python is the sample, the one in C compiles",
        .enabled(if: python != nil, "needs python3"))
    func documented() async throws { try await Self.check("check_documented.py", with: Self.python) }

    /// What `make plugins` made.
    private static let plugins = Samples.root.appending(".plugins")
    private static let crossing = Samples.root.appending("../shared/videos/opencvdoc__vtest.avi")
    private static let hasNetworks =
        python != nil && ExternalProgram.ffmpeg != nil && Files.exists(plugins.appending("people/people.pb"))

    @Test(
        "people finds the four people of a frame that is known",
        .enabled(if: hasNetworks && Files.exists(crossing), "needs make plugins, ffmpeg and ../shared/videos"))
    func people() async throws {
        try await Self.check(
            "check_networks.py", Self.plugins.display, "people", Self.crossing.display, with: Self.python)
    }

    @Test(
        "shots finds the five cuts of a sample, and answers each frame of the shortest videos",
        .enabled(if: hasNetworks, "needs make plugins and ffmpeg"))
    func shots() async throws {
        try await Self.check(
            "check_networks.py", Self.plugins.display, "shots", Samples.folder.appending("h264-scenes.mp4").display,
            with: Self.python)
    }

    @Test(
        "A plugin of ForgeSyte runs unmodified behind the adapter, with its four shapes",
        .enabled(if: python != nil, "needs python3"))
    func forgeSyte() async throws { try await Self.check("check_forgesyte.py", with: Self.python) }

    @Test("plugin new makes a folder that is a plugin of that name, and touches none that is there")
    func skeleton() async throws {
        let forge = try Forge()
        let made = try await forge.forgebatch("plugin", "new", "my-tool_2")
        #expect(made.status == 0 && made.stderr.isEmpty)
        #expect(made.output.contains("--plugin-dir . --tools default,+my-tool_2/my-tool_2\n"))
        let folder = forge.home.appending("my-tool_2")
        #expect(try Files.list(folder).map(\.display) == ["README.md", "manifest.json", "plugin.py"])
        let manifest = try JSONReader.parse(Files.read(folder.appending("manifest.json")))
        #expect(manifest["id"]?.string == "my-tool_2")
        #expect(manifest["tools"]?.array?.map { $0["id"]?.string } == ["my-tool_2"])
        for file in try Files.list(folder) {
            let text = String(decoding: try Files.read(folder.appending(file)), as: UTF8.self)
            #expect(text.contains("my-tool_2") && !text.contains("skeleton"), "\(file)")
        }
        try forge.write("mine", to: folder.appending("plugin.py"))
        let again = try await forge.forgebatch("plugin", "new", "my-tool_2")
        #expect(again.status == 64 && again.error == "forgebatch: my-tool_2 is there already; nothing was changed\n")
        #expect(try Files.read(folder.appending("plugin.py")) == Array("mine".utf8))
    }

    @Test(
        "plugin new takes ids alone for names",
        arguments: ["", "Shapes", "a b", "../a", "a/b", ".", "-a", "_a", "é", "forgebatch", "default", "all"])
    func names(_ name: String) async throws {
        let forge = try Forge()
        let result = try await forge.forgebatch("plugin", "new", "--", RawPath(name).display)
        #expect(result.status == 64 && result.stdout.isEmpty && !result.error.isEmpty)
        #expect(try Files.list(forge.home).map(\.display) == ["in"])
    }

    @Test("plugin new that cannot write says so and ends with 1")
    func unwritable() async throws {
        let forge = try Forge()
        let result = try await forge.forgebatch("plugin", "new", "shapes") { $0.directory = RawPath("/proc") }
        #expect(result.status == 1 && result.error.hasPrefix("forgebatch: shapes: "), "\(result.error)")
    }

    private static let manifest = """
        {"id":"p","version":"1.2.0","description":"D","tools":[{"id":"a","inputs":{"k":{"type":"number","maximum":5}},"outputs":{"frame":{}}}]}
        """

    private func compare(_ old: String, _ new: String, _ flags: String...) async throws -> ProcessResult {
        let forge = try Forge()
        try forge.write(old, to: forge.home.appending("old.json"))
        try forge.write(new, to: forge.home.appending("new.json"))
        return try await forge.forgebatch((["manifest", "check", "old.json", "new.json"] + flags).map { RawPath($0) })
    }

    @Test("manifest check tells what changed and whether the version rose far enough; --json the same")
    func manifest() async throws {
        let larger = Self.manifest.replacing("\"maximum\":5", with: "\"maximum\":6")
        let small = try await compare(Self.manifest, larger.replacing("1.2.0", with: "1.3.0"))
        #expect(small.status == 3 && small.stderr.isEmpty)
        #expect(
            small.output == """
                major: tool a: inputs.k.maximum: 5, now 6
                1.3.0 after 1.2.0 is too small a step: it has to be 2.0.0 or more

                """)
        let enough = try await compare(Self.manifest, larger.replacing("1.2.0", with: "2.0.0"))
        #expect(enough.status == 0 && enough.output.hasSuffix("2.0.0 after 1.2.0 is far enough\n"))
        let json = try JSONReader.parse(
            try await compare(Self.manifest, larger.replacing("1.2.0", with: "1.3.0"), "--json").output)
        #expect(json["step"]?.string == "major" && json["least"]?.string == "2.0.0" && json["enough"]?.bool == false)
        #expect(json["changes"]?.array?.first?["text"]?.string == "tool a: inputs.k.maximum: 5, now 6")
    }

    @Test(
        "manifest check asks for the step of the largest change",
        arguments: [
            ("", "", "1.2.0", Int32(0), "nothing changed; 1.2.0 after 1.2.0"), ("", "", "1.1.0", 3, "has to be 1.2.0"),
            ("\"D\"", "\"E\"", "1.2.0", 3, "patch: description changed"), ("\"D\"", "\"E\"", "1.2.1", 0, "far enough"),
            ("\"tools\":[", "\"tools\":[{\"id\":\"n\"},", "1.2.9", 3, "minor: tool n is new"),
            ("\"tools\":[", "\"tools\":[{\"id\":\"n\"},", "1.3.0", 0, "far enough"),
            ("\"id\":\"a\"", "\"id\":\"b\"", "1.9.9", 3, "major: tool a is gone"),
            ("\"id\":\"p\"", "\"id\":\"q\"", "2.0.0", 0, "major: id: \"p\", now \"q\""),
        ])
    func steps(_ old: String, _ new: String, _ version: String, _ status: Int32, _ words: String) async throws {
        let changed = old.isEmpty ? Self.manifest : Self.manifest.replacing(old, with: new)
        let result = try await compare(Self.manifest, changed.replacing("1.2.0", with: version))
        #expect(result.status == status && result.output.contains(words), "\(result.output)\(result.error)")
    }

    @Test("manifest check of two schemas goes by their version or the number of their $id")
    func schemas() async throws {
        let one = #"{"$schema":"s","$id":"urn:x:1","properties":{"a":{"type":"number"}}}"#
        let more = one.replacing(#""properties":{"#, with: #""properties":{"b":{},"#)
        let other = one.replacing("number", with: "string")
        #expect(try await compare(one, more).status == 0)
        let small = try await compare(one, other)
        #expect(small.status == 3)
        #expect(small.output.contains(#"major: properties.a.type: "number", now "string""#), "\(small.output)")
        #expect(try await compare(one, other.replacing("urn:x:1", with: "urn:x:2")).status == 0)
        func versioned(_ text: String, _ version: String) -> String {
            text.replacing(#"{"$schema""#, with: #"{"version":"\#(version)","$schema""#)
        }
        #expect(try await compare(versioned(one, "1.0.0"), versioned(more, "1.0.1")).status == 3)
        #expect(try await compare(versioned(one, "1.0.0"), versioned(more, "1.1.0")).status == 0)
    }

    @Test("manifest check says 64 for what is no manifest, 66 for what cannot be read")
    func refusals() async throws {
        for text in ["{}", "[]", "x", "{\"id\":\"p\",\"tools\":[],\"version\":\"1\"}", "{\"properties\":{}}"] {
            let result = try await compare(Self.manifest, text)
            #expect(result.status == 64 && result.error.hasPrefix("forgebatch: new.json: "), "\(result.error)")
        }
        let mixed = try await compare(Self.manifest, #"{"$schema":"s","$id":"urn:x:1"}"#)
        #expect(mixed.status == 64 && mixed.error.contains("two of a kind"))
        let forge = try Forge()
        try forge.write(Self.manifest, to: forge.home.appending("old.json"))
        let gone = try await forge.forgebatch("manifest", "check", "old.json", "new.json")
        #expect(gone.status == 66 && gone.error.hasPrefix("forgebatch: new.json: "), "\(gone.error)")
    }
}
