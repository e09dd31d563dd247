internal import Bytes
package import Jobs
internal import Store

extension Archive {
    /// Gives the history a line for every run that it lacks: all of them where it is missing, and those that were killed
    /// before they could write one, marked `interrupted`. Only under the lock of the output folder, before a new run
    /// begins.
    ///
    /// - Returns: how many lines were added.
    package static func repairHistory(_ layout: OutputLayout) throws -> Int {
        let ids = try folders(layout)
        guard !ids.isEmpty else { return 0 }
        var known: Set<String> = []
        try LineFile.forEach(layout.history) { line in
            if let id = line["run_id"]?.string { known.insert(id) }
        }
        let missing = ids.filter { !known.contains($0) }
        guard !missing.isEmpty else { return 0 }
        let history = try LineFile(layout.history)
        for id in missing { try history.append(JSONWriter.encode(line(layout, id))) }
        try history.sync()
        return missing.count
    }

    /// A run's line: its record without what grows with the number of videos.
    private static func line(_ layout: OutputLayout, _ id: String) -> JSON {
        if let record = try? RunReader(layout.summary(run: id)), let members = record.head.members,
            record.head["run_id"]?.string == id
        {
            return .object(members.filter { headKeys.contains($0.key) })
        }
        return RunSummary(log: layout.log(run: id), id: id).json
    }

    /// What `run` writes into a line of the history.
    private static let headKeys: Set<String> = [
        "schema", "run_id", "version", "started", "finished", "seconds", "exit_status", "interrupted", "stopped",
        "counts", "frames", "cpu_seconds", "settings_digest", "scope", "baseline",
    ]
}

extension RunSummary {
    /// The line of a run that was killed.
    fileprivate var json: JSON {
        .members([
            "schema": "forgebatch/run/1", "run_id": .string(id), "version": .string(version),
            "started": .string(started), "finished": finished.map { .string($0) },
            "exit_status": exitStatus.map { .int($0) }, "interrupted": true, "stopped": "a kill of the run itself",
            "counts": tally.json, "settings_digest": .string(settingsDigest),
        ])
    }
}
