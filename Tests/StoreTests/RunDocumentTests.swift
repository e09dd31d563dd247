import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("A run's record") struct RunDocumentTests {
    private static let a = JobID(video: RawPath("a.mp4"))

    private func full() -> RunDocument {
        var run = RunSummary(id: "r2")
        (run.version, run.started, run.finished) = ("1.0.0", "then", "now")
        (run.seconds, run.exitStatus, run.frames, run.processorSeconds) = (1.5, 3, 7, 2.25)
        (run.isInterrupted, run.stopped, run.settingsDigest, run.scope, run.baseline) = (true, "SIGINT", "d", "s", "r1")
        run.tally.countProcessed(.damaged)
        var document = RunDocument(run)
        (document.input, document.command, document.workers) = (["in"], ["forgebatch", "run"], 2)
        var invocation = Invocation()
        (invocation.folder, invocation.output) = (RawPath("/work"), RawPath(bytes: Array("/out".utf8) + [0xff]))
        invocation.options = [.init("jobs", RawPath("2"), source: "FORGEBATCH_JOBS"), .init("force")]
        invocation.inputs = [RawPath("in")]
        document.invocation = invocation
        document.libraries = [.init(name: "libavcodec", version: "59.37.100")]
        document.settings = ["retries": 1]
        document.toolDescriptions = [["id": "luma", "version": "1.0.0"]]
        document.plugins = [PluginCopy(manifest: ["id": "people"], fingerprint: "p1:0123456789abcdef")].compactMap {
            $0
        }
        document.notes = ["a note"]
        document.roots = [InputRoot(prefix: RawPath(""), path: RawPath("/in"))]
        document.skip([
            (job: Self.a, status: .skipped, runID: "r1"), (job: Self.a, status: .failed, runID: ""),
            (job: Self.a, status: .damaged, runID: "r1"),
        ])
        document.notStarted = [.init(job: Self.a, path: RawPath("a.mp4"))]
        (document.tooYoung, document.unread) = ([RawPath("young")], [RawPath(bytes: [0xff])])
        document.unsupported = [.init(path: RawPath("b.mng"), format: "MNG animation")]
        document.isLimited = true
        return document
    }

    @Test func `what is written is read back`() throws {
        let document = full()
        #expect(RunDocument(document.json) == document)
        #expect(RunDocument(RunDocument(RunSummary(id: "r")).json) == RunDocument(RunSummary(id: "r")))
        #expect(RunDocument(["version": "1"]) == nil)
    }

    @Test func `the members have the names and the order that other programs know`() {
        let id = Self.a.text
        #expect(
            JSONWriter.text(full().json) == """
                {"schema":"forgebatch/run/1","run_id":"r2","version":"1.0.0","started":"then","finished":"now",\
                "seconds":1.5,"exit_status":3,"interrupted":true,"stopped":"SIGINT",\
                "counts":{"found":0,"completed":1,"ok":0,"warning":0,"damaged":1,"failed":0,"skipped":0,\
                "skipped_failed":0,"skipped_damaged":0,"quarantined":0,"not_started":0,"unreadable":0},\
                "frames":7,"cpu_seconds":2.25,"settings_digest":"d","scope":"s","baseline":"r1",\
                "input":["in"],"command":["forgebatch","run"],\
                "invocation":{"folder":"/work","output":"/out\\\\xff","output_bytes":"L291dP8=",\
                "options":[{"name":"jobs","value":"2","from":"FORGEBATCH_JOBS"},{"name":"force"}],\
                "inputs":[{"path":"in"}]},"workers":2,"libraries":{"libavcodec":"59.37.100"},\
                "settings":{"retries":1},"tools":[{"id":"luma","version":"1.0.0"}],\
                "plugins":[{"schema":"forgebatch/plugin/1","id":"people","fingerprint":"p1:0123456789abcdef",\
                "manifest":{"id":"people"}}],"notes":["a note"],\
                "roots":[{"path":"/in","prefix":""}],\
                "skipped":[{"kind":"failed","jobs":["\(id)"]},{"run_id":"r1","kind":"damaged","jobs":["\(id)"]},\
                {"run_id":"r1","kind":"up_to_date","jobs":["\(id)"]}],\
                "not_started":[{"job_id":"\(id)","path":"a.mp4"}],"too_young":[{"path":"young"}],\
                "unread":[{"path":"\\\\xff","path_bytes":"/w=="}],\
                "not_supported":[{"path":"b.mng","format":"MNG animation"}],"limited":true}
                """)
    }

    @Test func `a reason that a later version has counts as up to date`() throws {
        let json = try JSONReader.parse(Array(#"{"run_id":"r","skipped":[{"kind":"bored","jobs":[]},{}]}"#.utf8))
        #expect(RunDocument(json)?.skipped.map(\.status) == [.skipped, .skipped])
    }

    @Test(arguments: [0, 1, 3]) func `a record is written a job a line, and read back`(count: Int) throws {
        let made = try MadeOutputFolder()
        let jobs = (0..<count).map { $0 == 1 ? JobRecord.failed("b\($0)") : .done("a\($0)", .warning) }
        try made.write(full(), jobs)
        let path = made.layout.summary(run: "r2")
        let text = try Files.read(path)
        #expect(text.count { $0 == 0x0a } == count + 2)
        #expect(try JSONReader.parse(text)["jobs"]?.array?.count == count)
        let reader = try RunDocumentReader(path)
        var read: [JobRecord] = []
        while let job = try reader.nextJob() { read.append(job) }
        #expect(reader.document == full() && read == jobs)
    }

    @Test func `a record that is not finished is not there`() throws {
        let made = try MadeOutputFolder()
        let path = made.layout.summary(run: "r2")
        do {
            var writer = try RunDocumentWriter(path, full())
            try writer.append(RunDocumentWriter.EncodedJob(.done("a")))
        }
        #expect(!Files.exists(path))
    }

    @Test func `the lock's line names the run that holds it, and no other`() {
        let record = LockRecord(runID: "r1", process: 12, since: UTCTime(milliseconds: 0))
        #expect(record.line == Array("run r1, process 12, since 1970-01-01T00:00:00.000Z\n".utf8))
        #expect(LockRecord.names("r1", in: record.line))
        #expect(!LockRecord.names("r", in: record.line) && !LockRecord.names("r1", in: []))
    }
}
