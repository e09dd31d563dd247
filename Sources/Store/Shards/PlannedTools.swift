package import Bytes
package import Jobs

/// The tools of a planned job, where they are not just those of the run. Many jobs have the same, so that a plan keeps each
/// once.
package struct PlannedTools: Equatable, Sendable {
    /// Objects of id, version and settings.
    package var tools: [JSON]
    /// Of the decoder.
    package var threads: Int
    /// The version of the rules of decoding.
    package var rules: Int
    /// The ids of those whose measures are taken from the result that is there.
    package var kept: [String]
    /// External ones that are not tried, and why.
    package var leftOut: [ToolFailure]
    /// By their ids, the plugins of tools that the run does not name.
    package var references: [String: JobRequest.PluginReference]

    package init(
        tools: [JSON], threads: Int, rules: Int, kept: [String], leftOut: [ToolFailure],
        references: [String: JobRequest.PluginReference]
    ) {
        (self.tools, self.threads, self.rules) = (tools, threads, rules)
        (self.kept, self.leftOut, self.references) = (kept, leftOut, references)
    }

    var json: JSON {
        .members([
            "tools": .array(tools), "threads": .int(threads), "rules": .int(rules),
            "kept": .array(kept.map { .string($0) }),
            "left_out": leftOut.isEmpty ? nil : .array(leftOut.map(\.json)),
            "references": references.isEmpty
                ? nil
                : .object(references.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) }),
        ])
    }

    init?(_ json: JSON) {
        guard let tools = json["tools"]?.array, let threads = json["threads"]?.int, let rules = json["rules"]?.int
        else { return nil }
        var references: [String: JobRequest.PluginReference] = [:]
        for member in json["references"]?.members ?? [] {
            guard let reference = JobRequest.PluginReference(member.value) else { return nil }
            references[member.key] = reference
        }
        self.init(
            tools: tools, threads: threads, rules: rules, kept: (json["kept"]?.array ?? []).compactMap(\.string),
            leftOut: (json["left_out"]?.array ?? []).compactMap { ToolFailure($0) }, references: references)
    }
}
