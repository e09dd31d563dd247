package import Bytes

/// What a result depends on besides its video, in one word: schema, tools with versions and settings,
/// decoder threads, the rules of decoding.
package enum SettingsDigest {
    /// - Parameters:
    ///   - tools: objects of id, version and settings, as a result lists them.
    ///   - rules: the version of the rules of decoding and verdicts; results before version 2 do not tell it.
    package static func of(tools: [JSON], threads: Int, rules: Int) -> String {
        let sorted = tools.sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
        let text = JSON.members([
            "schema": "forgebatch/result/1", "threads": .int(threads), "rules": rules > 1 ? .int(rules) : nil,
            "tools": .array(sorted),
        ])
        return String(Digest.sha256(JSONWriter.encode(text)).prefix(16))
    }
}
