package import Bytes
package import Jobs
internal import Store

/// A tool as this build has it, as far as results of it can be used again.
package struct AvailableTool: Sendable {
    /// Id, version and default settings, as results list a tool.
    package var description: JSON
    /// The settings that change what is measured; the others are thresholds on stored measures.
    package var measuring: Set<String>

    package init(description: JSON, measuring: Set<String>) {
        self.description = description
        self.measuring = measuring
    }

    var id: String { ResultTools.id(description) }
    var version: String { description["version"]?.string ?? "" }
    var settings: [JSON.Member] { description["settings"]?.members ?? [] }

    /// This tool with the settings of a result, and its defaults where that has none.
    func replacing(_ stored: JSON) -> JSON {
        .members([
            "id": .string(id), "version": .string(version),
            "settings": .object(
                settings.map { JSON.Member($0.key, stored["settings"]?[$0.key] ?? $0.value) }),
        ])
    }
}

/// What a result was made with, besides its video.
package struct ResultTools: Equatable, Sendable {
    /// Objects of id, version and settings.
    package var tools: [JSON]
    /// Of the decoder: 1, but for results of version 0.1 that several threads made.
    package var threads: Int
    /// The version of the rules of decoding.
    package var rules: Int

    package init(tools: [JSON], threads: Int = 1, rules: Int) {
        self.tools = tools
        self.threads = threads
        self.rules = rules
    }

    package var digest: String { SettingsDigest.of(tools: tools, threads: threads, rules: rules) }

    static func id(_ tool: JSON) -> String { tool["id"]?.string ?? "" }

    /// Whether a tool is one of a plugin.
    static func isExternal(_ tool: JSON) -> Bool { tool["fingerprint"] != nil }
}

/// The tools of one job, where they are not just those of the run.
package struct JobTools: Equatable, Sendable {
    /// All tools that its result will have, in their order, as results list them.
    package var made: ResultTools
    /// Those whose measures are taken from the result that is there. When these are all, nothing is decoded.
    package var kept: [String] = []
    /// External ones that are not tried, and why.
    package var leftOut: [ToolFailure] = []
    /// Of those that the run did not name and that are kept, what a worker has to know of their plugins.
    package var references: [String: JobRequest.PluginReference] = [:]

    /// - Parameter asked: what the run asks for.
    func requests(_ asked: [JobRequest.Tool]) -> [JobRequest.Tool] {
        made.tools.map { tool in
            let settings = (tool["settings"]?.members ?? []).map { ($0.key, $0.value) }
            let id = ResultTools.id(tool)
            var request = JobRequest.Tool(
                id: id, settings: Dictionary(settings, uniquingKeysWith: { first, _ in first }),
                plugin: references[id] ?? asked.first { $0.id == id }?.plugin)
            request.leftOut = leftOut.first { $0.tool == id }
            return request
        }
    }
}

/// Decides what of a result with other tools, settings or versions can stay.
///
/// A result never loses a tool because a run asks for fewer: what is not asked for is kept. Tools of plugins that a run does
/// not name cannot be measured by it, so they stay as long as their measures can be taken from the result.
struct ToolReuse {
    enum Answer: Equatable {
        /// The result has all that is asked for, and more.
        case covered
        case run(String, JobTools)
    }

    /// What a reason begins with when only what was known when a result was made is to blame.
    static let olderWords = "made by older"

    /// What the run asks for.
    var asked: ResultTools
    /// All tools of this build, in their order, then the run's external ones.
    var available: [AvailableTool]
    var memory = ToolMemory(version: "")
    /// The manifest of a plugin, by its id and fingerprint, as the output folder keeps it.
    var manifest: (_ plugin: String, _ fingerprint: String) -> JSON? = { _, _ in nil }
    /// What was answered before, where all else stays as it is.
    var answers: Answers?

    /// Answers for results on which no tool failed: these are the same for all that were made with the same.
    final class Answers {
        private var known: [(stored: ResultTools, answer: Answer)] = []

        /// How many are kept: a library has results of a few settings.
        private static let most = 16

        fileprivate func find(_ stored: ResultTools, make: () -> Answer) -> Answer {
            if let known = known.first(where: { $0.stored == stored }) { return known.answer }
            let answer = make()
            if known.count == Answers.most { known.removeFirst() }
            known.append((stored, answer))
            return answer
        }
    }

    func asks(for id: String) -> Bool { asked.tools.contains { ResultTools.id($0) == id } }

    /// What is to be done for a sound result of an unchanged video.
    ///
    /// - Parameter failed: external tools that failed on it.
    func answer(_ stored: ResultTools, failed: [FailedTool] = []) -> Answer {
        guard let answers, failed.isEmpty else { return find(stored, failed) }
        return answers.find(stored) { find(stored, failed) }
    }

    private func find(_ stored: ResultTools, _ failed: [FailedTool]) -> Answer {
        let isSameDecoding = stored.rules == asked.rules && stored.threads == asked.threads
        let merge = Merge(self, stored.tools, failed, canKeep: isSameDecoding)
        if isSameDecoding, merge.isCovered { return .covered }
        return .run(reason(stored, merge), job(merge, kept: isSameDecoding ? merge.kept : []))
    }

    /// All that is asked for and all that a result has, measured anew; tools of plugins that are not asked for go.
    func complete(_ stored: ResultTools, failed: [FailedTool] = []) -> JobTools {
        job(Merge(self, stored.tools, failed, canKeep: false), kept: [])
    }

    /// All that a result has that covers what is asked for, as it is.
    func keep(_ stored: ResultTools, failed: [FailedTool]) -> JobTools {
        let merge = Merge(self, stored.tools, failed, canKeep: true)
        var job = job(merge, kept: [])
        job.made = stored
        job.made.tools = stored.tools.filter { tool in
            !ResultTools.isExternal(tool) || merge.tools.contains { ResultTools.id($0) == ResultTools.id(tool) }
        }.map { SettingsDigest.plain($0) }
        job.kept = job.made.tools.map(ResultTools.id).filter { id in !merge.leftOut.contains { $0.tool == id } }
        return job
    }

    private func job(_ merge: Merge, kept: [String]) -> JobTools {
        JobTools(
            made: ResultTools(tools: merge.tools, threads: asked.threads, rules: asked.rules), kept: kept,
            leftOut: merge.leftOut, references: merge.references)
    }

    private func reason(_ stored: ResultTools, _ merge: Merge) -> String {
        var parts: [String] = []
        var older: [String] = []
        if stored.rules < asked.rules { older.append("rules of decoding and verdicts") }
        if !merge.older.isEmpty { older.append("versions of \(merge.older.joined(separator: ", "))") }
        if !older.isEmpty { parts.append("\(ToolReuse.olderWords) \(older.joined(separator: " and older "))") }
        if stored.rules > asked.rules { parts.append("made by newer rules of decoding and verdicts") }
        if !merge.newer.isEmpty { parts.append("made by newer versions of \(merge.newer.joined(separator: ", "))") }
        if stored.threads != asked.threads { parts.append("made by several decoder threads of an older version") }
        parts += merge.changed
        if !merge.added.isEmpty { parts.append("\(merge.added.joined(separator: ", ")) added") }
        if !merge.again.isEmpty { parts.append("failed before: \(merge.again.joined(separator: ", "))") }
        if !merge.measured.isEmpty { parts.append("measured again: \(merge.measured.joined(separator: ", "))") }
        if !merge.detected.isEmpty { parts.append("re-evaluated: \(merge.detected.joined(separator: ", "))") }
        if !merge.lost.isEmpty {
            parts.append("\(merge.lost.joined(separator: ", ")) not named by this run, and lost")
        }
        return parts.joined(separator: "; ")
    }
}

/// The tools of a result and those of a run, held against each other.
private struct Merge {
    private(set) var tools: [JSON] = []
    private(set) var kept: [String] = []
    private(set) var added: [String] = []
    private(set) var older: [String] = []
    private(set) var newer: [String] = []
    /// Of plugins, in what else they differ.
    private(set) var changed: [String] = []
    /// External tools that failed and are tried again.
    private(set) var again: [String] = []
    /// External tools whose measures cannot be kept and that the run cannot make.
    private(set) var lost: [String] = []
    private(set) var leftOut: [ToolFailure] = []
    private(set) var references: [String: JobRequest.PluginReference] = [:]
    /// Settings, as tool.key.
    private(set) var measured: [String] = []
    private(set) var detected: [String] = []
    /// Whether every tool that is asked for is there as it is asked for.
    private(set) var isCovered = true

    /// - Parameter canKeep: whether measures of the result are of the decoding that the run would make.
    init(_ reuse: ToolReuse, _ stored: [JSON], _ failed: [FailedTool], canKeep: Bool) {
        let asked = reuse.asked.tools
        func wanted(_ id: String) -> JSON? { asked.first { ResultTools.id($0) == id } }
        for tool in reuse.available where !ResultTools.isExternal(tool.description) {
            take(tool, was: stored.first { ResultTools.id($0) == tool.id }, wanted: wanted(tool.id))
        }
        // Those that are there, in the order of the result, then those that come to it.
        let there = stored.filter(ResultTools.isExternal)
        for was in there {
            let id = ResultTools.id(was)
            let failure = failed.first { $0.id == id }
            if let wanted = wanted(id) {
                take(wanted, was: was, failure: failure, hasFailed: failure != nil || was["error"] != nil, reuse)
            } else if failure == nil, was["error"] == nil {
                keep(was, reuse, canKeep: canKeep)
            }
        }
        for wanted in asked
        where ResultTools.isExternal(wanted) && !there.contains(where: { ResultTools.id($0) == ResultTools.id(wanted) })
        {
            take(wanted, was: nil, failure: nil, hasFailed: false, reuse)
        }
    }

    /// An external tool that the run asks for.
    private mutating func take(
        _ wanted: JSON, was: JSON?, failure: FailedTool?, hasFailed: Bool, _ reuse: ToolReuse
    ) {
        let id = ResultTools.id(wanted)
        let tool =
            reuse.available.first { $0.id == id } ?? AvailableTool(description: wanted, measuring: [])
        guard hasFailed else { return take(tool, was: was, wanted: wanted) }
        tools.append(wanted)
        if let why = failure.flatMap({ reuse.memory.leavesOut($0, as: wanted) }) { return leftOut.append(why) }
        isCovered = false
        again.append(id)
    }

    /// An external tool of the result that the run does not ask for.
    private mutating func keep(_ was: JSON, _ reuse: ToolReuse, canKeep: Bool) {
        let id = ResultTools.id(was)
        let plugin = String(id.prefix { $0 != "/" })
        guard canKeep, let fingerprint = was["fingerprint"]?.string, let device = was["device"]?.string,
            let manifest = reuse.manifest(plugin, fingerprint)
        else { return lost.append(id) }
        tools.append(SettingsDigest.plain(was))
        kept.append(id)
        references[id] = JobRequest.PluginReference(
            manifest: manifest, fingerprint: fingerprint, device: device, place: device)
    }

    private mutating func take(_ tool: AvailableTool, was: JSON?, wanted: JSON?) {
        guard let description = wanted ?? was.map({ tool.replacing($0) }) else { return }
        tools.append(description)
        guard let was else {
            isCovered = false
            return added.append(tool.id)
        }
        let version = was["version"]?.string ?? ""
        var differing: [String] = []
        for setting in description["settings"]?.members ?? [] {
            let known = was["settings"]?[setting.key].map { JSONWriter.encode($0) }
            if known != JSONWriter.encode(setting.value) { differing.append(setting.key) }
        }
        if wanted != nil, version != tool.version || !differing.isEmpty { isCovered = false }
        guard version == tool.version else {
            if Merge.isOlder(version, than: tool.version) { older.append(tool.id) } else { newer.append(tool.id) }
            return
        }
        let others = [("fingerprint", "its files changed"), ("device", "another device")].filter {
            was[$0.0] != description[$0.0]
        }
        guard others.isEmpty else {
            isCovered = false
            return changed.append("\(tool.id): \(others.map(\.1).joined(separator: ", "))")
        }
        let measuring = differing.filter { tool.measuring.contains($0) }
        measured += measuring.map { "\(tool.id).\($0)" }
        if measuring.isEmpty {
            kept.append(tool.id)
            detected += differing.map { "\(tool.id).\($0)" }
        }
    }

    /// Versions of three numbers; what is none counts as older.
    private static func isOlder(_ one: String, than other: String) -> Bool {
        func numbers(_ text: String) -> [Int] { text.split(separator: ".").map { Int($0) ?? -1 } }
        return numbers(one).lexicographicallyPrecedes(numbers(other))
    }
}
