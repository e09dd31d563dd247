import Bytes
import Jobs
import Store
import TestSupport
import Testing

/// What commands make of results of plugins that are gone.
@Suite("A folder with results of plugins") struct PluginFolderTests {
    private static let manifest = """
        {"id":"people","name":"People","version":"1.0.0","protocol":1,"run":["gone"],"tools":[{"id":"people",\
        "title":"Finds people","mode":"frames","frames":{"format":"gray8","every":2},"classes":["person"],\
        "inputs":{"confidence":{"type":"number","default":0.4,"minimum":0,"maximum":1,"kind":"concluding"},\
        "bright":{"type":"number","default":0.5,"minimum":0,"maximum":1,"kind":"concluding"},\
        "scale":{"type":"integer","default":1,"minimum":1,"maximum":4}},\
        "outputs":{"frame":{"score":{"type":"number","description":"how bright"}}},\
        "conclude":{"detections":{"above":"confidence"},"values":[{"value":"score","over":"bright","event":"flash"}]}}]}
        """

    /// The example of the documentation as the result of a run.
    private func made() throws -> Forge {
        let forge = try Forge()
        let made = MadeOutputFolder(forge.output)
        let video = RawPath("walk.mp4")
        let result = OutputLayout.result(for: video, job: JobID(video: video))
        let bytes = try Files.read(Samples.root.appending("docs/examples/result-with-plugins.json"))
        try AtomicFile.write(bytes, to: forge.output.appending(result), durable: false)
        let copy = try #require(
            PluginCopy(
                manifest: JSONReader.parse(Self.manifest), fingerprint: "p1:" + String(repeating: "a", count: 64)))
        try copy.write(forge.layout)
        try made.addRun(
            "20260101T000000Z-aaaaaa",
            [
                .done(video) {
                    ($0.frames, $0.sha256, $0.resultSize) = (7, Digest.sha256(bytes), Int64(bytes.count))
                }
            ]
        ) { $0.plugins = [copy] }
        return forge
    }

    @Test func `report --set concludes anew, and tells what cannot be set`() async throws {
        let forge = try made()
        let set = try await forge.forgebatch("report", "out", "--set", "people/people.confidence=0.51")
        #expect(set.status == 0, "\(set.error)")
        let page = String(decoding: try Files.read(forge.layout.report.appending("index.html")), as: UTF8.self)
        #expect(page.contains("people/people.confidence=0.51"))
        for (setting, word) in [
            ("people/people.confidence=2", "a number from 0 to 1"), ("people/people.confidenc=0.5", "'confidence'"),
            ("people/peple.confidence=1", "'people/people'"), ("people/people.scale=2", "forgebatch run --set"),
        ] {
            let refused = try await forge.forgebatch("report", "out", "--set", setting)
            #expect(refused.status == 64 && refused.error.contains(word), "\(refused.error)")
        }
    }

    @Test func `show, export and validate read it`() async throws {
        let forge = try made()
        let shown = try await forge.forgebatch("show", "out", "walk.mp4")
        #expect(shown.status == 0)
        let text = shown.output
        #expect(text.contains("people/people: Finds people") && text.contains("objects that were told apart"))
        #expect(text.contains("person") && text.contains("2 objects, 8 detections"))
        let rows = try await forge.forgebatch("export", "out", "--format", "csv")
        #expect(rows.status == 0 && rows.output.contains("people/people.score"))
        let valid = try await forge.forgebatch("validate", "out")
        #expect(
            !valid.output.contains("walk.mp4") && !valid.error.contains("walk.mp4"), "\(valid.output)\(valid.error)")
    }
}
