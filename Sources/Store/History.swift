package import Bytes
package import Jobs

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
