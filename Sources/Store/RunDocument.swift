package import Bytes
package import Jobs

/// What `run.json` says beside the jobs that the run processed.
package struct RunDocument: Equatable, Sendable {
    /// Videos that the run left alone because of what another run made of them, one list for each run and reason.
    package struct SkippedGroup: Equatable, Sendable {
        /// Empty when it is not known.
        package var runID: String
        package var kind: String
        package var jobs: [JobID]
    }

    /// A video that was planned and never started.
    package struct Waiting: Equatable, Sendable {
        package var job: JobID
        package var path: RawPath
    }

    package var summary: RunSummary
    /// The tools' ids, in the order of the selection.
    package var tools: [String]
    package var roots: [InputRoot]
    package var skipped: [SkippedGroup]
    package var notStarted: [Waiting]
    /// Files that were left alone for their age, and places that could not be looked at.
    package var tooYoung: [RawPath]
    package var unread: [RawPath]
    /// Whether the run took only so many of the videos there are.
    package var isLimited: Bool
    /// What it was called with, for people: the words of its command line and the inputs among them.
    package var command: [String]
    package var inputs: [String]
    package var workers: Int?
    /// Names and versions.
    package var libraries: [JSON.Member]
    package var settings: [JSON.Member]

    /// Nil when it names no run.
    package init?(_ json: JSON) {
        guard let summary = RunSummary(json) else { return nil }
        self.summary = summary
        func list(_ value: JSON?) -> [JSON] { value?.array ?? [] }
        tools = list(json["tools"]).compactMap { $0["id"]?.string }
        roots = list(json["roots"]).compactMap { InputRoot($0) }
        skipped = list(json["skipped"]).map { group in
            SkippedGroup(
                runID: group["run_id"]?.string ?? "", kind: group["kind"]?.string ?? "",
                jobs: list(group["jobs"]).compactMap { $0.string.flatMap { JobID(text: $0) } })
        }
        notStarted = list(json["not_started"]).compactMap { json in
            guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json) else {
                return nil
            }
            return Waiting(job: job, path: path)
        }
        tooYoung = list(json["too_young"]).compactMap { RawPath($0) }
        unread = list(json["unread"]).compactMap { RawPath($0) }
        isLimited = json["limited"]?.bool == true
        command = list(json["command"]).compactMap(\.string)
        inputs = list(json["input"]).compactMap(\.string)
        workers = json["workers"]?.int
        libraries = json["libraries"]?.members ?? []
        settings = json["settings"]?.members ?? []
    }
}

/// A line of `history.jsonl` for each run.
package struct History: Sendable {
    package let path: RawPath

    package init(_ layout: OutputLayout) { path = layout.history }

    /// The runs by their ids; of two lines of a run the last one counts. A missing file has none.
    package func runs() throws -> [String: RunSummary] {
        var runs: [String: RunSummary] = [:]
        try LineFile.forEach(path) { line in
            if let run = RunSummary(line) { runs[run.id] = run }
        }
        return runs
    }

    /// Adds lines. Only under the lock of the output folder.
    package func append(_ runs: [RunSummary]) throws(SystemError) {
        let file = try LineFile(path)
        for run in runs { try file.append(JSONWriter.encode(run.json)) }
        try file.sync()
    }
}
