package import Bytes
package import Jobs
package import Store

/// How a video stood in a run: processed by it, or left alone because of what an earlier run made of it.
package struct RunVideo: Equatable, Sendable {
    package var job: JobID
    package var path: RawPath
    package var status: VideoStatus
    /// Why it failed, in one line.
    package var message: String?
    /// The message without what is particular to this video.
    package var cause: String?
    /// Why the verdict is not `ok`.
    package var reasons: [String] = []
    package var frames: Int?
    package var declared: Int?
    /// Wall time and processor time of its worker.
    package var seconds: Double?
    package var processorSeconds: Double?
    /// Bytes.
    package var size: Int64?
    package var fingerprint: String?
    /// Tools, versions and settings that its result was made with.
    package var settingsDigest: String?
    /// Of the result.
    package var sha256: String?
    package var events: Int?
    /// External tools that failed: the result is without them.
    package var toolsFailed: [FailedTool] = []
    /// The last lines that the worker of a failed video wrote.
    package var log: [String] = []
    /// The run that processed it; empty when that is not known.
    package var runID: String

    init(job: JobID, path: RawPath, status: VideoStatus, runID: String) {
        self.job = job
        self.path = path
        self.status = status
        self.runID = runID
    }

    /// An element of `jobs` in a run's record.
    init(_ record: JobRecord, run: RunSummary) {
        self.init(job: record.job, path: record.path, status: record.status, runID: run.id)
        message = record.message
        cause = record.cause
        log = record.stderr
        reasons = record.reasons ?? []
        frames = record.frames
        declared = record.declared
        seconds = record.seconds
        processorSeconds = record.processorSeconds
        size = record.size
        fingerprint = record.fingerprint
        settingsDigest = record.digest ?? run.settingsDigest
        sha256 = record.sha256
        events = record.events
        toolsFailed = record.toolsFailed
    }

    /// No more than a line of the catalog or the failure memory would tell of the same: what is known of a video that a
    /// later run skipped.
    func asRemembered(isQuarantined: Bool) -> RunVideo {
        var video = RunVideo(job: job, path: path, status: isQuarantined ? .quarantined : status, runID: runID)
        (video.size, video.settingsDigest) = (size, settingsDigest)
        if status.isFailure {
            (video.message, video.cause) = (message, cause)
        } else {
            (video.frames, video.seconds, video.processorSeconds) = (frames, seconds, processorSeconds)
            (video.fingerprint, video.sha256, video.events) = (fingerprint, sha256, events)
            video.toolsFailed = toolsFailed
        }
        return video
    }

    init(_ entry: CatalogEntry) {
        self.init(job: entry.job, path: entry.path, status: entry.verdict, runID: entry.runID)
        frames = entry.frames
        seconds = entry.seconds
        processorSeconds = entry.processorSeconds
        size = entry.size
        fingerprint = entry.fingerprint
        settingsDigest = entry.digest
        sha256 = entry.sha256
        events = entry.events
        toolsFailed = entry.toolsFailed
    }

    init(_ entry: FailureEntry) {
        self.init(
            job: entry.job, path: entry.path, status: entry.isQuarantined ? .quarantined : .failed, runID: entry.runID)
        message = entry.message
        cause = Cause.of(entry.message)
        size = entry.size
        settingsDigest = entry.digest
    }

    /// Processor seconds that a frame took, where that is known.
    package var processorSecondsPerFrame: Double? {
        guard let processorSeconds, let frames, frames > 0 else { return nil }
        return processorSeconds / Double(frames)
    }

    /// Whether the file is the same as that of another run, as far as one can tell.
    func hasSameContent(as other: RunVideo) -> Bool {
        if let fingerprint, let theirs = other.fingerprint { return fingerprint == theirs }
        if let size, let theirs = other.size { return size == theirs }
        return true
    }

    /// As `diff --json` shows it.
    var json: JSON {
        .members([
            "status": .string(status.rawValue), "run_id": runID.isEmpty ? nil : .string(runID),
            "message": message.map { .string(Escape.visible($0)) },
            "reasons": reasons.isEmpty ? nil : .array(reasons.map { .string($0) }), "frames": frames.map { .int($0) },
            "declared": declared.map { .int($0) }, "events": events.map { .int($0) },
            "seconds": seconds.map { .double($0) }, "cpu_seconds": processorSeconds.map { .double($0) },
            "size": size.map { .int($0) }, "fingerprint": fingerprint.map { .string($0) },
            "settings_digest": settingsDigest.map { .string($0) }, "sha256": sha256.map { .string($0) },
            "tools_failed": toolsFailed.json,
        ])
    }
}
