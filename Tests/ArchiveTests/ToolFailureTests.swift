import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import Archive

@Suite("Tools that failed, in what is told of runs") struct ToolFailureTests {
    private let died = FailedTool(id: "people/people", message: "killed by signal 11", frame: 12)
    private let mute = FailedTool(id: "shots/shots", message: "no answer for 60 s & more", frame: 0)

    private func made() throws -> MadeOutputFolder {
        let made = try MadeOutputFolder()
        try made.addRun(
            MadeRuns.first,
            [
                .done("breaks"), .done("stays") { $0.toolsFailed = [died] },
                .done("mends") { $0.toolsFailed = [died, mute] }, .done("changes one") { $0.toolsFailed = [died] },
                .done("fails") { $0.toolsFailed = [died] },
            ])
        try made.addRun(
            MadeRuns.second,
            [
                .done("breaks") { ($0.toolsFailed, $0.sha256) = ([died, mute], "2") },
                .done("stays") { $0.toolsFailed = [died] },
                .done("mends") { ($0.toolsFailed, $0.sha256) = ([mute], "2") },
                .done("changes one", .damaged) { ($0.toolsFailed, $0.reasons) = ([mute], ["truncated"]) },
                .failed("fails"),
            ]
        ) { $0.summary.toolsFailed = 5 }
        return made
    }

    @Test func `a tool that fails newly and one that fails no more are told, and are no drift`() throws {
        let comparison = try made().compare()
        #expect(
            comparison.paths == [
                "tool_failing": ["breaks"], "tool_fixed": ["mends"], "newly_failing": ["changes one", "fails"],
            ])
        #expect(comparison.unchanged == 1 && !comparison.isSame)
        let entry = comparison.json["tool_failing"]?.array?.first
        #expect(entry?["was"]?["tools_failed"] == nil)
        #expect(
            entry?["now"]?["tools_failed"]
                == .array([
                    ["id": "people/people", "message": "killed by signal 11", "frame": 12],
                    ["id": "shots/shots", "message": "no answer for 60 s & more", "frame": 0],
                ]))
    }

    @Test func `JUnit has a failure for a video on which a tool failed`() throws {
        let made = try made()
        let path = made.layout.root.appending("junit.xml")
        try JUnit.write(made.layout, run: MadeRuns.second, to: path)
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        #expect(text.contains("tests=\"5\" failures=\"4\" errors=\"1\" skipped=\"0\""))
        #expect(
            text.contains(
                "<failure type=\"tool\" message=\"people/people: killed by signal 11; "
                    + "shots/shots: no answer for 60 s &amp; more\">100 frames decoded</failure>"))
        #expect(text.contains("<failure type=\"damaged\" message=\"damaged: truncated; shots/shots: no answer"))
    }

    @Test func `the metrics count them`() throws {
        var run = RunSummary(id: "r")
        func text() -> String { Metrics(run, output: RawPath("/out"), finished: UTCTime(milliseconds: 0)).text }
        #expect(text().contains("forgebatch_run_tools_failed{output=\"/out\"} 0\n"))
        run.toolsFailed = 5
        #expect(text().contains("forgebatch_run_tools_failed{output=\"/out\"} 5\n"))
    }

    @Test func `a list of videos names them, with the classes that were found`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(
            MadeRuns.first,
            [
                .done("a") {
                    $0.toolsFailed = [died]
                    $0.facts.classes = ["person", "bicycle"]
                }, .done("b"),
            ])
        let videos = try VideoEntry.all(made.layout)
        #expect(videos.map(\.toolsFailed) == [[died], []])
        #expect(videos[0].json["tools_failed"]?.array?.first?["id"] == "people/people")
        #expect(videos[0].json["classes"] == .array(["person", "bicycle"]))
        #expect(videos[1].json["tools_failed"] == nil && videos[1].json["classes"] == nil)
    }

    @Test func `a catalog that is made again from results knows them`() throws {
        let made = try MadeOutputFolder()
        try made.writeResult(RawPath("a.mp4"), frames: MadePeople.frames(8)) { MadePeople.tell(&$0, frames: 8) }
        let entry = try #require(try CatalogRebuild.entries(made.layout).first)
        #expect(entry.toolsFailed == [FailedTool(id: MadePeople.failing, message: "killed by signal 11", frame: 12)])
        #expect(entry.facts.classes == ["person", "bicycle"])
    }
}
