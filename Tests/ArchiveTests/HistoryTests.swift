import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Runs and their history") struct HistoryTests {
    private static let killed = "20260103T000000Z-cccccc"
    private static let last = "20260104T000000Z-dddddd"

    /// Three runs that wrote their records, and one that was killed in between.
    private func made() throws -> MadeOutputFolder {
        let made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a")])
        try made.addRun(MadeRuns.second, [.done("a")]) { $0.summary.scope = "narrow" }
        let log = try ProgressLog(made.layout.log(run: Self.killed))
        let job = JobID(video: RawPath("a"))
        func say(_ event: LogEvent, _ second: Int64) throws {
            try log.append(event, time: UTCTime(milliseconds: 1_767_398_400_000 + second * 1000), now: 0)
        }
        try say(.runStarted(runID: Self.killed, version: "1.0.0", jobs: 3, settings: "d"), 0)
        try say(.jobStarted(job: job, path: RawPath("a"), totalFrames: 9, size: 9), 1)
        try say(.completed(job: job), 5)
        try made.addRun(Self.last, [.done("a")]) { $0.summary.isInterrupted = true }
        return made
    }

    @Test func `runs are listed newest first, also one that was killed`() throws {
        let made = try made()
        let runs = try RunList.all(made.layout)
        #expect(runs.map(\.id) == [Self.last, Self.killed, MadeRuns.second, MadeRuns.first])
        let killed = runs[1]
        #expect(killed.isInterrupted && !killed.hasRecord && !killed.isFinished && killed.exitStatus == nil)
        #expect(killed.started == "2026-01-03T00:00:00.000Z" && killed.finished == "2026-01-03T00:00:05.000Z")
        #expect(killed.tally.found == 3 && killed.tally.completed == 1 && killed.tally.notStarted == 2)
        let first = runs[3]
        #expect(first.hasRecord && first.isFinished && first.seconds == 60 && first.tally.completed == 1)
        #expect(runs[0].hasRecord && !runs[0].isFinished)
    }

    @Test func `a missing history is made anew from the records, and a killed run gets its line once`() throws {
        let made = try made()
        let before = try RunList.all(made.layout)
        Files.remove(made.layout.history)
        #expect(try HistoryRepair.addMissing(made.layout) == 4)
        let lines = try LineFile.objects(made.layout.history)
        #expect(lines.broken == 0 && lines.objects.compactMap { RunSummary($0)?.id } == before.map(\.id).reversed())
        // What grows with the videos stays in the records.
        #expect(lines.objects.allSatisfy { $0["jobs"] == nil && $0["skipped"] == nil })
        let after = try RunList.all(made.layout)
        #expect(after.map(\.tally) == before.map(\.tally) && after.map(\.isFinished) == before.map(\.isFinished))
        #expect(after[1].stopped != nil)
        #expect(try HistoryRepair.addMissing(made.layout) == 0)
    }

    @Test func `a torn last line is left out, and written again`() throws {
        let made = try made()
        _ = try HistoryRepair.addMissing(made.layout)
        let whole = try Files.read(made.layout.history)
        for cut in 1..<40 {
            try AtomicFile.write(Array(whole.dropLast(cut)), to: made.layout.history, durable: false)
            #expect(try RunList.all(made.layout).count == 4)
            #expect(try HistoryRepair.addMissing(made.layout) == 1)
            #expect(try LineFile.objects(made.layout.history).broken == 0)
        }
    }

    @Test func `the run that another is held against is found from the end as among all`() throws {
        let made = try made()
        _ = try HistoryRepair.addMissing(made.layout)
        let runs = try RunList.all(made.layout)
        for scope in ["s", "narrow", "elsewhere"] {
            for id in runs.map(\.id) + ["~", "1"] {
                var run = RunSummary(id: id)
                run.scope = scope
                #expect(
                    try RunList.baseline(of: run, made.layout)
                        == RunList.baseline(named: "last", of: run, among: runs), "\(id) \(scope)")
            }
        }
        #expect(try RunList.newest(2, made.layout) == Array(runs.prefix(2)))
        #expect(try RunList.newest(9, upTo: Self.killed, made.layout) == Array(runs.dropFirst()))
    }

    @Test func `a history that lost lines in the middle gets them again`() throws {
        let made = try made()
        #expect(try HistoryRepair.addMissing(made.layout) == 1)
        let lines = try Files.read(made.layout.history).split(separator: 0x0a)
        let rest = lines[...0] + lines[2...]
        try AtomicFile.write(
            Array(rest.joined(separator: [0x0a])) + [0x0a], to: made.layout.history, durable: false)
        #expect(try HistoryRepair.addMissing(made.layout) == 1)
        #expect(try RunList.all(made.layout).count == 4)
    }

    @Test func `a folder that is gone keeps its place in the list, without a record`() throws {
        let made = try made()
        Files.remove(made.layout.summary(run: MadeRuns.first))
        let runs = try RunList.all(made.layout)
        #expect(runs.last?.id == MadeRuns.first && runs.last?.hasRecord == false)
    }

    @Test func `a record is the same whether its jobs stand on lines of their own or not`() throws {
        let made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a"), .failed("b"), .done("c")])
        let path = made.layout.summary(run: MadeRuns.first)
        let document = try JSONReader.parse(Files.read(path))
        let jobs = try #require(document["jobs"]?.array)
        let head = JSON.object((document.members ?? []).filter { $0.key != "jobs" })
        let start = Array(JSONWriter.encode(head).dropLast()) + Array(",\"jobs\":[\n".utf8)
        let lines = jobs.map { JSONWriter.encode($0) }.joined(separator: Array(",\n".utf8))
        let end = Array("\n]}\n".utf8)
        func read(_ bytes: [UInt8]) throws -> (document: RunDocument?, jobs: [JobRecord]) {
            try AtomicFile.write(bytes, to: path, durable: false)
            let record = try RunDocumentReader(path)
            var found: [JobRecord] = []
            while let job = try record.nextJob() { found.append(job) }
            return (record.document, found)
        }
        for bytes in [JSONWriter.encode(document), start + lines + end] {
            let (read, found) = try read(bytes)
            #expect(
                read == RunDocument(head) && read != nil && found == jobs.compactMap { JobRecord($0) }
                    && found.count == 3)
        }
        #expect(try read(start + [UInt8](repeating: 0x0a, count: 1) + Array("]}\n".utf8)).jobs == [])
        #expect(throws: JSONError.self) { try read(start + lines) }
        #expect(throws: JSONError.self) { try read(start + lines + end + Array("{}\n".utf8)) }
        #expect(throws: (any Error).self) { try made.compare(MadeRuns.first, MadeRuns.first) }
    }

    @Test func `no runs are no error`() throws {
        let made = try MadeOutputFolder()
        #expect(try RunList.all(made.layout) == [] && HistoryRepair.addMissing(made.layout) == 0)
    }

    @Test func `a run is named by its id, by the beginning of one, or by latest`() throws {
        let runs = try withExtendedLifetime(made()) { try RunList.all($0.layout) }
        func id(_ word: String) throws -> String { try RunList.run(named: word, among: runs).id }
        #expect(try id("latest") == Self.last && id(MadeRuns.first) == MadeRuns.first)
        #expect(try id("20260102") == MadeRuns.second)
        for word in ["2026", "", "2025", "../runs", "last"] {
            #expect(throws: ArchiveError.self, "\(word)") { try id(word) }
        }
    }

    @Test func `the last run is the finished one before that looked in the same places, or else any`() throws {
        let runs = try withExtendedLifetime(made()) { try RunList.all($0.layout) }
        func last(_ id: String) throws -> String? {
            let run = try RunList.run(named: id, among: runs)
            return try RunList.baseline(named: "last", of: run, among: runs)?.id
        }
        #expect(try last(Self.last) == MadeRuns.first)
        #expect(try last(MadeRuns.second) == MadeRuns.first)
        #expect(try last(MadeRuns.first) == nil)
        // A run that was stopped is no measure, and is only taken by its name.
        var next = RunSummary(id: "~")
        next.scope = "s"
        #expect(try RunList.baseline(named: "last", of: next, among: runs)?.id == MadeRuns.first)
        #expect(try RunList.baseline(named: "20260104", of: next, among: runs)?.id == Self.last)
    }
}
