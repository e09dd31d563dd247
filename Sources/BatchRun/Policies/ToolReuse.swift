package import Bytes
internal import Jobs

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

    var id: String { description["id"]?.string ?? "" }
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
    /// Of the decoder.
    package var threads: Int
    /// The version of the rules of decoding.
    package var rules: Int

    package init(tools: [JSON], threads: Int, rules: Int) {
        self.tools = tools
        self.threads = threads
        self.rules = rules
    }

    package var digest: String { SettingsDigest.of(tools: tools, threads: threads, rules: rules) }
}

/// The tools of one job, where they are not just those of the run.
package struct JobTools: Equatable, Sendable {
    /// All tools that its result will have, in their order, as results list them.
    package var made: ResultTools
    /// Those whose measures are taken from the result that is there. When these are all, nothing is decoded.
    package var kept: [String] = []

    var requests: [JobRequest.Tool] {
        made.tools.map { tool in
            let settings = (tool["settings"]?.members ?? []).map { ($0.key, $0.value) }
            return JobRequest.Tool(
                id: tool["id"]?.string ?? "", settings: Dictionary(settings, uniquingKeysWith: { first, _ in first }))
        }
    }
}

/// Decides what of a result with other tools, settings or versions can stay.
///
/// A result never loses a tool because a run asks for fewer: what is not asked for is kept.
struct ToolReuse: Sendable {
    enum Answer: Equatable {
        /// The result has all that is asked for, and more.
        case covered
        case run(String, JobTools)
    }

    /// What a reason begins with when only what was known when a result was made is to blame.
    static let olderWords = "made by older"

    /// What the run asks for.
    var asked: ResultTools
    /// All tools of this build, in their order.
    var available: [AvailableTool]

    /// What is to be done for a sound result of an unchanged video.
    func answer(_ stored: ResultTools) -> Answer {
        let merge = Merge(stored.tools, asked.tools, available)
        let isSameDecoding = stored.rules == asked.rules && stored.threads == asked.threads
        if isSameDecoding, merge.isCovered { return .covered }
        return .run(reason(stored, merge), JobTools(made: made(merge), kept: isSameDecoding ? merge.kept : []))
    }

    /// All that is asked for and all that a result has, measured anew.
    func complete(_ stored: ResultTools) -> JobTools {
        JobTools(made: made(Merge(stored.tools, asked.tools, available)))
    }

    private func made(_ merge: Merge) -> ResultTools {
        ResultTools(tools: merge.tools, threads: asked.threads, rules: asked.rules)
    }

    private func reason(_ stored: ResultTools, _ merge: Merge) -> String {
        var parts: [String] = []
        var older: [String] = []
        if stored.rules < asked.rules { older.append("rules of decoding and verdicts") }
        if !merge.older.isEmpty { older.append("versions of \(merge.older.joined(separator: ", "))") }
        if !older.isEmpty { parts.append("\(ToolReuse.olderWords) \(older.joined(separator: " and older "))") }
        if stored.rules > asked.rules { parts.append("made by newer rules of decoding and verdicts") }
        if !merge.newer.isEmpty { parts.append("made by newer versions of \(merge.newer.joined(separator: ", "))") }
        if stored.threads != asked.threads { parts.append("other settings: threads-per-job") }
        if !merge.added.isEmpty { parts.append("\(merge.added.joined(separator: ", ")) added") }
        if !merge.measured.isEmpty { parts.append("measured again: \(merge.measured.joined(separator: ", "))") }
        if !merge.detected.isEmpty { parts.append("re-evaluated: \(merge.detected.joined(separator: ", "))") }
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
    /// Settings, as tool.key.
    private(set) var measured: [String] = []
    private(set) var detected: [String] = []
    /// Whether every tool that is asked for is there as it is asked for.
    private(set) var isCovered = true

    init(_ stored: [JSON], _ asked: [JSON], _ available: [AvailableTool]) {
        for tool in available {
            take(
                tool, was: stored.first { $0["id"]?.string == tool.id },
                wanted: asked.first { $0["id"]?.string == tool.id })
        }
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
