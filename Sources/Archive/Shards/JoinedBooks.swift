internal import Bytes
internal import Jobs
internal import Store

/// Enters the outcomes of shards into the catalog and the failure memory, each once, and nothing over what a later run found.
final class JoinedBooks {
    /// What the catalog or the failure memory has of a job that a run in shards concerns.
    private enum Known {
        /// Of a run with a later id, by its number: one that came after the plan, unless the plan knows it. Clocks
        /// differ.
        case other(run: Int32)
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
    private var others = RunNumbers()
    /// Of the catalog.
    private var lines: [[UInt8]] = []
    private var failed: [FailureEntry] = []
    private var replaced: [(entries: [CatalogEntry], stored: RawPath?)] = []
    /// Jobs that were added and not entered.
    private(set) var waiting = 0

    /// What a plan says of jobs before their run.
    struct Earlier {
        /// Jobs whose results moved to others, each with the run that the result is of.
        var moved: [JobID: String] = [:]
        /// Jobs that failed before, each with the run that says so.
        var failed: [JobID: String] = [:]

        mutating func add(_ line: PlanLine) {
            if let entry = line.moved { moved[entry.job] = entry.runID }
            if let entry = line.failure { failed[line.job] = entry.runID }
        }
    }

    /// Runs as numbers, which many jobs may share.
    private struct RunNumbers {
        private var ids: [String] = []
        private var numbers: [String: Int32] = [:]

        subscript(number: Int32) -> String { ids[Int(number)] }

        mutating func number(_ id: String) -> Int32 {
            if let known = numbers[id] { return known }
            let number = Int32(ids.count)
            ids.append(id)
            numbers[id] = number
            return number
        }
    }

    /// - Complexity: one pass over both files; in memory what later merges and runs entered.
    init(_ run: String, _ earlier: Earlier, _ layout: OutputLayout) throws {
        (self.layout, self.run) = (layout, run)
        var others = RunNumbers()
        func known(_ id: String, sha256: String, planned: String?) -> Known? {
            if id == run { return .same(sha256: sha256) }
            if let planned, id == planned || id < run { return .earlier }
            return id > run ? .other(run: others.number(id)) : nil
        }
        var results: [JobID: Known] = [:]
        _ = try layout.catalogLines.forEachChange { job, entry in
            results[job] = entry.flatMap { known($0.runID, sha256: $0.sha256, planned: earlier.moved[job]) }
        }
        var memories: [JobID: Known] = [:]
        _ = try layout.failureLines.forEachChange { job, entry in
            memories[job] = entry.flatMap { known($0.runID, sha256: "", planned: earlier.failed[job]) }
        }
        (self.results, self.memories, self.others) = (results, memories, others)
        catalog = try JobLineWriter(layout.catalogLines)
        failures = try JobLineWriter(layout.failureLines)
    }

    /// - Parameter line: of the job, which says what the catalog had of it when it was planned.
    func add(_ job: EndedJob, _ line: PlanLine) {
        let outcome = job.outcome
        if case .other(let run)? = results[outcome.job], others[run] != line.known?.runID { return }
        waiting += 1
        for (entry, line) in zip(outcome.catalog, job.catalog) where isNew(entry) { lines.append(line) }
        if !outcome.catalog.isEmpty { replaced.append((outcome.catalog, line.known?.result)) }
        for entry in outcome.failures {
            switch memories[outcome.job] {
            case .other, .same: continue
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
        try catalog.append(lines: lines)
        try failures.append(failed)
        for (entries, stored) in replaced { ReplacedResults.remove(entries, stored: stored, layout) }
        (lines, failed, replaced, waiting) = ([], [], [], 0)
    }
}
