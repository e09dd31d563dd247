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

    /// Hands out the runs from the end of the file, where the newest stand, until `body` returns false. Of two lines of a
    /// run the one that counts comes first.
    ///
    /// - Complexity: what is read.
    package func forEachFromEnd(_ body: (RunSummary) throws -> Bool) throws {
        try LinesFromEnd.forEach(path) { line in
            guard let json = try? JSONReader.parse(line), let run = RunSummary(json) else { return true }
            return try body(run)
        }
    }

    /// Leaves out the lines of some runs. Only under the lock of the output folder.
    ///
    /// - Returns: whether there were any.
    @discardableResult
    package func remove(_ runs: Set<String>) throws -> Bool {
        guard !runs.isEmpty, Files.exists(path) else { return false }
        var kept: [[UInt8]] = []
        var hasFound = false
        let reader = try LineReader(path)
        while let line = try reader.next() {
            guard !reader.isTorn else { continue }
            let id = (try? JSONReader.parse(line)).flatMap { RunSummary($0)?.id }
            if let id, runs.contains(id) { hasFound = true } else { kept.append(line) }
        }
        guard hasFound else { return false }
        var file = try AtomicFile(path)
        for line in kept { try file.write(line + [0x0a]) }
        try file.publish()
        return true
    }

    /// Adds lines. Only under the lock of the output folder.
    package func append(_ runs: [RunSummary]) throws(SystemError) {
        let file = try LineFile(path)
        for run in runs { try file.append(JSONWriter.encode(run.json)) }
        try file.sync()
    }
}
