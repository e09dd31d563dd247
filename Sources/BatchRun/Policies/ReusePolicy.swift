internal import Bytes
internal import Jobs
internal import Store

/// Decides whether a video is processed or what an earlier run made of it stands.
///
/// Pure: what has to be asked of the disk comes in as closures.
struct ReusePolicy {
    enum Decision: Equatable {
        case run(String)
        /// For what earlier runs made of it; ``VideoStatus/skipped`` when its result is up to date.
        case skip(VideoStatus, String)
    }

    /// Why a result is done again that is right by what was known when it was made.
    static let olderRules = "made by older rules of decoding and verdicts"

    /// Milliseconds after which a failure that can pass is tried again: 30 days.
    static let forgetAfter: Int64 = 30 * 86400 * 1000

    /// Process every video.
    var force = false
    var retryFailed = false
    var retryQuarantined = false
    var identity = RunOptions.Identity.stat
    /// What workers of this run may take.
    var memory = WorkerMemory.standard
    /// Of this run's settings.
    var digest: String
    /// That of results by the rules before version 2.
    var oldDigest: String
    var version: String
    /// Milliseconds since 1970.
    var now: Int64
    /// Why the result of an entry is of no use; nil for one that is there and whole.
    var resultFault: (CatalogEntry) -> String?
    /// The fingerprint of a video's content as it is now; nil when it cannot be read.
    var fingerprint: (Candidate) -> String?

    /// - Parameters:
    ///   - entry: the last result of this video, if it has one.
    ///   - failure: what is remembered of its failures.
    func decide(_ candidate: Candidate, _ entry: CatalogEntry?, _ failure: FailureEntry?) -> Decision {
        if force { return .run("--force") }
        if let failure {
            guard isSame(candidate, failure) else { return .run("changed since it failed") }
            guard failure.digest == digest, failure.version == version else {
                return .run("failed with other settings or versions")
            }
            return decide(failure)
        }
        guard let entry else { return .run("new") }
        guard entry.digest == digest else {
            return .run(entry.digest == oldDigest ? ReusePolicy.olderRules : "other settings or versions")
        }
        guard isSame(candidate, entry) else { return .run("changed") }
        if let fault = resultFault(entry) { return .run(fault) }
        if entry.verdict == .damaged, retryFailed { return .run("--retry-failed") }
        return entry.verdict == .damaged
            ? .skip(.damaged, "damaged, unchanged since run \(entry.runID)")
            : .skip(.skipped, "done in run \(entry.runID)")
    }

    private func decide(_ failure: FailureEntry) -> Decision {
        if failure.kind == .memory, let limit = failure.memoryLimit, limit > 0,
            memory.most > limit || memory.limit == 0
        {
            return .run("its memory limit was raised")
        }
        let canPass = failure.kind == .timeout || failure.kind == .memory
        if failure.isQuarantined {
            if retryQuarantined { return .run("--retry-quarantined") }
            if canPass, failure.time < now - ReusePolicy.forgetAfter {
                return .run("its quarantine of 30 days is over")
            }
            return .skip(.quarantined, "quarantined: \(failure.message)")
        }
        if retryFailed { return .run("--retry-failed") }
        if failure.kind != .content { return .run("its worker crashed or timed out in the last run") }
        return .skip(.failed, "failed before: \(failure.message)")
    }

    private func isSame(_ candidate: Candidate, _ failure: FailureEntry) -> Bool {
        failure.size == candidate.status.size && failure.modified == candidate.status.modified
            && failure.inode == candidate.status.inode
    }

    private func isSame(_ candidate: Candidate, _ entry: CatalogEntry) -> Bool {
        guard entry.size == candidate.status.size else { return false }
        if identity == .stat, let modified = entry.modified, let inode = entry.inode {
            return modified == candidate.status.modified && inode == candidate.status.inode
        }
        guard let known = entry.fingerprint else { return false }
        return fingerprint(candidate) == known
    }
}

extension ReusePolicy {
    /// The policy of a run, which looks at the files of its output folder.
    init(_ options: RunOptions, now: UTCTime, fingerprint: @escaping (Candidate) -> String?) {
        let layout = OutputLayout(root: options.output)
        self.init(
            force: options.force, retryFailed: options.retryFailed, retryQuarantined: options.retryQuarantined,
            identity: options.identity, memory: options.memory, digest: options.digest,
            oldDigest: options.digest(rules: 1), version: options.version, now: now.milliseconds,
            resultFault: { entry in
                switch ResultState.of(entry, layout) {
                case .whole: nil
                case .gone: "its result is gone"
                case .cut: "its result is cut"
                }
            },
            fingerprint: fingerprint)
    }
}
