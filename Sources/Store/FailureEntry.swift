package import Bytes
package import Jobs

/// A line of `failures.ndjson`: what is remembered of a video that failed. The last line of a job counts.
package struct FailureEntry: JobLine, Equatable {
    package enum Kind: String, CaseIterable, Sendable {
        /// For what is in it: not redone until it changes.
        case content
        /// Its worker died.
        case death
        case timeout
        case memory

        package var words: VerdictWords {
            switch self {
            case .content:
                VerdictWords(
                    "The file cannot be opened or decoded. That will not change by itself, so it is tried again when the file has changed.",
                    "Repair or replace the file; --exclude it if it is no video.")
            case .death:
                VerdictWords(
                    "The process that decodes it crashed, each time it was tried.",
                    "Nothing at first: the next run tries it again, and after two such runs it is quarantined. A file that always crashes is worth a bug report."
                )
            case .timeout:
                VerdictWords(
                    "No frame came for --stall (60 s), or the video was not done within --timeout.",
                    "Raise --stall or --timeout if disk and machine only are slow; else treat the file as broken.")
            case .memory:
                VerdictWords("It needs more memory than a worker may take.", "Raise --memory-limit, or lower --jobs.")
            }
        }
    }

    package var job: JobID
    package var path: RawPath
    package var kind: Kind
    package var message: String
    package var size: Int64
    package var modified: Int64
    package var inode: UInt64
    package var digest: String
    package var version: String
    /// Milliseconds since 1970.
    package var time: Int64
    /// In how many runs in a row all tries ended so.
    package var runs: Int
    /// Not tried any more until something changes.
    package var isQuarantined: Bool
    /// The run that failed on it last; empty in lines of versions that did not tell.
    package var runID: String
    /// See ``JobLine/firstRunID``.
    package var firstRunID: String?
    /// For one that ran out of memory: the bytes that it was allowed; nil for others and in lines of versions before.
    package var memoryLimit: Int64?
    package var absence: Absence?
    /// Forget it: the video was completed since.
    package var isCleared = false

    package init(
        job: JobID, path: RawPath, kind: Kind, message: String, size: Int64, modified: Int64, inode: UInt64,
        digest: String, version: String, time: Int64, runs: Int, isQuarantined: Bool, runID: String = ""
    ) {
        self.job = job
        self.path = path
        self.kind = kind
        self.message = message
        self.size = size
        self.modified = modified
        self.inode = inode
        self.digest = digest
        self.version = version
        self.time = time
        self.runs = runs
        self.isQuarantined = isQuarantined
        self.runID = runID
    }

    package var isLive: Bool { !isCleared }

    package var json: JSON {
        let members = [JSON.Member("job_id", .string(job.text))] + path.members()
        let first = firstRunID.map { [JSON.Member("first_run_id", .string($0))] } ?? []
        if isCleared { return .object(members + [JSON.Member("cleared", true)] + first) }
        let rest = JSON.members([
            "kind": .string(kind.rawValue), "message": .string(message), "cause": .string(Cause.of(message)),
            "size": .int(size), "mtime": .int(modified), "inode": .string(String(inode)), "digest": .string(digest),
            "version": .string(version), "time": .string(UTCTime(milliseconds: time).text),
            "time_ms": .int(time), "runs": .int(runs), "quarantined": .bool(isQuarantined),
            "run_id": runID.isEmpty ? nil : .string(runID), "memory_limit": memoryLimit.map { .int($0) },
        ])
        let gone = absence.map { [JSON.Member("gone", $0.json)] } ?? []
        return .object(members + (rest.members ?? []) + first + gone)
    }

    package init?(_ json: JSON) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json)
        else { return nil }
        let cleared = json["cleared"]?.bool == true
        let kind = json["kind"]?.string.flatMap { Kind(rawValue: $0) }
        guard cleared || kind != nil else { return nil }
        self.init(
            job: job, path: path, kind: kind ?? .content, message: json["message"]?.string ?? "",
            size: Int64(json["size"]?.int ?? 0), modified: Int64(json["mtime"]?.int ?? 0),
            inode: json["inode"]?.string.flatMap { UInt64($0) } ?? 0, digest: json["digest"]?.string ?? "",
            version: json["version"]?.string ?? "", time: Int64(json["time_ms"]?.int ?? 0),
            runs: json["runs"]?.int ?? 1, isQuarantined: json["quarantined"]?.bool == true,
            runID: json["run_id"]?.string ?? "")
        memoryLimit = json["memory_limit"]?.int.map { Int64($0) }
        firstRunID = json["first_run_id"]?.string
        isCleared = cleared
        absence = json["gone"].flatMap { Absence($0) }
    }
}
