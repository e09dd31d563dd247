import Bytes
import FrameResults
import Jobs
import Store
import TestSupport

/// An output folder as a run leaves it, with the names that make pages break.
struct Fixture {
    static let run = "20261123T141259Z-7f3a"
    static let earlierRun = "20261122T141259Z-5b21"

    let layout: OutputLayout
    let clips: [Clip]

    /// One of each kind, most of them with a hostile name.
    static let standard: [Clip] = [
        Clip(path: RawPath("cam01/2026-11-23/front-door.mp4")),
        Clip(path: RawPath("cam02/yard.mkv"), status: .damaged, errors: 70, events: 64),
        Clip(
            path: RawPath("</script><img src=x onerror=alert(1)>.mp4"), status: .failed,
            message: "decode: no video frames: <b onclick=\"x()\">bold</b>"),
        Clip(path: RawPath("#?%.mp4"), status: .failed, message: "killed by signal 11", kind: .death),
        Clip(path: RawPath("new\nline.mp4")),
        Clip(path: RawPath("right\u{202e}4pm.mp4"), status: .warning),
        Clip(path: RawPath(bytes: Array("bad".utf8) + [0xff, 0xfe] + Array(" name.mp4".utf8))),
        Clip(path: RawPath("-rf.mp4")),
        Clip(path: RawPath("\"quoted\" 'both' &amp;.mp4")),
        Clip(path: RawPath("<\u{301}i\u{301}>\u{200b}.mp4")),
        Clip(path: RawPath("javascript:alert(1).mp4"), frames: 3),
        Clip(path: RawPath("cam03/gone.mp4"), isWritten: false),
        Clip(path: RawPath("cam03/" + String(repeating: "long-", count: 30) + "name.mp4")),
        Clip(path: RawPath("cam04/kept.webm"), isSkipped: true),
        Clip(
            path: RawPath("cam04/hangs.mov"), status: .quarantined,
            message: "no frame for 60 s; raise --stall if it only is slow", kind: .timeout, isSkipped: true),
    ]

    /// Writes the folder.
    init(_ root: RawPath, clips: [Clip] = Fixture.standard, framesWritten: Bool = true) throws {
        layout = OutputLayout(root: root)
        self.clips = clips
        var catalog = JSONWriter()
        var failures = JSONWriter()
        for clip in clips {
            if clip.hasResult {
                catalog.value(clip.catalogEntry.json)
                catalog.endLine()
                if clip.isWritten, framesWritten { try clip.writeResult(to: root.appending(clip.result)) }
            } else {
                failures.value(clip.failureEntry.json)
                failures.endLine()
            }
        }
        try AtomicFile.write(catalog.bytes, to: layout.catalog, durable: false)
        try AtomicFile.write(failures.bytes, to: layout.failures, durable: false)
        try AtomicFile.write(log, to: layout.log(run: Fixture.run), durable: false)
        try AtomicFile.write(record, to: layout.summary(run: Fixture.run), durable: false)
        try AtomicFile.write(
            JSONWriter.encode(summary.json) + [0x0a], to: layout.history, durable: false)
    }

    private var processed: [Clip] { clips.filter { !$0.isSkipped } }

    private static let started = UTCTime(milliseconds: 1_795_443_179_000)

    private var summary: RunSummary {
        var summary = RunSummary(id: Fixture.run)
        summary.version = "0.1.0"
        summary.started = Fixture.started.text
        summary.finished = UTCTime(milliseconds: Fixture.started.milliseconds + 41_200).text
        summary.seconds = 41.2
        summary.exitStatus = 3
        summary.tally = counts
        summary.frames = processed.reduce(0) { $0 + ($1.hasResult ? $1.frames : 0) }
        summary.processorSeconds = 63.4
        summary.settingsDigest = Clip.digest
        summary.scope = "5d1c9e2f7a10b384"
        summary.hasRecord = true
        return summary
    }

    private var counts: RunCounts {
        let ours = processed
        var counts = RunCounts()
        counts.found = clips.count
        counts.completed = ours.count(where: \.hasResult)
        counts.ok = ours.count { $0.status == .ok }
        counts.warning = ours.count { $0.status == .warning }
        counts.damaged = ours.count { $0.status == .damaged }
        counts.failed = ours.count { !$0.hasResult }
        counts.skipped = clips.count { $0.isSkipped && $0.hasResult }
        counts.quarantined = clips.count { $0.status == .quarantined }
        return counts
    }

    /// `run.json`: a line for all but the jobs, then a line for each of them.
    private var record: [UInt8] {
        let skipped = [("up_to_date", true), ("quarantined", false)].compactMap { kind, hasResult -> JSON? in
            let jobs = clips.filter { $0.isSkipped && $0.hasResult == hasResult }.map { JSON.string($0.job.text) }
            guard !jobs.isEmpty else { return nil }
            return .members([
                "run_id": .string(Fixture.earlierRun), "kind": .string(kind), "jobs": .array(jobs),
            ])
        }
        let rest = JSON.members([
            "input": .array(["videos/night shift"]),
            "command": .array(["forgebatch", "run", "videos/night shift", "-o", "out", "--force", "--jobs", "2"]),
            "workers": 2, "libraries": .members(["libavformat": "59.27.100", "libavcodec": "59.37.100"]),
            "settings": .members([
                "tools": .array(["luma", "scene", "black", "freeze"]), "scene.threshold": 10,
                "freeze.noise": .double(0.001), "timeout": "auto", "retries": 1,
            ]),
            "tools": .array(["luma", "scene", "black", "freeze"].map { .members(["id": $0, "version": "1.0.0"]) }),
            "roots": .array([]), "skipped": skipped.isEmpty ? nil : .array(skipped),
        ])
        let head = JSON.object((summary.json.members ?? []) + (rest.members ?? []))
        let jobs = processed.map { JSONWriter.encode($0.jobRecord.json) }.joined(separator: Array(",\n".utf8))
        return JSONWriter.encode(head).dropLast() + Array(",\"jobs\":[\n".utf8) + jobs + Array("\n]}\n".utf8)
    }

    /// One worker does one video a second.
    private var log: [UInt8] {
        var bytes: [UInt8] = []
        var number = 0
        func add(_ event: LogEvent, after seconds: Int) {
            number += 1
            let time = UTCTime(milliseconds: Fixture.started.milliseconds + Int64(seconds) * 1000)
            bytes += event.encode(time: time, seq: number) + [0x0a]
        }
        add(.runStarted(runID: Fixture.run, version: "0.1.0", jobs: clips.count, settings: Clip.digest), after: 0)
        for (index, clip) in processed.enumerated() {
            add(.jobStarted(job: clip.job, path: clip.path, totalFrames: clip.frames, size: clip.size), after: index)
            add(
                clip.hasResult ? .completed(job: clip.job) : .error(job: clip.job, message: clip.message ?? "failed"),
                after: index + 1)
        }
        add(.runFinished(counts: counts.json, exitStatus: 3), after: processed.count)
        return bytes
    }
}
