package import Bytes

/// What a result depends on besides its video, in one word: schema, tools with versions and settings,
/// the rules of decoding.
package enum SettingsDigest {
    /// - Parameters:
    ///   - tools: objects of id, version and settings, as a result lists them.
    ///   - threads: 1, but for results of version 0.1 that several decoder threads made; they may differ where damaged.
    ///   - rules: the version of the rules of decoding and verdicts; results before version 2 do not tell it.
    package static func of(tools: [JSON], threads: Int = 1, rules: Int) -> String {
        let sorted = tools.map { plain($0) }.sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
        let text = JSON.members([
            "schema": "forgebatch/result/1", "threads": .int(threads), "rules": rules > 1 ? .int(rules) : nil,
            "tools": .array(sorted),
        ])
        return String(Digest.sha256(JSONWriter.encode(text)).prefix(16))
    }

    /// The same of one tool.
    package static func of(tool: JSON) -> String {
        String(Digest.sha256(JSONWriter.encode(plain(tool))).prefix(16))
    }

    /// A tool as a result lists it, without how it fared on this video.
    package static func plain(_ tool: JSON) -> JSON {
        guard let members = tool.members, members.contains(where: { fate.contains($0.key) }) else { return tool }
        return .object(members.filter { !fate.contains($0.key) })
    }

    /// What a result tells of an external tool that failed.
    private static let fate: Set = ["status", "error", "frames_done", "log"]
}
