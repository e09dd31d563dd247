package import Bytes
package import Jobs

/// A line of a shard's `outcome.ndjson`: what a job came to, and what of it goes into the catalog, the failure memory and the
/// record of the run. Of several lines of a job the best counts.
package struct ShardOutcome: Equatable, Sendable {
    package var job: JobID
    /// The attempt at the shard that wrote it.
    package var attempt: String
    /// Whether it failed for something that another attempt may find better: a disk, a share, a file that changed.
    package var mayEndBetter = false
    /// External tools that failed in this run, and were not left out for failures of earlier runs.
    package var toolsLost = 0
    package var catalog: [CatalogEntry] = []
    package var failures: [FailureEntry] = []
    package var record: JobRecord

    package init(attempt: String, record: JobRecord) {
        (job, self.attempt, self.record) = (record.job, attempt, record)
    }

    /// What of a line decides whether it counts.
    struct Rank {
        var job: JobID
        var attempt: String
        var hasFailed: Bool
        var mayEndBetter: Bool

        /// Whether it counts in the place of another line of the same job: one that completed the video before one that did
        /// not, one that is final before one that another attempt may better, then that of the earlier attempt.
        func isBetter(than other: Rank) -> Bool {
            if hasFailed != other.hasFailed { return !hasFailed }
            if mayEndBetter != other.mayEndBetter { return !mayEndBetter }
            return attempt < other.attempt
        }
    }

    /// What decides whether the line counts stands at its beginning, where it is found without reading the rest.
    package var json: JSON {
        .members([
            "job_id": .string(job.text), "attempt": .string(attempt), "lost": record.hasFailed ? true : nil,
            "again": mayEndBetter ? true : nil, "tools_lost": toolsLost > 0 ? .int(toolsLost) : nil,
            "record": record.json, "catalog": catalog.isEmpty ? nil : .array(catalog.map(\.json)),
            "failures": failures.isEmpty ? nil : .array(failures.map(\.json)),
        ])
    }

    /// Nil for what is no outcome; a completed video's has to name its result.
    package init?(_ json: JSON) {
        guard let attempt = json["attempt"]?.string, let record = json["record"].flatMap({ JobRecord($0) }),
            json["job_id"]?.string == record.job.text
        else { return nil }
        self.init(attempt: attempt, record: record)
        mayEndBetter = json["again"]?.bool == true
        toolsLost = max(0, json["tools_lost"]?.int ?? 0)
        catalog = (json["catalog"]?.array ?? []).compactMap { CatalogEntry($0) }
        failures = (json["failures"]?.array ?? []).compactMap { FailureEntry($0) }
        if !record.hasFailed, result == nil { return nil }
    }

    /// The line for the catalog that names the video's result; nil for one that failed.
    package var result: CatalogEntry? { catalog.first { !$0.isCleared } }
}

extension ShardOutcome.Rank {
    private static let opening = Array("{\"job_id\":\"".utf8)
    private static let attempt = Array("\",\"attempt\":\"".utf8)
    private static let lost = Array("\"lost\":true,".utf8)
    private static let again = Array("\"again\":true,".utf8)

    /// From a line as ``ShardOutcome/json`` has it; nil for one that is none, as far as can be told without parsing it.
    init?(_ line: [UInt8]) {
        let start = Self.opening.count
        let name = start + 36 + Self.attempt.count
        guard line.count > name, line.starts(with: Self.opening), let job = JobID(line, at: start),
            line[(start + 36)..<name].elementsEqual(Self.attempt), JSONReader.mayBeObject(line),
            let end = line[name...].prefix(256).firstIndex(of: UInt8(ascii: "\"")), end + 2 < line.count
        else { return nil }
        var rest = line[(end + 2)...]
        let hasFailed = rest.starts(with: Self.lost)
        if hasFailed { rest = rest.dropFirst(Self.lost.count) }
        self.init(
            job: job, attempt: String(decoding: line[name..<end], as: UTF8.self), hasFailed: hasFailed,
            mayEndBetter: rest.starts(with: Self.again))
    }
}
