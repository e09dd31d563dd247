/// The members of records in an output folder that nothing else has, and who may read them by their names.
enum RecordKeys {
    /// Of `run.json`, `history.jsonl`, `catalog.ndjson` and `failures.ndjson`.
    static let members: Set<String> = [
        "run_id", "first_run_id", "verdict", "sha256", "result_size", "result_bytes", "mtime", "inode", "digest",
        "quarantined", "cleared", "memory_limit", "time_ms", "settings_digest", "cpu_seconds", "interrupted", "scope",
        "baseline", "stopped", "frame_reached", "tries", "stderr", "cause", "summaries", "not_started", "too_young",
        "unread", "limited", "skipped", "roots",
    ]

    /// Files that read members of these names in something else, each with what that is.
    static let others: [String: String] = [
        "Jobs/LogEvent.swift": "lines of the log",
        "Jobs/WorkerMessage.swift": "what a worker says", "Jobs/JobRequest.swift": "what a worker is told",
        "Archive/Catalog.swift": "the head of a result", "Archive/ResultCheck.swift": "a result",
        "Archive/Export/Tables.swift": "the head of a result",
        "ReplayServer/API/RunsAPI.swift": "a request's body",
    ]

    /// The members of records that a source reads by a name in brackets.
    static func read(in source: String) -> Set<String> {
        var found: Set<String> = []
        for line in source.split(separator: "\n") {
            let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            for member in members {
                // A bracket behind a name, a call, another bracket or a question mark: not a list.
                for start in code.ranges(of: "\"\(member)\"") {
                    let before = code[..<start.lowerBound].reversed().drop { $0 == " " }
                    let after = code[start.upperBound...].drop { $0 == " " }
                    guard before.first == "[", after.first == "]" else { continue }
                    let owner = before.dropFirst().first ?? " "
                    if owner.isLetter || owner.isNumber || "])?_".contains(owner) { found.insert(member) }
                }
            }
        }
        return found
    }
}
