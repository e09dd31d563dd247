/// The members of records in an output folder that nothing else has, and who may read them by their names.
enum RecordKeys {
    /// Of `run.json`, `history.jsonl`, `catalog.ndjson` and `failures.ndjson`.
    static let members: Set<String> = [
        "run_id", "first_run_id", "verdict", "sha256", "result_size", "content_size", "result_bytes", "mtime", "inode",
        "digest",
        "quarantined", "cleared", "memory_limit", "time_ms", "settings_digest", "cpu_seconds", "interrupted", "scope",
        "baseline", "stopped", "frame_reached", "tries", "stderr", "cause", "summaries", "not_started", "too_young",
        "unread", "limited", "skipped", "roots", "previous_run_id", "content_sha256", "moved_to", "gone", "back_run_id",
        "seen", "not_in", "invocation", "tools_failed",
    ]

    /// Files that read members of these names in something else, each with what that is.
    static let others: [String: String] = [
        "Jobs/LogEvent.swift": "lines of the log",
        "Jobs/WorkerProtocol/JobOutcome.swift": "what a worker says",
        "Jobs/WorkerProtocol/JobRequest.swift": "what a worker is told",
        "Jobs/WorkerProtocol/ToolEnd.swift": "what the supervisor of an external tool says",
        "FrameResults/StoredHead.swift": "the head of a result",
        "BatchRun/Look/LookAnswer.swift": "what a process says that looks at the inputs",
        "Archive/CatalogRebuild.swift": "the head of a result", "Archive/ResultCheck.swift": "a result",
        "Archive/Export/Tables.swift": "the head of a result",
        "ReplayServer/API/RunsAPI.swift": "a request's body",
    ]

    /// The members of records that a source reads by their names: in brackets, through a function that takes nothing but
    /// the name, or as the key of an initializer.
    static func read(in source: String) -> Set<String> {
        var found: Set<String> = []
        for line in source.split(separator: "\n") {
            let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            for member in members {
                for start in code.ranges(of: "\"\(member)\"") {
                    let before = String(code[..<start.lowerBound].reversed().drop { $0 == " " })
                    let after = code[start.upperBound...].drop { $0 == " " }
                    if isRead(before, String(after)) { found.insert(member) }
                }
            }
        }
        return found
    }

    /// - Parameters:
    ///   - before: what stands before the name, from its end on.
    ///   - after: what stands behind the name.
    private static func isRead(_ before: String, _ after: String) -> Bool {
        func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
        let owner = before.dropFirst()
        switch (before.first, after.first) {
        case ("[", "]"):
            // Behind a name, a call, another bracket or a question mark: not a list.
            return owner.first.map { isWord($0) || "])?".contains($0) } ?? false
        case ("(", ")"):
            // `text("…")` and `run.text("…")`, but not `.string("…")`, which makes a value.
            let rest = owner.drop { isWord($0) }
            // A closure behind it says what to write.
            let isWritten = after.dropFirst().drop { $0 == " " }.first == "{"
            guard owner.first.map({ isWord($0) }) == true, !isWritten else { return false }
            return rest.first != "." || rest.dropFirst().first.map { isWord($0) || "])?".contains($0) } == true
        case (":", _): return before.hasPrefix(":yek") && !before.dropFirst(4).hasPrefix("_")
        default: return false
        }
    }
}
