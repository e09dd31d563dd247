import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import BatchRun

@Suite("What is known of earlier results, in little memory")
struct KnownResultsTests {
    /// Entries of every kind.
    private static let entries: [CatalogEntry] = {
        let plain = Planned.entry("a.mp4", verdict: .damaged)
        var rebuilt = Planned.entry("b.mp4", fingerprint: nil)
        (rebuilt.modified, rebuilt.inode, rebuilt.runID) = (nil, nil, "")
        var renamed = Planned.entry("folder/c.mp4")
        renamed.result = RawPath("results/folder/c~x.json.gz")
        var packed = Planned.entry("d.mp4")
        (packed.result, packed.resultSize) = (RawPath("results/d.mp4.json.gz"), 0)
        var gone = Planned.entry("e.mp4", verdict: .warning)
        gone.absence = Absence(from: "r2", time: 5)
        var back = Planned.entry("f.mp4")
        back.absence = Absence(from: "r2", time: 5, until: "r3")
        var failed = Planned.entry("g.mp4")
        failed.toolsFailed = [FailedTool(id: "people/people", message: "killed by signal 11", frame: 12)]
        (failed.digest, failed.resultSize) = ("e", 1 << 40)
        let bytes = CatalogEntry(.done(RawPath(bytes: [0x61, 0xff])), run: "r", digest: "d")
        return [plain, rebuilt, renamed, packed, gone, back, failed, bytes]
    }()

    @Test("A result is as the catalog has it, but for its fingerprint, which is read when it decides")
    func results() throws {
        let folder = try TemporaryFolder()
        let lines = OutputLayout(root: folder.path).catalogLines
        try JobLineWriter(lines).append(Self.entries)
        for known in [try KnownResults(lines), KnownResults(Self.entries)] {
            #expect(known.all.count == Self.entries.count && !known.isEmpty)
            for entry in Self.entries {
                let number = try #require(known.number(of: entry.job))
                var expected = KnownResult(entry)
                expected.fingerprint = nil
                #expect(known.result(number, of: entry.path, entry.job) == expected)
                #expect(try known.entry(number) == entry)
                #expect(try known.paths(number) == (entry.path, entry.result))
                #expect(known.isGone(number) == (entry.absence?.isOpen == true))
                #expect(known.size(number) == entry.size && known.modified(number) == entry.modified)
                for isCompressed in [false, true] {
                    let isSame = OutputLayout.result(entry.result, isCompressed: isCompressed) == entry.result
                    #expect(known.hasForm(number, isCompressed: isCompressed) == isSame)
                }
            }
            var videos = Candidates([Planned.candidate("new.mp4")])
            for entry in Self.entries.prefix(3) { videos.append(Planned.candidate(entry.path.display)) }
            let matches = KnownVideos(videos, known)
            #expect(matches.number(0) == nil && matches.number(1) == known.number(of: Self.entries[0].job))
            #expect(matches.unmet.map { known.size($0) } == Self.entries.dropFirst(3).map(\.size))
        }
    }

    @Test("Of two lines of a job the last counts, and one that takes it back leaves nothing")
    func changes() throws {
        let folder = try TemporaryFolder()
        let lines = OutputLayout(root: folder.path).catalogLines
        var newer = Self.entries[0]
        (newer.runID, newer.verdict) = ("r9", .ok)
        // The line between is none, so that the file is read line by line.
        try JobLineWriter(lines).append(Self.entries)
        try AtomicFile.write(Files.read(lines.path) + [0x7b, 0x0a], to: lines.path, durable: false)
        try JobLineWriter(lines).append([newer, Self.entries[1].cleared(by: "r9")])
        let known = try KnownResults(lines)
        let number = try #require(known.number(of: newer.job))
        #expect(known.result(number, of: newer.path, newer.job).runID == "r9" && known.unread == 1)
        #expect(known.number(of: Self.entries[1].job) == nil)
        #expect(KnownVideos(Candidates(), known).unmet.count == Self.entries.count - 1)
    }

    @Test("A plan that does known videos again has of each what the catalog has, and its tools")
    func planned() throws {
        var options = RunOptions(
            output: RawPath("/nowhere"), version: "1", worker: RawPath("/none"), now: UTCTime(milliseconds: 0))
        options.force = true
        var discovery = Discovery()
        discovery.candidates = Candidates(Self.entries.map { Planned.candidate($0.path.display, size: $0.size) })
        let plan = try Plan(
            discovery, prior: PriorResults(catalog: Self.entries), options: options, now: UTCTime(milliseconds: 0))
        for job in plan.jobs {
            guard let entry = Self.entries.first(where: { $0.job == job.id }) else { continue }
            var expected = KnownResult(entry)
            expected.fingerprint = nil
            #expect(job.known == expected && job.stored == entry.result && job.reason == "--force")
            #expect(job.result == OutputLayout.result(entry.result, isCompressed: false))
        }
        #expect(plan.jobs.tools.count == 1 && plan.jobs.tools.allSatisfy { $0 == nil })
    }

    @Test("Jobs keep the tools that they have, which are told once")
    func tools() {
        func tools(_ id: String) -> JobTools { JobTools(made: ResultTools(tools: [["id": .string(id)]], rules: 1)) }
        var jobs = PlannedJobs()
        let wanted: [JobTools?] = [tools("a"), nil, tools("b"), tools("a"), tools("b"), nil]
        for (index, own) in wanted.enumerated() {
            var job = Planned.job("v\(index).mp4")
            job.tools = own
            jobs.append(job)
        }
        #expect(jobs.map(\.tools) == wanted)
        #expect(jobs.tools == [nil, tools("a"), tools("b")])
        jobs.cut(to: 1)
        #expect(jobs.tools == [tools("a")])
    }

    @Test("Videos that are left alone are told as they were decided, in the order of their paths")
    func skipped() {
        let videos = Candidates((0..<4).map { Planned.candidate("v\($0).mp4") })
        var skipped = SkippedJobs(videos)
        let failed = [FailedTool(id: "p/t", message: "why")]
        skipped.append(
            video: 0, .skipped, "done in run r1", runID: "r1", known: Planned.known("v0.mp4"), toolsFailed: [])
        skipped.append(video: 2, .failed, "failed before: why", runID: nil, known: nil, toolsFailed: [])
        skipped.append(video: 3, .skipped, "done in run r1", runID: "", known: nil, toolsFailed: failed)
        #expect(skipped.map(\.path.display) == ["v0.mp4", "v2.mp4", "v3.mp4"])
        #expect(skipped.map(\.id) == skipped.map { JobID(video: $0.path) })
        #expect(skipped.map(\.status) == [.skipped, .failed, .skipped])
        #expect(Array(skipped.statuses) == [.skipped, .failed, .skipped])
        #expect(skipped.map(\.reason) == ["done in run r1", "failed before: why", "done in run r1"])
        #expect(skipped.map(\.runID) == ["r1", nil, ""])
        #expect(skipped.unchanged.map(\.display) == ["v0.mp4"])
        #expect(skipped.map(\.toolsFailed) == [[], [], failed] && skipped.failedToolCount == 1)
        #expect(skipped.needingAttention.map(\.path.display) == ["v2.mp4"])
    }
}

@Suite("Names of results beside those that are known")
struct ResultNameTests {
    /// The same rules, with all names in memory.
    private struct Model {
        let isCompressed: Bool
        let prior: [JobID: CatalogEntry]
        let files: Set<RawPath>
        var folders: Set<RawPath> = []
        var taken: Set<RawPath> = []

        init(_ videos: [RawPath], _ entries: [CatalogEntry], isCompressed: Bool) {
            self.isCompressed = isCompressed
            prior = Dictionary(uniqueKeysWithValues: entries.map { ($0.job, $0) })
            files = Set(entries.flatMap { Model.forms($0.result) })
            for path in videos.map({ RawPath("results").appending($0) }) + entries.map(\.result) {
                var folder = path.parent
                while folder != RawPath(".") {
                    folders.insert(OutputLayout.folded(folder))
                    folder = folder.parent
                }
            }
            taken = files.union(folders)
        }

        static func forms(_ result: RawPath) -> [RawPath] {
            [OutputLayout.folded(result), OutputLayout.folded(OutputLayout.otherForm(result))]
        }

        mutating func next(_ video: RawPath) -> RawPath {
            let id = JobID(video: video)
            if let known = prior[id]?.result {
                let wanted = OutputLayout.result(known, isCompressed: isCompressed)
                let fits = wanted.lastComponent.bytes.count <= OutputLayout.longestName
                if wanted == known || fits && !folders.contains(OutputLayout.folded(wanted)) { return wanted }
            }
            let result = OutputLayout.result(
                for: video, job: id, taken: taken, files: files, isCompressed: isCompressed)
            taken.formUnion(Model.forms(result))
            return result
        }
    }

    @Test("Whatever is known and whatever is new, names are those that all names in memory would give")
    func names() throws {
        var random = SystemRandomNumberGenerator()
        for turn in 0..<300 {
            func name() -> RawPath {
                let parts = ["a", "A", "b", "a.json", "A.json.gz", "b.json", "results"]
                let depth = Int.random(in: 1...3, using: &random)
                let name = (0..<depth).compactMap { _ in parts.randomElement(using: &random) }
                return RawPath(name.joined(separator: "/"))
            }
            let videos = Set((0..<Int.random(in: 1...10, using: &random)).map { _ in name() }).sorted()
            let known = Set(videos.filter { _ in Bool.random(using: &random) } + (0..<4).map { _ in name() })
            var used: Set<RawPath> = []
            let entries: [CatalogEntry] = known.sorted().compactMap { video in
                var entry = CatalogEntry(.done(video), run: "r", digest: "d")
                let isCompressed = Bool.random(using: &random)
                entry.result = OutputLayout.result(
                    for: video, job: entry.job, taken: used, files: used, isCompressed: isCompressed)
                used.formUnion(Model.forms(entry.result))
                return entry
            }
            let candidates = Candidates(videos.map { Planned.candidate($0.display) })
            for isCompressed in [false, true] {
                var model = Model(videos, entries, isCompressed: isCompressed)
                let prior = KnownResults(entries)
                var names = try ResultNames(
                    candidates, prior: prior, KnownVideos(candidates, prior), isCompressed: isCompressed)
                for video in videos {
                    let known = prior.number(of: JobID(video: video)).map {
                        prior.result($0, of: video, JobID(video: video))
                    }
                    let found = try names.next(video, JobID(video: video), known)
                    let expected = model.next(video)
                    #expect(found == expected, "turn \(turn): \(videos) beside \(entries.map(\.result))")
                }
            }
        }
    }
}
