package import Bytes
package import Jobs

/// A line of `catalog.ndjson`: a result that was published. The last line of a job counts.
package struct CatalogEntry: JobLine, Equatable {
    package var job: JobID
    package var path: RawPath
    /// Below the output folder.
    package var result: RawPath
    /// Bytes of the video.
    package var size: Int64
    /// Nanoseconds since 1970 and the inode; nil in a line that was rebuilt from a result.
    package var modified: Int64?
    package var inode: UInt64?
    package var fingerprint: String?
    package var digest: String
    /// A word of a later version reads as ``VideoStatus/ok``.
    package var verdict: VideoStatus
    package var frames: Int
    /// Of the result's content, which is the same whether it is compressed or not.
    package var sha256: String
    /// Bytes of the result as it lies there; nil in lines of versions before.
    package var resultSize: Int64?
    /// Bytes that a compressed result unpacks to; nil for another one.
    package var contentSize: Int64?
    /// The run that published it; empty when that is not known.
    package var runID: String
    /// See ``JobLine/firstRunID``.
    package var firstRunID: String?
    package var facts: VideoFacts
    /// Events of all tools.
    package var events: Int?
    /// Wall time and processor time of its worker.
    package var seconds: Double?
    package var processorSeconds: Double?

    package init(
        job: JobID, path: RawPath, result: RawPath, size: Int64, modified: Int64?, inode: UInt64?,
        fingerprint: String?, digest: String, verdict: VideoStatus, frames: Int, sha256: String,
        resultSize: Int64? = nil,
        runID: String, facts: VideoFacts, events: Int? = nil, seconds: Double? = nil, processorSeconds: Double? = nil
    ) {
        self.job = job
        self.path = path
        self.result = result
        self.size = size
        self.modified = modified
        self.inode = inode
        self.fingerprint = fingerprint
        self.digest = digest
        self.verdict = verdict
        self.frames = frames
        self.sha256 = sha256
        self.resultSize = resultSize
        self.runID = runID
        self.facts = facts
        self.events = events
        self.seconds = seconds
        self.processorSeconds = processorSeconds
    }

    package var isLive: Bool { true }

    package var json: JSON {
        let head = [JSON.Member("job_id", .string(job.text))] + path.members() + result.members("result")
        let own = JSON.members([
            "size": .int(size), "mtime": modified.map { .int($0) }, "inode": inode.map { .string(String($0)) },
            "fingerprint": fingerprint.map { .string($0) }, "digest": .string(digest),
            "verdict": .string(verdict.rawValue),
            "frames": .int(frames), "sha256": .string(sha256), "result_size": resultSize.map { .int($0) },
            "content_size": contentSize.map { .int($0) },
            "run_id": .string(runID), "first_run_id": firstRunID.map { .string($0) },
        ])
        let rest = JSON.members([
            "events": events.map { .int($0) }, "seconds": seconds.map { .double($0) },
            "cpu_seconds": processorSeconds.map { .double($0) },
        ])
        return .object(head + (own.members ?? []) + facts.members + (rest.members ?? []))
    }

    package init?(_ json: JSON) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json),
            let result = RawPath(json, key: "result"), let size = json["size"]?.int,
            let digest = json["digest"]?.string,
            let verdict = json["verdict"]?.string.map({ VideoStatus(verdict: $0) }),
            let frames = json["frames"]?.int, let sha256 = json["sha256"]?.string
        else { return nil }
        self.init(
            job: job, path: path, result: result, size: Int64(size), modified: json["mtime"]?.int.map { Int64($0) },
            inode: json["inode"]?.string.flatMap { UInt64($0) }, fingerprint: json["fingerprint"]?.string,
            digest: digest, verdict: verdict, frames: frames, sha256: sha256,
            resultSize: json["result_size"]?.int.map { Int64($0) }, runID: json["run_id"]?.string ?? "",
            facts: VideoFacts(json), events: json["events"]?.int, seconds: json["seconds"]?.double,
            processorSeconds: json["cpu_seconds"]?.double)
        firstRunID = json["first_run_id"]?.string
        contentSize = json["content_size"]?.int.map { Int64($0) }
    }
}
