package import Bytes
package import Jobs

/// An element of `jobs` in `run.json`: what a run made of a video that it processed.
package struct JobRecord: Equatable, Sendable {
    package var job: JobID
    package var path: RawPath
    /// Below the output folder; nil when there is none.
    package var result: RawPath?
    /// Whether there is no result.
    package var hasFailed: Bool
    package var verdict: VideoStatus?
    /// Why the verdict is not `ok`.
    package var reasons: [String]?
    package var frames: Int?
    /// Frames that the container declares.
    package var declared: Int?
    /// The last frame that its worker told of before it failed.
    package var frameReached: Int?
    /// Wall time and processor time of its worker.
    package var seconds: Double?
    package var processorSeconds: Double?
    /// Bytes of the video.
    package var size: Int64?
    package var fingerprint: String?
    /// Of the result's content.
    package var sha256: String?
    /// Bytes of the result as it lies there.
    package var resultSize: Int64?
    /// Bytes that a compressed result unpacks to; nil for another one.
    package var contentSize: Int64?
    /// Why it failed, in one line.
    package var message: String?
    /// The message without what is particular to this video.
    package var cause: String?
    /// How it failed.
    package var kind: String?
    package var tries: Int?
    package var events: Int?
    /// External tools that failed: the result is without them.
    package var toolsFailed: [FailedTool] = []
    /// Tools, versions and settings of its result, where they are not just those of the run.
    package var digest: String?
    /// The run whose result was in its place before; nil when there was none, or that is not known.
    package var previousRunID: String?
    /// What it was called in the run before, where its result was kept under a new name.
    package var movedFrom: RawPath?
    /// The last lines that its worker wrote.
    package var stderr: [String] = []
    package var facts = VideoFacts()
    /// Each tool's summary.
    package var summaries: JSON?

    /// The kind of failure of a video that was given up because the run was stopped.
    package static let stopped = "stopped"

    package init(job: JobID, path: RawPath, hasFailed: Bool) {
        self.job = job
        self.path = path
        self.hasFailed = hasFailed
    }

    /// Whether the run was stopped before it knew what this video is like.
    package var isStopped: Bool { kind == JobRecord.stopped }

    /// How the video stood at the end of the run.
    package var status: VideoStatus { isStopped ? .unfinished : hasFailed ? .failed : verdict ?? .ok }

    /// Why a person should look at the video, in one line; nil where there is no reason.
    package var issue: String? {
        if hasFailed { return message ?? VideoStatus.failed.rawValue }
        guard verdict == .damaged else { return nil }
        let claim = declared.map { " of \($0) declared" } ?? ""
        return "\(VideoStatus.damaged.rawValue): \(frames ?? 0)\(claim) frames decoded: \(Reason.text(reasons ?? []))"
    }

    package var json: JSON {
        let head = [JSON.Member("job_id", .string(job.text))] + path.members() + (result?.members("result") ?? [])
        let rest = JSON.members([
            "status": .string((hasFailed ? VideoStatus.failed : .ok).protocolWord),
            "verdict": verdict.map { .string($0.rawValue) },
            "reasons": reasons.map { .array($0.map { .string($0) }) }, "frames": frames.map { .int($0) },
            "declared": declared.map { .int($0) }, "frame_reached": frameReached.map { .int($0) },
            "seconds": seconds.map { .double($0) }, "cpu_seconds": processorSeconds.map { .double($0) },
            "size": size.map { .int($0) }, "fingerprint": fingerprint.map { .string($0) },
            "sha256": sha256.map { .string($0) }, "result_size": resultSize.map { .int($0) },
            "content_size": contentSize.map { .int($0) },
            "message": message.map { .string($0) }, "cause": cause.map { .string($0) },
            "kind": kind.map { .string($0) }, "tries": tries.map { .int($0) }, "events": events.map { .int($0) },
            "tools_failed": toolsFailed.json,
            "digest": digest.map { .string($0) },
            "previous_run_id": previousRunID.map { .string($0) },
            "stderr": stderr.isEmpty ? nil : .array(stderr.map { .string($0) }),
        ])
        let end = summaries.map { [JSON.Member("summaries", $0)] } ?? []
        let origin = movedFrom?.members("moved_from") ?? []
        return .object(head + (rest.members ?? []) + origin + facts.members + end)
    }

    /// Nil for what names no job and no path.
    package init?(_ json: JSON) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json) else {
            return nil
        }
        self.init(job: job, path: path, hasFailed: json["status"]?.string == VideoStatus.failed.rawValue)
        result = RawPath(json, key: "result")
        if json["path_bytes"] != nil, json["result_bytes"] == nil, let text = result {
            // A name that is no text stood there with escapes where the exact bytes are not told beside it.
            let plain = OutputLayout.result(for: path, job: job)
            if text.text == plain.display { result = plain }
        }
        verdict = json["verdict"]?.string.map { VideoStatus(verdict: $0) }
        reasons = json["reasons"]?.array?.compactMap(\.string)
        frames = json["frames"]?.int
        declared = json["declared"]?.int
        frameReached = json["frame_reached"]?.int
        seconds = json["seconds"]?.double
        processorSeconds = json["cpu_seconds"]?.double
        size = json["size"]?.int.map { Int64($0) }
        fingerprint = json["fingerprint"]?.string
        sha256 = json["sha256"]?.string
        resultSize = json["result_size"]?.int.map { Int64($0) }
        contentSize = json["content_size"]?.int.map { Int64($0) }
        message = json["message"]?.string
        cause = json["cause"]?.string
        kind = json["kind"]?.string
        tries = json["tries"]?.int
        events = json["events"]?.int
        toolsFailed = FailedTool.list(json["tools_failed"])
        digest = json["digest"]?.string
        previousRunID = json["previous_run_id"]?.string
        movedFrom = RawPath(json, key: "moved_from")
        stderr = json["stderr"]?.array?.compactMap(\.string) ?? []
        facts = VideoFacts(json)
        summaries = json["summaries"]
    }
}
