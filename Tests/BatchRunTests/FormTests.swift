import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

@Suite("Names of results in either form") struct FormTests {
    /// The results of a run that does these videos again, in their order.
    private func plan(_ names: [String], prior: [CatalogEntry] = [], isCompressed: Bool) throws -> [RawPath] {
        var options = RunOptions(
            output: RawPath("/nowhere"), version: "1", worker: RawPath("/none"), now: UTCTime(milliseconds: 0))
        (options.compressesResults, options.force) = (isCompressed, true)
        var discovery = Discovery()
        discovery.candidates = Candidates(names.map { Planned.candidate($0) })
        let plan = try Plan(
            discovery, prior: PriorResults(catalog: prior), options: options, now: UTCTime(milliseconds: 0))
        return names.compactMap { name in plan.jobs.first { $0.video.relative == RawPath(name) }?.result }
    }

    @Test func `what is made again gets the form of its run, under the name that it had`() throws {
        let plain = Planned.entry("a.mp4")
        var packed = Planned.entry("b.mp4")
        packed.result = RawPath("results/b_mp4~kept.json.gz")
        let compressed = try plan(["a.mp4", "b.mp4", "c.mp4"], prior: [plain, packed], isCompressed: true)
        #expect(
            compressed.map(\.display) == [
                "results/a.mp4.json.gz", "results/b_mp4~kept.json.gz", "results/c.mp4.json.gz",
            ])
        let back = try plan(["a.mp4", "b.mp4", "c.mp4"], prior: [plain, packed], isCompressed: false)
        #expect(
            back.map(\.display) == ["results/a.mp4.json", "results/b_mp4~kept.json", "results/c.mp4.json"])
    }

    @Test func `no two results have names that differ in form and case alone`() throws {
        var packed = Planned.entry("Clip.mp4")
        packed.result = RawPath("results/Clip.mp4.json.gz")
        for isCompressed in [false, true] {
            let new = try plan(["clip.mp4"], prior: [packed], isCompressed: isCompressed)
            #expect(new.first?.display.contains("~") == true)
        }
        let both = try plan(["Clip.mp4", "clip.mp4"], isCompressed: true)
        #expect(both.first == RawPath("results/Clip.mp4.json.gz"))
        #expect(both.last?.display.contains("~") == true)
    }

    @Test func `a result whose longer name is too long, or that of a folder, gets a name that is cut`() throws {
        let long = String(repeating: "v", count: 191) + ".mp4"
        let name = try plan([long], prior: [Planned.entry(long)], isCompressed: true).first?.lastComponent
        #expect((name?.bytes.count ?? 999) <= 200)
        #expect(name?.display.contains("~") == true && name.map { OutputLayout.isCompressed($0) } == true)
        let taken = try plan(
            ["a.mp4", "a.mp4.json.gz/x.mp4"], prior: [Planned.entry("a.mp4")], isCompressed: true)
        #expect(taken.first?.display.hasPrefix("results/a.mp4~") == true)
    }
}
