import Bytes
import FrameResults
import Jobs
import Store
import TestSupport

/// A video of a ``Fixture`` and what records say of it.
struct Clip {
    var path: RawPath
    var status = VideoStatus.ok
    var frames = 450
    /// Why it failed.
    var message: String?
    var kind = FailureEntry.Kind.content
    /// Decode errors that the result lists.
    var errors = 0
    var events = 4
    /// Whether its result is there.
    var isWritten = true
    /// Whether it was left to an earlier run.
    var isSkipped = false
    /// What the result says of the pictures; nil for 1920x1080.
    var video: JSON?
    /// The box of an object that every frame has.
    var box: [Int] = []

    static let digest = "1b1a42a032905e44"

    var job: JobID { JobID(video: path) }
    var result: RawPath { OutputLayout.result(for: path, job: job) }
    var hasResult: Bool { !status.isFailure }
    var size: Int64 { Int64(frames) * 7411 }
    var runID: String { isSkipped ? Fixture.earlierRun : Fixture.run }

    /// Of no file; 64 hexadecimal digits as hashes have.
    private static let hash = String(repeating: "0123456789abcdef", count: 4)

    private var facts: VideoFacts {
        VideoFacts(
            codec: "h264", width: 1920, height: 1080, duration: Double(frames) / 25,
            detections: box.isEmpty ? 0 : frames, classes: box.isEmpty ? [] : ["motion"])
    }

    var catalogEntry: CatalogEntry {
        CatalogEntry(
            job: job, path: path, result: result, size: size, modified: 1_795_440_000_000_000_000, inode: 4711,
            fingerprint: Clip.hash, digest: Clip.digest, verdict: status, frames: frames, sha256: Clip.hash,
            runID: runID, facts: facts, events: events, seconds: Double(frames) / 320,
            processorSeconds: Double(frames) / 400)
    }

    var failureEntry: FailureEntry {
        FailureEntry(
            job: job, path: path, kind: kind, message: message ?? "failed", size: 48213,
            modified: 1_795_440_000_000_000_000, inode: 4711, digest: Clip.digest, version: "0.1.0",
            time: 1_795_443_200_000, runs: status == .quarantined ? 3 : 1, isQuarantined: status == .quarantined,
            runID: runID)
    }

    var jobRecord: JobRecord {
        var record = JobRecord(job: job, path: path, hasFailed: !hasResult)
        if hasResult {
            record.result = result
            record.verdict = status
            record.reasons = decoding.reasons.map(\.rawValue)
            record.frames = frames
            record.declared = decoding.declaredFrames
            record.seconds = Double(frames) / 320
            record.processorSeconds = Double(frames) / 400
            record.size = size
            record.fingerprint = Clip.hash
            record.sha256 = Clip.hash
            record.events = events
            record.facts = facts
        } else {
            record.declared = 450
            record.frameReached = 120
            record.seconds = 3.25
            record.processorSeconds = 2.5
            record.size = 48213
            record.message = message ?? "failed"
            record.cause = Cause.of(message ?? "failed")
            record.kind = kind.rawValue
            record.tries = 2
            record.stderr = [
                "[h264] error while decoding MB 5 <14>", "signal: SIGSEGV at 0x7f\u{1b}[31m, \"frame\" 120",
            ]
        }
        return record
    }
}

extension Clip {
    /// What the decoder found; the verdict follows from it.
    private var decoding: DecodeReport {
        var report = DecodeReport()
        report.demuxedPackets = frames
        report.decodedFrames = frames
        report.declaredFrames = status == .damaged ? frames + 52 : frames
        report.declaredDuration = Double(frames) / 25 + (status == .damaged ? 2.08 : 0)
        report.coveredDuration = Double(frames) / 25
        report.gaps = status == .warning ? 2 : 0
        report.errorCount = errors * 2
        report.errors = (0..<errors).map { index in
            DecodeReport.Fault(
                frame: 200 + index * index % 97,
                text: "[h264] error while decoding MB \(index % 120) 14, bytestream -5 <frames>")
        }
        if errors > 0 {
            report.noteCount = 30
            report.notes = (0..<20).map { DecodeReport.Fault(frame: $0, text: "h264: SEI type <5> truncated") }
        }
        precondition(report.verdict.rawValue == status.rawValue, "the clip's status is what its decoding comes to")
        return report
    }

    /// Writes the result as a worker does.
    func writeResult(to path: RawPath) throws {
        var writer = try ResultWriter(path: path)
        for index in 0..<frames { try writer.append(frame(index)) }
        let pictures = video?.members ?? [JSON.Member("width", 1920), JSON.Member("height", 1080)]
        let rest = JSON.members([
            "codec": "h264", "pixel_format": "yuv420p", "frame_rate": .members(["r": "25/1", "avg": "25/1"]),
            "duration": .double(Double(frames) / 25),
        ])
        _ = try writer.finish(
            ResultHead(
                jobID: job.text, source: .init(path: self.path, size: size, fingerprint: Clip.hash),
                video: .object(pictures + (rest.members ?? [])), decode: decoding,
                tools: ["luma", "scene", "black", "freeze"].map { .members(["id": $0, "version": "1.0.0"]) },
                // Nothing but the member of the document itself begins the frames.
                summary: .members(["luma": .members(["text": ",\"frames\":[", "frames": .array([1, 2])])]),
                events: (0..<events).map { event($0).json }))
    }

    /// The bytes of the result.
    func resultBytes() throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("result.json")
        try writeResult(to: path)
        return try Files.read(path)
    }

    private func event(_ index: Int) -> EventRecord {
        let start = frames * (index + 1) / (events + 2)
        let type = ["scene", "black", "freeze", "scene"][index % 4]
        let end = type == "scene" ? start : min(frames - 1, start + frames / 9)
        return EventRecord(
            tool: type, type: type, startFrame: start, endFrame: end, start: Double(start) / 25, end: Double(end) / 25,
            isOpenAtEnd: false, values: [])
    }

    /// A slow wave with some noise on it, in integers.
    private func frame(_ index: Int) -> FrameRecord {
        let phase = index % 180
        let wave = phase < 90 ? phase : 180 - phase
        let noise = (index &* 7919 % 31)
        let isDark = index > frames * 2 / 6 && index < frames * 2 / 6 + frames / 9
        let isStill = index > frames * 3 / 6 && index < frames * 3 / 6 + frames / 9
        var measures = [
            ToolMeasures(
                tool: "luma",
                values: [
                    ("min", isDark ? 16 : Double(16 + noise / 3)), ("avg", isDark ? 17.2 : Double(60 + wave + noise)),
                    ("max", isDark ? 22 : Double(190 + noise)),
                ])
        ]
        if index > 0 {
            let score = index % 100 == 75 ? 31.5 : Double(noise) / 12
            measures.append(ToolMeasures(tool: "scene", values: [("score", score)]))
        }
        measures.append(ToolMeasures(tool: "black", values: [("ratio", isDark ? 0.995 : Double(noise) / 400)]))
        if isStill {
            measures.append(
                ToolMeasures(tool: "freeze", values: [("since", Double(frames / 2)), ("difference", 0.0004)]))
        }
        let object = TrackedObject(track: 1, classID: 0, className: "motion", corners: box.map { Double($0) })
        return FrameRecord(
            time: Double(index) / 25, measures: measures, detections: box.isEmpty ? nil : [object])
    }
}
