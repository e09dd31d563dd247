import Bytes
import Jobs
import TestSupport
import Testing

@Suite("tools, and names of tools")
struct ToolTests {
    private func manifest(_ forge: Forge) async throws -> JSON {
        let result = try await forge.forgebatch("tools", "--json")
        #expect(result.status == 0 && result.stderr.isEmpty)
        #expect(result.output.split(separator: "\n").count == 1)
        return try JSONReader.parse(result.output)
    }

    private func used(_ forge: Forge) throws -> [String] {
        try forge.result("a.y4m")["tools"]?.array?.compactMap { $0["id"]?.string } ?? []
    }

    @Test("tools lists every tool with its settings; --json prints the manifest")
    func list() async throws {
        let forge = try Forge()
        let manifest = try await manifest(forge)
        #expect(manifest["id"]?.string == "forgebatch")
        #expect(manifest["version"]?.string.map { $0 + "\n" } == (try await forge.forgebatch("--version").output))
        let text = try await forge.forgebatch("tools")
        #expect(text.status == 0 && text.stderr.isEmpty)
        let lines = text.output.split(separator: "\n").map { String($0) }
        #expect(lines.first?.hasPrefix("TOOL ") == true)
        let tools = try #require(manifest["tools"]?.array)
        for tool in tools {
            let id = try #require(tool["id"]?.string)
            let row = lines.first { $0.hasPrefix(id + " ") }
            #expect(row?.contains(tool["version"]?.string ?? "?") == true, "\(id)")
            #expect(row?.contains("not measured") == (tool["cost"] == nil), "\(id)")
            #expect(lines.contains { $0.hasPrefix("\(id): ") })
            for input in tool["inputs"]?.members ?? [] {
                let standard = input.value["default"].map { $0.string ?? JSONWriter.text($0) } ?? "?"
                let line = lines.first { $0.hasPrefix("  --set \(id).\(input.key)=\(standard) ") }
                #expect(line?.contains(input.value["kind"]?.string ?? "?") == true, "\(id).\(input.key)")
            }
            for output in tool["outputs"]?["frame"]?.members ?? [] { #expect(text.output.contains(output.key)) }
        }
    }

    @Test("A default run takes the tools that are listed as such")
    func standard() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        let tools = try #require(try await manifest(forge)["tools"]?.array)
        #expect(try used(forge) == tools.filter { $0["default"]?.bool == true }.compactMap { $0["id"]?.string })
    }

    @Test("--tools takes ids, plugin/tool and capabilities")
    func names() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--tools", "forgebatch/luma,shot_detection")
        #expect(try used(forge) == ["luma", "scene"])
        // Another name of the same tools is the same settings: nothing to do.
        try await forge.run(expecting: 0, "--tools", "scene,streaming_video_analysis")
        #expect(try forge.count("skipped") == 1)
        // A result keeps the tools that it has, but for force.
        try await forge.run(expecting: 0, "--tools", "luma,scene,-shot_detection")
        #expect(try used(forge) == ["luma", "scene"])
        try await forge.run(expecting: 0, "--tools", "luma,scene,-shot_detection", "--force")
        #expect(try used(forge) == ["luma"])
    }

    @Test(
        "A name that is no tool's is 64, and the near ones are named",
        arguments: [
            ("scen", "did you mean 'scene'?"), ("forgebatch/lumma", "did you mean 'luma'?"),
            ("shot", "did you mean 'shot_detection'?"), ("nonsense_word", "forgebatch tools lists them"),
            ("other/luma", "there is no tool named 'other/luma'"), ("none,luma", "none stands alone"),
            ("luma,-none", "none stands alone"), ("luma,-luma", "no tool is left"),
        ])
    func unknown(_ list: String, _ hint: String) async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.run(expecting: 64, "--tools", list).error.contains(hint))
        #expect(!Files.exists(forge.output))
    }

    @Test("--tools none counts frames, judges them and measures nothing")
    func none() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--tools", "none")
        let result = try forge.result("a.y4m")
        #expect(result["tools"] == .array([]) && result["events"] == .array([]) && result["summary"] == .object([]))
        #expect(result["total_frames"]?.int == 5 && result["decode"]?["verdict"]?.string == "ok")
        let frames = try #require(result["frames"]?.array)
        #expect(frames.count == 5)
        #expect(frames.allSatisfy { $0.members?.map(\.key) == ["frame_index", "time", "detections"] })
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        #expect(try await forge.forgebatch("report", "out").status == 0)
        try await forge.run(expecting: 0, "--tools", "none")
        #expect(try forge.count("skipped") == 1)
        // A catalog that is made anew knows such results again.
        Files.remove(forge.layout.catalog)
        try await forge.run(expecting: 0, "--tools", "none")
        #expect(try forge.count("skipped") == 1)
    }

    private static let python: ExternalProgram? = [ExternalProgram.checkoutPython, ExternalProgram.python]
        .compactMap { $0 }.first { (try? $0.runAndWait(["-c", "import jsonschema"]))?.status == 0 }

    @Test(
        "A result without tools follows the published schema",
        .enabled(if: python != nil, "needs Python with jsonschema (make deps-test)"))
    func schema() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--tools", "none")
        let outcome = try await #require(ToolTests.python).run([
            Samples.root.appending("Tests/scripts/check_results.py").display, forge.output.display,
            Samples.root.appending("docs/schema/result-1.json").display,
        ])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }
}
