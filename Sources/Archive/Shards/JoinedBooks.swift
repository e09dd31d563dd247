internal import Bytes
internal import Jobs
internal import Store

/// Enters the outcomes of shards into the catalog and the failure memory, each once, and nothing over what a later run found.
final class JoinedBooks {
    /// What the catalog or the failure memory has of a job that a run in shards concerns.
    private enum Known {
        /// Of a later run.
        case later
        /// Of this run; the hash of the result.
        case same(sha256: String)
        /// Of an earlier run.
        case earlier
    }

    private let layout: OutputLayout
    private let run: String
    private let catalog: JobLineWriter<CatalogEntry>
    private let failures: JobLineWriter<FailureEntry>
    private var results: [JobID: Known] = [:]
    private var memories: [JobID: Known] = [:]
    private var entries: [CatalogEntry] = []
    private var failed: [FailureEntry] = []
    private var replaced: [(entries: [CatalogEntry], stored: RawPath?)] = []
    /// Jobs that were added and not entered.
    private(set) var waiting = 0

    /// What a plan says of jobs before their run.
    struct Earlier {
        /// Jobs whose results moved to others.
        var moved: Set<JobID> = []
        /// Jobs that failed before.
        var failed: Set<JobID> = []

        mutating func add(_ line: PlanLine) {
            if let job = line.moved?.job { moved.insert(job) }
            if line.failure != nil { failed.insert(line.job) }
        }
    }

    /// - Complexity: one pass over both files; in memory what later merges and runs entered.
    init(_ run: String, _ earlier: Earlier, _ layout: OutputLayout) throws {
        (self.layout, self.run) = (layout, run)
        var results: [JobID: Known] = [:]
        _ = try layout.catalogLines.forEachChange { job, entry in
            results[job] = entry.flatMap { entry -> Known? in
                if entry.runID > run { return .later }
                if entry.runID == run { return .same(sha256: entry.sha256) }
                return earlier.moved.contains(job) ? .earlier : nil
            }
        }
        var memories: [JobID: Known] = [:]
        _ = try layout.failureLines.forEachChange { job, entry in
            memories[job] = entry.flatMap { entry -> Known? in
                if entry.runID > run { return .later }
                if entry.runID == run { return .same(sha256: "") }
                return earlier.failed.contains(job) ? .earlier : nil
            }
        }
        (self.results, self.memories) = (results, memories)
        catalog = try JobLineWriter(layout.catalogLines)
        failures = try JobLineWriter(layout.failureLines)
    }

    /// - Parameter stored: the result that the catalog had of the job when it was planned.
    func add(_ outcome: ShardOutcome, stored: RawPath?) {
        if case .later? = results[outcome.job] { return }
        waiting += 1
        for entry in outcome.catalog where isNew(entry) { entries.append(entry) }
        if !outcome.catalog.isEmpty { replaced.append((outcome.catalog, stored)) }
        for entry in outcome.failures {
            switch memories[outcome.job] {
            case .later, .same: continue
            case .earlier: failed.append(entry)
            case nil: if !entry.isCleared { failed.append(entry) }
            }
        }
    }

    private func isNew(_ entry: CatalogEntry) -> Bool {
        let known = results[entry.job]
        if entry.isCleared {
            if case .earlier? = known { return true }
            return false
        }
        if case .same(let sha256)? = known { return sha256 != entry.sha256 }
        return true
    }

    /// Brings what was added to the disk, and then removes the results that it stands in for.
    func flush() throws(SystemError) {
        try catalog.append(entries)
        try failures.append(failed)
        for (entries, stored) in replaced { ReplacedResults.remove(entries, stored: stored, layout) }
        (entries, failed, replaced, waiting) = ([], [], [], 0)
    }
}
