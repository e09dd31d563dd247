import Bytes
import TestSupport
import Testing

/// Results read by programs that share no code with forgebatch.
@Suite("Results read from outside")
struct ScriptTests {
    private static func script(_ name: String) -> String {
        Samples.root.appending("Tests/scripts").appending(name).display
    }

    private func check(_ python: ExternalProgram?, _ arguments: [String]) async throws {
        let outcome = try await #require(python).run(arguments)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }

    private static func hasSchemaModule(_ python: ExternalProgram?) -> Bool {
        (try? python?.runAndWait(["-c", "import jsonschema"]))?.status == 0
    }

    static let schemaPython: ExternalProgram? = [ExternalProgram.checkoutPython, ExternalProgram.python]
        .compactMap { $0 }.first { hasSchemaModule($0) }

    @Test(
        "The samples' results are strict JSON, follow the published schema and count every frame",
        .enabled(if: schemaPython != nil, "needs Python with jsonschema (make deps-test)"))
    func schema() async throws {
        try await check(
            ScriptTests.schemaPython,
            [
                ScriptTests.script("check_results.py"), ResultFolder.samples.value.root.display,
                Samples.root.appending("docs/schema/result-1.json").display,
                Samples.folder.appending("manifest.json").display,
            ])
    }

    @Test(
        "The results of real videos follow the published schema",
        .enabled(
            if: schemaPython != nil && !SharedVideos.names.isEmpty,
            "needs Python with jsonschema and ../shared/videos"))
    func schemaOfRealVideos() async throws {
        try await check(
            ScriptTests.schemaPython,
            [
                ScriptTests.script("check_results.py"), ResultFolder.videos.value.root.display,
                Samples.root.appending("docs/schema/result-1.json").display,
            ])
    }

    @Test(
        "A result with tools of plugins follows the published schema, and what is wrong in it does not",
        .enabled(if: schemaPython != nil, "needs Python with jsonschema (make deps-test)"))
    func schemaOfPlugins() async throws {
        let schema = Samples.root.appending("docs/schema/result-1.json").display
        let example = try Files.read(Samples.root.appending("docs/examples/result-with-plugins.json"))
        let text = String(decoding: example, as: UTF8.self)
        let wrong = [
            (#""id":"people/people""#, #""id":"people/people/x""#),
            (#""device":"cpu","settings":{"conf"#, #""settings":{"conf"#),
            (#""confidence":[0.5,"#, #""confidence":[1.5,"#), (#""track_id":1,"#, #""track_id":-2,"#),
            (#""error":"#, #""erro":"#), (#""detections":8}"#, #""detections":-8}"#),
            (#""class":"person","count""#, #""class":1,"count""#),
        ]
        let program =
            "import json,jsonschema,sys; jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.loads(sys.argv[2]))"
        let right = try await #require(ScriptTests.schemaPython).run(["-c", program, schema, text])
        #expect(right.status == 0, "\(right.errorText)")
        for (old, new) in wrong {
            try #require(text.contains(old), "\(old)")
            let outcome = try await #require(ScriptTests.schemaPython).run(
                ["-c", program, schema, text.replacing(old, with: new)])
            #expect(outcome.status == 1 && outcome.errorText.contains("ValidationError"), "\(new)")
        }
    }

    @Test(
        "Every brightness timeline is a PNG whose columns are the means of its frames",
        .enabled(if: ExternalProgram.python != nil, "needs python3"))
    func timelines() async throws {
        try await check(
            ExternalProgram.python,
            [ScriptTests.script("timeline_check.py"), ResultFolder.samples.value.root.display])
    }

    @Test(
        "The timelines of videos with more frames than columns are means too",
        .enabled(
            if: ExternalProgram.python != nil && !SharedVideos.names.isEmpty, "needs python3 and ../shared/videos"))
    func longTimelines() async throws {
        try await check(
            ExternalProgram.python,
            [ScriptTests.script("timeline_check.py"), ResultFolder.videos.value.root.display])
    }
}
