import Jobs

/// The words of ``VideoStatus``, and which sources may spell them for something else.
enum StatusWords {
    static let all = Set(VideoStatus.allCases.flatMap { [$0.rawValue, $0.protocolWord] })

    /// Files, each with the words that it may spell and what they are there.
    static let others: [String: (words: Set<String>, why: String)] = [
        "Jobs/VideoStatus.swift": (["completed"], "the words themselves"),
        "Store/RunSnapshot.swift": (["completed", "failed", "skipped", "running"], "members of state.json"),
        "Archive/Logs/RunLogSummary.swift": (["completed", "failed", "skipped"], "members of a list of runs, counts"),
        "forgebatch/DoctorCommand.swift": (["ok"], "a member that is true or false"),
        "Store/FailureEntry.swift": (["quarantined"], "a member of failures.ndjson that is true or false"),
        "Store/RunDocument.swift": (["skipped"], "a member of run.json, a list"),
        "VideoWorker/Plugins/PluginSession.swift": (["failed"], "a message of the wire between host and plugin"),
        "Media/Complaint.swift": (["damaged"], "a word in messages of FFmpeg"),
        "forgebatch/Console.swift": (["failed", "skipped"], "members of a progress line, counts"),
        "forgebatch/TailCommand.swift": (["completed"], "the word of a line of the log"),
    ]

    /// Those of the words that a file is let off for.
    static func letOff(_ words: Set<String>, in name: String) -> Set<String> {
        words.intersection(others[name]?.words ?? [])
    }

    /// The words that are the whole of a string literal, but in comments.
    static func spelled(in source: String) -> Set<String> {
        var found: Set<String> = []
        for line in source.split(separator: "\n") {
            let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            // A quotation mark that is part of a literal has a backslash before it.
            for word in all
            where code.ranges(of: "\"\(word)\"").contains(where: { !code[..<$0.lowerBound].hasSuffix("\\") }) {
                found.insert(word)
            }
        }
        return found
    }
}
