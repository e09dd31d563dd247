package import Bytes

/// A line of `catalog.ndjson`: a result that was published. The last line of a job counts.
package struct CatalogEntry: Equatable, Sendable {
    package var job: JobID
    package var path: RawPath
    /// Below the output folder.
    package var result: RawPath
    package var size: Int64
    /// Nanoseconds since 1970 and the inode; nil in a line that was rebuilt from a result.
    package var modified: Int64?
    package var inode: UInt64?
    package var fingerprint: String?
    package var digest: String
    package var verdict: String
    package var frames: Int
    package var sha256: String
    package var runID: String
    /// Codec, width, height, duration, events.
    package var facts: JSON

    package init(
        job: JobID, path: RawPath, result: RawPath, size: Int64, modified: Int64?, inode: UInt64?,
        fingerprint: String?, digest: String, verdict: String, frames: Int, sha256: String, runID: String, facts: JSON
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
        self.runID = runID
        self.facts = facts
    }

    package var json: JSON {
        var members = [JSON.Member("job_id", .string(job.text))] + path.members() + result.members("result")
        let rest = JSON.members([
            "size": .int(size), "mtime": modified.map { .int($0) }, "inode": inode.map { .string(String($0)) },
            "fingerprint": fingerprint.map { .string($0) }, "digest": .string(digest), "verdict": .string(verdict),
            "frames": .int(frames), "sha256": .string(sha256), "run_id": .string(runID),
        ])
        members += rest.members ?? []
        members += facts.members ?? []
        return .object(members)
    }

    private static let ownKeys: Set<String> = [
        "job_id", "path", "path_bytes", "result", "result_bytes", "size", "mtime", "inode", "fingerprint", "digest",
        "verdict", "frames", "sha256", "run_id",
    ]

    package init?(_ json: JSON) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json),
            let result = RawPath(json, key: "result"), let size = json["size"]?.int,
            let digest = json["digest"]?.string, let verdict = json["verdict"]?.string,
            let frames = json["frames"]?.int, let sha256 = json["sha256"]?.string
        else { return nil }
        self.init(
            job: job, path: path, result: result, size: Int64(size), modified: json["mtime"]?.int.map { Int64($0) },
            inode: json["inode"]?.string.flatMap { UInt64($0) }, fingerprint: json["fingerprint"]?.string,
            digest: digest, verdict: verdict, frames: frames, sha256: sha256, runID: json["run_id"]?.string ?? "",
            facts: .object((json.members ?? []).filter { !CatalogEntry.ownKeys.contains($0.key) }))
    }
}

/// A line of `failures.ndjson`: what is remembered of a video that failed. The last line of a job counts.
package struct FailureEntry: Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// For what is in it: not redone until it changes.
        case content
        /// Its worker died.
        case death
        case timeout
        case memory
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
    /// For one that ran out of memory: the bytes that it was allowed; nil for others and in lines of versions before.
    package var memoryLimit: Int64?
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

    package var json: JSON {
        let members = [JSON.Member("job_id", .string(job.text))] + path.members()
        if isCleared { return .object(members + [JSON.Member("cleared", true)]) }
        let rest = JSON.members([
            "kind": .string(kind.rawValue), "message": .string(message), "cause": .string(Cause.of(message)),
            "size": .int(size), "mtime": .int(modified), "inode": .string(String(inode)), "digest": .string(digest),
            "version": .string(version), "time": .string(UTCTime(milliseconds: time).text),
            "time_ms": .int(time), "runs": .int(runs), "quarantined": .bool(isQuarantined),
            "run_id": runID.isEmpty ? nil : .string(runID), "memory_limit": memoryLimit.map { .int($0) },
        ])
        return .object(members + (rest.members ?? []))
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
        isCleared = cleared
    }
}

/// A failure's cause without what is particular to one video: what failures are grouped by.
package enum Cause {
    /// The message with its numbers and hexadecimal addresses replaced by `#`.
    package static func of(_ message: String) -> String {
        var result = ""
        var isInNumber = false
        let head = message.prefix { $0 != "\n" }
        for word in head.split(separator: " ", omittingEmptySubsequences: false) {
            if !result.isEmpty { result += " " }
            let isAddress = word.contains("0x")
            isInNumber = false
            for character in isAddress ? "#" : word {
                if character.isASCII, character.isNumber {
                    if !isInNumber { result += "#" }
                    isInNumber = true
                } else {
                    isInNumber = false
                    result.append(character)
                }
            }
        }
        return String(result.prefix(200))
    }
}
