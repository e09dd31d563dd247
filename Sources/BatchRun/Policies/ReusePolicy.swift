internal import Bytes
internal import Jobs
internal import Store

/// Decides whether a video is processed or what an earlier run made of it stands.
///
/// Pure: what has to be asked of the disk comes in as closures.
struct ReusePolicy {
    enum Decision: Equatable {
        /// With the tools of the run, or with others where a result is there that can be used.
        case run(String, JobTools? = nil)
        /// For what earlier runs made of it; ``VideoStatus/skipped`` when its result is up to date.
        case skip(VideoStatus, String)
    }

    /// Why a result is done again that is right by what was known when it was made.
    static let olderRules = "\(ToolReuse.olderWords) rules of decoding and verdicts"

    /// What the reason of a video begins with that is another one than its result is of.
    static let changedWord = "changed"

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
    /// Why a result is of no use; nil for one that is there and whole.
    var resultFault: (KnownResult) -> String?
    /// What a result was made with; nil when that cannot be read.
    var resultTools: (KnownResult) -> ResultTools? = { _ in nil }
    var tools = ToolReuse(asked: ResultTools(tools: [], rules: 1), available: [])
    /// The fingerprint of a video's content as it is now; nil when it cannot be read.
    var fingerprint: (Candidate) -> String?

    /// - Parameters:
    ///   - entry: the last result of this video, if it has one.
    ///   - failure: what is remembered of its failures.
    func decide(_ candidate: Candidate, _ entry: KnownResult?, _ failure: FailureEntry?) -> Decision {
        if force { return .run("--force") }
        if let failure {
            if let difference = difference(candidate, failure) {
                return .run("\(ReusePolicy.changedWord) since it failed: \(difference)")
            }
            guard failure.digest == digest, failure.version == version else {
                return .run("failed with other settings or versions")
            }
            return decide(failure)
        }
        guard let entry else { return .run("new") }
        if let difference = difference(candidate, entry) { return .run("\(ReusePolicy.changedWord): \(difference)") }
        if let fault = resultFault(entry) { return .run(fault, complete(entry)) }
        var more = ""
        let failed = entry.toolsFailed
        if entry.digest != digest || !failed.isEmpty {
            guard let stored = resultTools(entry) else {
                return .run(entry.digest == oldDigest ? ReusePolicy.olderRules : "other settings or versions")
            }
            if case .run(let reason, let tools) = tools.answer(stored, failed: failed) { return .run(reason, tools) }
            if entry.digest != digest { more = ", with more tools" }
        }
        for tool in failed where tools.asks(for: tool.id) {
            more += "; without \(tool.id), which failed: \(tool.message)"
        }
        if entry.verdict == .damaged, retryFailed { return .run("--retry-failed", complete(entry)) }
        return entry.verdict == .damaged
            ? .skip(.damaged, "damaged, unchanged since run \(entry.runID)")
            : .skip(.skipped, "done in run \(entry.runID)\(more)")
    }

    /// How the result of a video that has moved can be kept; nil where nothing of it can.
    ///
    /// - Parameter entry: the result under the name that the video had.
    func keep(_ entry: KnownResult) -> (reason: String, more: String, tools: JobTools)? {
        if resultFault(entry) != nil || (entry.verdict == .damaged && retryFailed) { return nil }
        guard let stored = resultTools(entry), stored.threads == tools.asked.threads else { return nil }
        switch tools.answer(stored, failed: entry.toolsFailed) {
        case .covered: return ("moved from", "", tools.keep(stored, failed: entry.toolsFailed))
        case .run(let reason, let tools): return tools.kept.isEmpty ? nil : ("moved from", "; \(reason)", tools)
        }
    }

    /// Whatever a result has is made again with what is asked for; nil for no more than that.
    private func complete(_ entry: KnownResult) -> JobTools? {
        if entry.digest == digest, entry.toolsFailed.isEmpty { return nil }
        return resultTools(entry).map { tools.complete($0, failed: entry.toolsFailed) }
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

    /// What a video differs in from the one that failed; nil when it is the same.
    private func difference(_ candidate: Candidate, _ failure: FailureEntry) -> String? {
        if failure.size != candidate.status.size { return "size" }
        if failure.modified != candidate.status.modified { return "time" }
        return failure.inode == candidate.status.inode ? nil : "inode"
    }

    /// What a video differs in from the one of a result; nil when it is the same.
    ///
    /// Some shares number their files anew with each mount: a file of the same size and time whose fingerprint is that of
    /// the result is the same whatever its inode.
    private func difference(_ candidate: Candidate, _ entry: KnownResult) -> String? {
        guard entry.size == candidate.status.size else { return "size" }
        if identity == .stat, let modified = entry.modified, let inode = entry.inode {
            if modified != candidate.status.modified { return "time" }
            return inode == candidate.status.inode || isSameContent(candidate, entry) ? nil : "inode"
        }
        return isSameContent(candidate, entry) ? nil : "content"
    }

    /// Whether the fingerprint of a result is needed to know whether a video is the one that it is of.
    func asksForContent(_ candidate: Candidate, _ entry: KnownResult) -> Bool {
        guard !force, entry.size == candidate.status.size else { return false }
        guard identity == .stat, let modified = entry.modified, let inode = entry.inode else { return true }
        return modified == candidate.status.modified && inode != candidate.status.inode
    }

    private func isSameContent(_ candidate: Candidate, _ entry: KnownResult) -> Bool {
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
                switch ResultState.of(entry.result, size: entry.resultSize, layout) {
                case .whole: nil
                case .gone: "its result is gone"
                case .cut: "its result is cut"
                }
            },
            fingerprint: fingerprint)
        tools = ToolReuse(
            asked: ResultTools(tools: options.toolDescriptions, rules: options.rules),
            available: options.availableTools, memory: ToolMemory(options))
        let copies = KnownManifests(layout)
        tools.answers = ToolReuse.Answers()
        tools.manifest = { copies.manifest(plugin: $0, fingerprint: $1) }
        let known = KnownResultTools()
        resultTools = { known.tools(of: $0, layout, options.resultTools) }
    }
}

/// The manifests of plugins that results came from, as the output folder keeps them, read when the first is asked for.
private final class KnownManifests {
    private let layout: OutputLayout
    private lazy var copies = PluginCopies.all(layout)

    init(_ layout: OutputLayout) { self.layout = layout }

    func manifest(plugin: String, fingerprint: String) -> JSON? {
        copies.first { $0.id == plugin && $0.fingerprint == fingerprint }?.manifest
    }
}

/// What results were made with, read once for each digest: what the digest is of is the same for all that have it.
private final class KnownResultTools {
    private var known: [String: ResultTools] = [:]

    func tools(
        of entry: KnownResult, _ layout: OutputLayout, _ read: (RawPath) -> ResultTools?
    ) -> ResultTools? {
        if let tools = known[entry.digest] { return tools }
        guard let tools = read(layout.root.appending(entry.result)), tools.digest == entry.digest else { return nil }
        known[entry.digest] = tools
        return tools
    }
}
