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
    /// External tools that failed: the result is without them.
    package var toolsFailed: [FailedTool] = []
    /// The run whose result was in its place before; nil when it is the first, or that is not known.
    package var previousRunID: String?
    package var absence: Absence?
    /// SHA-256 of the whole video, where a run with `--fingerprint hash` read it.
    package var content: String?
    /// Forget it: its video was moved, or its result removed by the run or the command that ``runID`` names. Only job,
    /// path and result are told then.
    package var isCleared = false
    /// For one that moved: its job since.
    package var movedTo: JobID?

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

    package var isLive: Bool { !isCleared }

    /// The line that takes this one back.
    ///
    /// - Parameter run: since when.
    package func cleared(by run: String, movedTo job: JobID? = nil) -> CatalogEntry {
        var entry = self
        (entry.isCleared, entry.runID, entry.movedTo) = (true, run, job)
        entry.previousRunID = runID.isEmpty ? nil : runID
        entry.firstRunID = firstRunID ?? (runID.isEmpty ? nil : runID)
        return entry
    }

    package var json: JSON {
        let head = [JSON.Member("job_id", .string(job.text))] + path.members() + result.members("result")
        if isCleared {
            let rest = JSON.members([
                "cleared": true, "moved_to": movedTo.map { .string($0.text) }, "run_id": .string(runID),
                "first_run_id": firstRunID.map { .string($0) },
                "previous_run_id": previousRunID.map { .string($0) }, "gone": absence?.json,
            ])
            return .object(head + (rest.members ?? []))
        }
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
            "cpu_seconds": processorSeconds.map { .double($0) }, "tools_failed": toolsFailed.json,
        ])
        let since = JSON.members([
            "content_sha256": content.map { .string($0) }, "previous_run_id": previousRunID.map { .string($0) },
            "gone": absence?.json,
        ])
        return .object(
            head + (own.members ?? []) + facts.members + (rest.members ?? []) + (since.members ?? []))
    }

    package init?(_ json: JSON) {
        if json["cleared"]?.bool == true {
            self.init(cleared: json)
            return
        }
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
        previousRunID = json["previous_run_id"]?.string
        content = json["content_sha256"]?.string
        toolsFailed = FailedTool.list(json["tools_failed"])
        absence = json["gone"].flatMap { Absence($0) }
    }

    private init?(cleared json: JSON) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json),
            let result = RawPath(json, key: "result")
        else { return nil }
        self.init(
            job: job, path: path, result: result, size: 0, modified: nil, inode: nil, fingerprint: nil, digest: "",
            verdict: .ok, frames: 0, sha256: "", runID: json["run_id"]?.string ?? "", facts: VideoFacts())
        isCleared = true
        movedTo = json["moved_to"]?.string.flatMap { JobID(text: $0) }
        firstRunID = json["first_run_id"]?.string
        previousRunID = json["previous_run_id"]?.string
        absence = json["gone"].flatMap { Absence($0) }
    }
}
