package import Bytes
package import Jobs
package import Store

/// A video of this run.
package struct PlannedJob: Sendable {
    package var id: JobID
    package var video: Candidate
    /// Below the output folder.
    package var result: RawPath
    /// Why it is run: `new`, `changed`, `other settings`, …
    package var reason: String
    /// What is remembered of its failures.
    package var memory: FailureEntry?
}

/// A video that is not run, and why.
package struct SkippedJob: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case upToDate = "up_to_date"
        case damaged, failed, quarantined
    }
    package var id: JobID
    package var path: RawPath
    package var kind: Kind
    package var reason: String
    /// The run that processed it last.
    package var runID: String?
}

/// What an output folder says of earlier runs.
package struct Memory: Sendable {
    package var catalog: [JobID: CatalogEntry] = [:]
    package var failures: [JobID: FailureEntry] = [:]
    /// Lines that could not be read.
    package var brokenLines = 0

    package init() {}

    package static func read(_ layout: OutputLayout) throws(SystemError) -> Memory {
        var memory = Memory()
        let catalog = try layout.catalogLines.latest()
        let failures = try layout.failureLines.latest()
        (memory.catalog, memory.failures) = (catalog.records, failures.records)
        memory.brokenLines = catalog.unread + failures.unread
        return memory
    }
}

/// Which videos are run and which are skipped, decided before the first worker starts.
package struct Plan: Sendable {
    package var discovery: Discovery
    /// Largest file first, so that no long one is left for the end.
    package var jobs: [PlannedJob] = []
    package var skipped: [SkippedJob] = []

    /// Why a result is done again that is right by what was known when it was made.
    static let olderRules = "made by older rules of decoding and verdicts"

    /// Milliseconds after which a failure that can pass is tried again: 30 days.
    private static let forgetAfter: Int64 = 30 * 86400 * 1000

    package init(_ discovery: Discovery, memory: Memory, options: RunOptions, now: UTCTime) {
        self.discovery = discovery
        let layout = OutputLayout(root: options.output)
        let digest = options.digest
        let oldDigest = options.digest(rules: 1)
        let names = Plan.results(discovery.candidates, memory: memory)
        for (candidate, (id, result)) in zip(discovery.candidates, names) {
            let entry = memory.catalog[id]
            let failure = memory.failures[id]
            let judge = Judge(
                candidate: candidate, options: options, digest: digest, oldDigest: oldDigest, now: now,
                layout: layout)
            switch judge.decide(entry, failure) {
            case .run(let reason):
                jobs.append(
                    PlannedJob(id: id, video: candidate, result: result, reason: reason, memory: failure))
            case .skip(let kind, let reason):
                skipped.append(
                    SkippedJob(
                        id: id, path: candidate.relative, kind: kind, reason: reason,
                        runID: kind == .failed || kind == .quarantined ? failure?.runID : entry?.runID))
            }
        }
        jobs.sort {
            ($1.video.status.size, $0.video.relative) < ($0.video.status.size, $1.video.relative)
        }
    }

    /// Each video's id and result. What an earlier run chose stays; a new name gives way to those.
    private static func results(_ candidates: [Candidate], memory: Memory) -> [(JobID, RawPath)] {
        let ids = candidates.map { JobID(video: $0.relative) }
        let files = Set(memory.catalog.values.map { OutputLayout.folded($0.result) })
        var taken = files
        // A result must not have the name of a folder that holds other results.
        let others = candidates.map { RawPath("results").appending($0.relative) } + memory.catalog.values.map(\.result)
        for path in others {
            var folder = path.parent
            while folder != RawPath("."), !folder.isEmpty, folder != RawPath("/") {
                taken.insert(OutputLayout.folded(folder))
                folder = folder.parent
            }
        }
        return zip(candidates, ids).map { candidate, id in
            if let known = memory.catalog[id] { return (id, known.result) }
            let result = OutputLayout.result(for: candidate.relative, job: id, taken: taken, files: files)
            taken.insert(OutputLayout.folded(result))
            return (id, result)
        }
    }

    /// Decides one video's fate.
    private struct Judge {
        enum Decision {
            case run(String)
            case skip(SkippedJob.Kind, String)
        }

        let candidate: Candidate
        let options: RunOptions
        let digest: String
        /// That of results by the rules before version 2.
        let oldDigest: String
        let now: UTCTime
        let layout: OutputLayout

        func decide(_ entry: CatalogEntry?, _ failure: FailureEntry?) -> Decision {
            if options.force { return .run("--force") }
            if let failure {
                guard isSame(failure) else { return .run("changed since it failed") }
                guard failure.digest == digest, failure.version == options.version else {
                    return .run("failed with other settings or versions")
                }
                return decide(failure)
            }
            guard let entry else { return .run("new") }
            guard entry.digest == digest else {
                return .run(entry.digest == oldDigest ? Plan.olderRules : "other settings or versions")
            }
            guard isSame(entry) else { return .run("changed") }
            switch ResultState.of(entry, layout) {
            case .gone: return .run("its result is gone")
            case .cut: return .run("its result is cut")
            case .whole: break
            }
            if entry.verdict == "damaged", options.retryFailed { return .run("--retry-failed") }
            return entry.verdict == "damaged"
                ? .skip(.damaged, "damaged, unchanged since run \(entry.runID)")
                : .skip(.upToDate, "done in run \(entry.runID)")
        }

        private func decide(_ failure: FailureEntry) -> Decision {
            if failure.kind == .memory, let limit = failure.memoryLimit, limit > 0,
                options.memory.most > limit || options.memory.limit == 0
            {
                return .run("its memory limit was raised")
            }
            let canPass = failure.kind == .timeout || failure.kind == .memory
            if failure.isQuarantined {
                if options.retryQuarantined { return .run("--retry-quarantined") }
                if canPass, failure.time < now.milliseconds - Plan.forgetAfter {
                    return .run("its quarantine of 30 days is over")
                }
                return .skip(.quarantined, "quarantined: \(failure.message)")
            }
            if options.retryFailed { return .run("--retry-failed") }
            if failure.kind != .content { return .run("its worker was lost in the last run") }
            return .skip(.failed, "failed before: \(failure.message)")
        }

        private func isSame(_ failure: FailureEntry) -> Bool {
            failure.size == candidate.status.size && failure.modified == candidate.status.modified
                && failure.inode == candidate.status.inode
        }

        private func isSame(_ entry: CatalogEntry) -> Bool {
            guard entry.size == candidate.status.size else { return false }
            if options.identity == .stat, let modified = entry.modified, let inode = entry.inode {
                return modified == candidate.status.modified && inode == candidate.status.inode
            }
            guard let known = entry.fingerprint, let descriptor = try? Files.openInput(candidate.path)
            else { return false }
            defer { Files.close(descriptor) }
            let found = try? Fingerprint.of(descriptor, size: candidate.status.size, path: candidate.relative)
            return found == known
        }
    }
}
