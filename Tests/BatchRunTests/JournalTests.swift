import Bytes
import Glibc
import Jobs
import Store
import Synchronization
import TestSupport
import Testing
import ToolModel

@testable import BatchRun

@Suite("What a run writes down")
struct JournalTests {
    @Test func `of a job whose start is not in the log, and of one that has ended, no further line is written`() throws
    {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        try Files.makeDirectory(layout.run("r"), durable: false)
        let options = RunOptions(output: folder.path, version: "1", worker: RawPath("/bin/false"), now: .now)
        let plan = try Plan(Discovery(), prior: PriorResults(), options: options, now: .now)
        let journal = try RunJournal(plan, options: options, runID: "r", counts: RunCounts())
        let (lost, whole) = (Planned.job("lost.mp4").id, Planned.job("whole.mp4").id)
        func tell(_ job: JobID) throws {
            try journal.emit(.progress(job: job, Progress(currentFrame: 1, totalFrames: 2)))
            try journal.emit(.error(job: job, message: "disk full"))
        }
        try tell(lost)
        try journal.emit(.jobStarted(job: whole, path: RawPath("whole.mp4"), totalFrames: 2, size: 1))
        try tell(whole)
        try tell(whole)
        let lines = try Files.read(layout.log(run: "r")).split(separator: 0x0a).map { try LogLine.parse(Array($0)) }
        #expect(lines.filter { $0.event.job == lost }.isEmpty)
        #expect(lines.compactMap { $0.event.job == whole ? $0.event.kind : nil } == [.jobStarted, .progress, .error])
        #expect(lines.map(\.seq) == Array(1...lines.count))
        #expect(journal.state.failed == 1)
    }

    @Test func `a run's plugins stand in its record`() throws {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        try Files.makeDirectory(layout.run("r"), durable: false)
        var options = RunOptions(output: folder.path, version: "1", worker: RawPath("/bin/false"), now: .now)
        let manifest = try PluginManifest(JSONReader.parse(MadePlugin.manifest()))
        let plugin = Plugin(manifest, fingerprint: "p1:" + String(repeating: "a", count: 64))
        options.plugins = [ChosenPlugin(plugin: plugin, folder: RawPath("/p"), tools: ["people"], devices: ["cpu"])]
        let plan = try Plan(Discovery(), prior: PriorResults(), options: options, now: .now)
        let journal = try RunJournal(plan, options: options, runID: "r", counts: RunCounts())
        let scheduler = Scheduler(
            PlannedJobs(), settings: .init(quarantine: QuarantinePolicy(digest: "d", version: "1")), now: 0)
        try journal.finish(scheduler, started: .now, seconds: 1, exitStatus: 0)
        let copy = try #require(RunDocumentReader(layout.summary(run: "r")).document?.plugins.first)
        #expect(copy.id == "people" && copy.fingerprint == plugin.fingerprint && copy.manifest == manifest.json)
    }

    @Test func `a tool that failed stands in the catalog, in the job's record and in the run's`() throws {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        try Files.makeDirectory(layout.run("r"), durable: false)
        let options = RunOptions(output: folder.path, version: "1", worker: RawPath("/bin/false"), now: .now)
        let plan = try Plan(Discovery(), prior: PriorResults(), options: options, now: .now)
        let journal = try RunJournal(plan, options: options, runID: "r", counts: RunCounts())
        let job = Planned.job("a.mp4")
        var outcome = JobOutcome(kind: .completed)
        (outcome.frames, outcome.verdict, outcome.sha256) = (20, .ok, "ab")
        outcome.toolFailures = [
            ToolFailure(tool: "people/people", kind: .crash, message: "killed by signal 11", frames: 12, log: "a line")
        ]
        try journal.publish(job, outcome, 1)
        try journal.record(EndedJob(job: job, attempt: 1, current: 20, status: .ok, seconds: 1, outcome: outcome))
        var failed = [FailedTool(id: "people/people", message: "killed by signal 11", frame: 12)]
        (failed[0].kind, failed[0].version) = (.crash, "1")
        #expect(journal.toolFailures == [VideoToolFailure(path: RawPath("a.mp4"), tool: failed[0])])
        #expect(try layout.catalogLines.latest().records[job.id]?.toolsFailed == failed)
        let scheduler = Scheduler(
            PlannedJobs(), settings: .init(quarantine: QuarantinePolicy(digest: "d", version: "1")), now: 0)
        try journal.finish(scheduler, started: .now, seconds: 1, exitStatus: 3)
        let record = try RunDocumentReader(layout.summary(run: "r"))
        #expect(record.document?.summary.toolsFailed == 1)
        #expect(try record.nextJob()?.toolsFailed == failed)
    }

    @Test func `an end that could not be written is written at the run's end, once`() throws {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        try Files.makeDirectory(layout.run("r"), durable: false)
        let options = RunOptions(output: folder.path, version: "1", worker: RawPath("/bin/false"), now: .now)
        let plan = try Plan(Discovery(), prior: PriorResults(), options: options, now: .now)
        let isBroken = Mutex(false)
        let path = layout.log(run: "r")
        // A disk that takes half a line and no more.
        let file = try LineFile(path) { bytes, file, path throws(SystemError) in
            let isBroken = isBroken.withLock { $0 }
            try Files.write(isBroken ? Array(bytes.prefix(bytes.count / 2)) : bytes, to: file, path: path)
            if isBroken { throw SystemError("write", path, code: EIO) }
        }
        let journal = try RunJournal(
            plan, options: options, runID: "r", counts: RunCounts(), log: ProgressLog(path, file))
        let job = Planned.job("a.mp4").id
        try journal.emit(.jobStarted(job: job, path: RawPath("a.mp4"), totalFrames: 2, size: 1))
        isBroken.withLock { $0 = true }
        let last = LogEvent.progress(job: job, Progress(currentFrame: 2, totalFrames: 2))
        #expect(throws: SystemError.self) { try journal.emit(last) }
        #expect(throws: SystemError.self) { try journal.emit(.completed(job: job)) }
        #expect(journal.state.running(job) != nil)
        isBroken.withLock { $0 = false }
        let scheduler = Scheduler(PlannedJobs(), settings: Scheduler.Settings(options), now: monotonicNanoseconds())
        try journal.finish(scheduler, started: .now, seconds: 1, exitStatus: 1)
        let lines = try Files.read(path).split(separator: 0x0a).map { try LogLine.parse(Array($0)) }
        #expect(lines.map(\.event.kind).suffix(3) == [.progress, .completed, .runFinished])
        #expect(lines.map(\.seq) == Array(1...lines.count))
    }
}
