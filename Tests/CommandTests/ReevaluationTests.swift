import Archive
import Bytes
import Jobs
import TestSupport
import Testing
import ToolModel

@Suite("Re-evaluating")
struct ReevaluationTests {
    /// What a result would be with other thresholds.
    private func document(_ forge: Forge, _ name: String, _ settings: [String: [String: SettingValue]]) throws
        -> [UInt8]
    {
        try Reevaluation(settings, known: KnownTools(forge.layout)).withDocument(
            of: forge.layout.results.appending(name + ".json"), in: forge.home.appending("scratch")
        ) { try Files.read($0) }
    }

    private static let clips = [
        "moving-objects.mp4", "h264-scenes.mp4", "black-freeze.mp4", "vfr.mkv", "hevc-10bit.mkv",
    ]

    @Test("Re-evaluating with the same thresholds gives the same bytes, for every tool and every sample")
    func same() async throws {
        let forge = try Forge()
        for clip in ReevaluationTests.clips { try forge.addSample(clip) }
        try await forge.run(expecting: 0, "--tools", "all", "--report", "none", "--no-stills")
        let same: [String: [String: SettingValue]] = [
            "scene": ["threshold": 10], "black": ["duration": 2], "freeze": ["duration": 2],
            "cuts": ["threshold": 27], "motion": ["hits": 6],
        ]
        for clip in ReevaluationTests.clips {
            let stored = try Files.read(forge.layout.results.appending(clip + ".json"))
            #expect(try document(forge, clip, same) == stored, "\(clip)")
        }
        #expect(try Files.list(forge.home.appending("scratch")) == [])
    }

    @Test("Re-evaluating gives the bytes that a run with these thresholds gives")
    func other() async throws {
        let forge = try Forge()
        for clip in ReevaluationTests.clips { try forge.addSample(clip) }
        try await forge.run(expecting: 0, "--report", "none", "--no-stills")
        let settings: [String: [String: SettingValue]] = [
            "scene": ["threshold": 1], "black": ["duration": 0.5, "picture": 0.9], "freeze": ["duration": 0.3],
            "cuts": ["ratio": 1.5, "min_content": 2, "min_scene": 0.1], "motion": ["hits": 2, "gap": 0.2, "score": 1],
        ]
        var found: [String: [UInt8]] = [:]
        for clip in ReevaluationTests.clips { found[clip] = try document(forge, clip, settings) }
        let before = try Files.read(forge.layout.results.appending("h264-scenes.mp4.json"))
        let flags = settings.flatMap { tool, values in
            values.flatMap { ["--set", "\(tool).\($0)=\($1.text)"] }
        }
        let words = ["run", "in", "-o", "out", "--no-config", "--report", "none", "--no-stills", "--force"] + flags
        #expect(try await forge.forgebatch(words.map { RawPath($0) }).status == 0)
        for clip in ReevaluationTests.clips {
            #expect(try found[clip] == Files.read(forge.layout.results.appending(clip + ".json")), "\(clip)")
        }
        #expect(try before != Files.read(forge.layout.results.appending("h264-scenes.mp4.json")))
    }

    @Test("A result of another version of a tool is not re-evaluated; other tools of it are")
    func otherVersion() async throws {
        let forge = try Forge()
        try forge.addSample("h264-scenes.mp4")
        try await forge.run(expecting: 0, "--report", "none", "--no-stills")
        let path = forge.layout.results.appending("h264-scenes.mp4.json")
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        let old = "\"id\":\"scene\",\"version\":\"1.0.0\""
        let place = try #require(text.firstRange(of: old))
        try forge.write(
            text[..<place.lowerBound] + "\"id\":\"scene\",\"version\":\"0.9.0\"" + text[place.upperBound...], to: path)
        #expect(throws: ArchiveError.self) { try document(forge, "h264-scenes.mp4", ["scene": ["threshold": 5]]) }
        #expect(try !document(forge, "h264-scenes.mp4", ["cuts": ["ratio": 2]]).isEmpty)
    }

    @Test("report --set re-evaluates for the pages, says so, and leaves the results alone; what is measured is 64")
    func report() async throws {
        let forge = try Forge()
        try forge.addSample("h264-scenes.mp4")
        try await forge.run(expecting: 0)
        let results = try forge.results()
        let index = forge.layout.report.appending("index.html")
        let before = try Files.read(index)
        let set = try await forge.forgebatch(
            "report", "out", "--set", "scene.threshold=99", "--set", "cuts.threshold=255", "--set", "cuts.ratio=255",
            "--set", "motion.hits=30")
        #expect(set.status == 0 && set.stderr.isEmpty)
        let page = String(decoding: try Files.read(index), as: UTF8.self)
        #expect(page.contains("motion.hits=30, scene.threshold=99"))
        #expect(try forge.results() == results)
        #expect(try Files.list(forge.layout.report).allSatisfy { !$0.display.hasPrefix(".fb-") })
        // Without --set the report is what it was.
        #expect(try await forge.forgebatch("report", "out").status == 0)
        #expect(try Files.read(index) == before)
        let refused = try await forge.forgebatch("report", "out", "--set", "black.pixel=0.2")
        #expect(refused.status == 64 && refused.error.contains("forgebatch run --set black.pixel=0.2"))
        #expect(try await forge.forgebatch("report", "out", "--set", "scene.treshold=2").status == 64)
        #expect(try await forge.forgebatch("report", "out", "--set", "scene.threshold=200").status == 64)
        #expect(try Files.read(index) == before)
    }
}
