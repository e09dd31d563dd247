package import Bytes

/// One event of a run. Its encoding is a line of the log and, byte for byte, the message on the wire.
package enum LogEvent: Equatable, Sendable {
    case runStarted(runID: String, version: String, jobs: Int, settings: String)
    /// The run will process this video. Written for each, in the order of the plan, before the first is started.
    case jobPlanned(job: JobID, path: RawPath, size: Int64)
    /// So many videos are left alone, and for what earlier runs made of them; ``VideoStatus/skipped`` counts results that
    /// are up to date.
    case jobsSkipped(count: Int, reasons: [VideoStatus: Int])
    /// A worker has the video. The estimate is what its container's duration and rate come to, only where it declares no
    /// number of frames.
    case jobStarted(job: JobID, path: RawPath, totalFrames: Int, size: Int64, estimatedTotal: Int? = nil)
    /// One video is left alone: what version 0.1.0 wrote in place of ``jobsSkipped(count:reasons:)``.
    case jobSkipped(job: JobID, path: RawPath, reason: String)
    case jobRetry(job: JobID, attempt: Int, reason: String)
    case progress(job: JobID, Progress)
    case completed(job: JobID)
    case error(job: JobID, message: String)
    case runFinished(counts: JSON, exitStatus: Int)
    /// The end of a log that its writer did not finish was cut off.
    case logRepaired(bytes: Int)
    /// An attempt at a shard of a run begins, in the log of that attempt: which of how many, how its number was found, and
    /// on which machine.
    case shardStarted(shard: Int, of: Int, source: String, host: String)
    /// A line of a type that this version does not know.
    case other(JSON)

    /// What an event is, without what it says.
    package enum Kind: UInt8, Sendable {
        case runStarted, jobPlanned, jobsSkipped, jobStarted, jobSkipped, jobRetry, progress, completed, error
        case runFinished
        /// It says nothing of a job or of how the run stands.
        case other

        /// Whether a job ends with it.
        package var isTerminal: Bool { self == .completed || self == .error }
    }

    package var kind: Kind {
        switch self {
        case .runStarted: .runStarted
        case .jobPlanned: .jobPlanned
        case .jobsSkipped: .jobsSkipped
        case .jobStarted: .jobStarted
        case .jobSkipped: .jobSkipped
        case .jobRetry: .jobRetry
        case .progress: .progress
        case .completed: .completed
        case .error: .error
        case .runFinished: .runFinished
        case .logRepaired, .shardStarted, .other: .other
        }
    }

    /// Bytes of the longest line.
    package static let lineLimit = 64 << 10

    /// The job that the event is about.
    package var job: JobID? {
        switch self {
        case .jobPlanned(let job, _, _), .jobStarted(let job, _, _, _, _), .jobSkipped(let job, _, _),
            .jobRetry(let job, _, _), .progress(let job, _), .completed(let job), .error(let job, _):
            job
        case .runStarted, .jobsSkipped, .runFinished, .logRepaired, .shardStarted, .other: nil
        }
    }

    package var isTerminal: Bool { kind.isTerminal }

    /// The line without its line feed.
    package func encode(time: UTCTime, seq: Int) -> [UInt8] {
        var members = self.members
        members.append(JSON.Member("ts", .string(time.text)))
        members.append(JSON.Member("seq", .int(seq)))
        return JSONWriter.encode(.object(members))
    }

    private var members: [JSON.Member] {
        func members(_ pairs: KeyValuePairs<String, JSON>) -> [JSON.Member] {
            pairs.map { JSON.Member($0.key, $0.value) }
        }
        switch self {
        case .runStarted(let runID, let version, let jobs, let settings):
            return members([
                "type": "run_started", "run_id": .string(runID), "version": .string(version), "jobs": .int(jobs),
                "settings": .string(settings),
            ])
        case .jobPlanned(let job, let path, let size):
            return members(["type": "job_planned", "job_id": .string(job.text)]) + path.members()
                + members(["size": .int(size)])
        case .jobsSkipped(let count, let reasons):
            let told = LogEvent.skipReasons.compactMap { status, word in
                reasons[status].map { JSON.Member(word, .int($0)) }
            }
            return members(["type": "jobs_skipped", "count": .int(count), "reasons": .object(told)])
        case .jobStarted(let job, let path, let total, let size, let estimate):
            return members(["type": "job_started", "job_id": .string(job.text)]) + path.members()
                + members(["total_frames": .int(total), "size": .int(size)])
                + (estimate.map { members(["estimated_total": .int($0)]) } ?? [])
        case .jobSkipped(let job, let path, let reason):
            return members(["type": "job_skipped", "job_id": .string(job.text)]) + path.members()
                + members(["reason": .string(reason)])
        case .jobRetry(let job, let attempt, let reason):
            return members([
                "type": "job_retry", "job_id": .string(job.text), "try": .int(attempt),
                "reason": .string(LogEvent.cut(reason)),
            ])
        case .progress(let job, let progress):
            var result = members([
                "job_id": .string(job.text), "current_frame": .int(progress.currentFrame),
                "total_frames": .int(progress.totalFrames), "percent": .int(progress.percent),
            ])
            result += progress.pass?.members ?? []
            return result
        case .completed(let job):
            return members(["status": .string(VideoStatus.completedWord), "job_id": .string(job.text)])
        case .error(let job, let message):
            return members([
                "status": "error", "job_id": .string(job.text), "message": .string(LogEvent.cut(message)),
            ])
        case .runFinished(let counts, let status):
            return members(["type": "run_finished", "counts": counts, "exit_status": .int(status)])
        case .logRepaired(let bytes): return members(["type": "log_repaired", "bytes_cut": .int(bytes)])
        case .shardStarted(let shard, let count, let source, let host):
            return members([
                "type": "shard_started", "shard": .int(shard), "shards": .int(count), "source": .string(source),
                "host": .string(host),
            ])
        case .other(let json): return (json.members ?? []).filter { $0.key != "ts" && $0.key != "seq" }
        }
    }

    /// Why videos are left alone, in the words of the log: few, so that the line is short whatever a run skips.
    fileprivate static let skipReasons: [(status: VideoStatus, word: String)] = [
        (.skipped, "up_to_date"), (.damaged, VideoStatus.damaged.rawValue), (.failed, VideoStatus.failed.rawValue),
        (.quarantined, VideoStatus.quarantined.rawValue),
    ]

    /// A text that leaves a line short enough even when every character is escaped.
    private static func cut(_ text: String) -> String {
        // By scalars: a single character may have any number of marks upon it.
        text.utf8.count <= 4096
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(1024))) + "…"
    }
}

/// A line of a log, read back.
package struct LogLine: Equatable, Sendable {
    package var event: LogEvent
    package var time: String
    package var seq: Int

    /// Nil when its time is of another form.
    package var moment: UTCTime? { UTCTime(text: time) }

    /// - Throws: `JSONError` for a line that is no event.
    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> LogLine {
        guard bytes.count <= LogEvent.lineLimit else { throw JSONError(reason: "line too long", offset: 0) }
        let json = try JSONReader.parse(bytes)
        guard let time = json["ts"]?.string, let seq = json["seq"]?.int else {
            throw JSONError(reason: "no ts or seq", offset: 0)
        }
        guard let event = LogEvent(json) else { throw JSONError(reason: "not an event", offset: 0) }
        return LogLine(event: event, time: time, seq: seq)
    }
}

extension LogEvent {
    fileprivate init?(_ json: JSON) {
        let job = json["job_id"]?.string.flatMap { JobID(text: $0) }
        if let type = json["type"]?.string {
            switch (type, job) {
            case ("run_started", _):
                guard let run = json["run_id"]?.string else { return nil }
                self = .runStarted(
                    runID: run, version: json["version"]?.string ?? "", jobs: json["jobs"]?.int ?? 0,
                    settings: json["settings"]?.string ?? "")
            case ("job_planned", let job?):
                guard let path = RawPath(json) else { return nil }
                self = .jobPlanned(job: job, path: path, size: Int64(json["size"]?.int ?? 0))
            case ("jobs_skipped", _):
                let reasons = LogEvent.skipReasons.compactMap { status, word in
                    (json["reasons"]?[word]?.int).map { (status, max(0, $0)) }
                }
                self = .jobsSkipped(
                    count: max(0, json["count"]?.int ?? 0), reasons: Dictionary(uniqueKeysWithValues: reasons))
            case ("job_started", let job?):
                guard let path = RawPath(json) else { return nil }
                self = .jobStarted(
                    job: job, path: path, totalFrames: json["total_frames"]?.int ?? 0,
                    size: Int64(json["size"]?.int ?? 0),
                    estimatedTotal: json["estimated_total"]?.int.flatMap { $0 > 0 ? $0 : nil })
            case ("job_skipped", let job?):
                guard let path = RawPath(json) else { return nil }
                self = .jobSkipped(job: job, path: path, reason: json["reason"]?.string ?? "")
            case ("job_retry", let job?):
                self = .jobRetry(job: job, attempt: json["try"]?.int ?? 0, reason: json["reason"]?.string ?? "")
            case ("run_finished", _):
                self = .runFinished(
                    counts: json["counts"] ?? .object([]), exitStatus: json["exit_status"]?.int ?? 0)
            case ("log_repaired", _): self = .logRepaired(bytes: json["bytes_cut"]?.int ?? 0)
            case ("shard_started", _):
                self = .shardStarted(
                    shard: json["shard"]?.int ?? 0, of: json["shards"]?.int ?? 0, source: json["source"]?.string ?? "",
                    host: json["host"]?.string ?? "")
            default: self = .other(json)
            }
            return
        }
        guard let job else { return nil }
        if let status = json["status"]?.string {
            switch status {
            case VideoStatus.completedWord: self = .completed(job: job)
            case "error": self = .error(job: job, message: json["message"]?.string ?? "")
            default: self = .other(json)
            }
            return
        }
        guard let current = json["current_frame"]?.int, let percent = json["percent"]?.int else { return nil }
        self = .progress(
            job: job,
            Progress(
                currentFrame: current, totalFrames: json["total_frames"]?.int ?? 0, percent: percent,
                pass: Progress.Pass(json)))
    }
}
