import Jobs

/// The words of ``VideoStatus``, and which sources may spell them for something else.
enum StatusWords {
    static let all = Set(VideoStatus.allCases.flatMap { [$0.rawValue, $0.protocolWord] })

    /// Files, or whole folders, each with the words that it may spell and what they are there.
    static let others: [String: (words: Set<String>, why: String)] = [
        "Jobs/VideoStatus.swift": (["completed"], "the words themselves"),
        "Jobs/RunState.swift": (["completed", "failed", "skipped", "running"], "members of state.json"),
        "Store/FailureEntry.swift": (["quarantined"], "a member of failures.ndjson that is true or false"),
        "Store/RunDocument.swift": (["skipped"], "a member of run.json, a list"),
        "Media/Complaint.swift": (["damaged"], "a word in messages of FFmpeg"),
        "forgebatch/Console.swift": (["failed", "skipped"], "members of a progress line, counts"),
        "forgebatch/TailCommand.swift": (["completed"], "the word of a line of the log"),
        // Still to be moved to the enum.
        "HTMLReport/": (all, "to be moved"), "ReplayServer/": (all, "to be moved"),
    ]

    /// Those of the words that a file is let off for.
    static func letOff(_ words: Set<String>, in name: String) -> Set<String> {
        others.reduce(into: []) { result, other in
            let isMeant = other.key.hasSuffix("/") ? name.hasPrefix(other.key) : name == other.key
            if isMeant { result.formUnion(words.intersection(other.value.words)) }
        }
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
