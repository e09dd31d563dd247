package import Bytes

/// What a result depends on besides its video, in one word: schema, tools with versions and settings, decoder threads.
package enum SettingsDigest {
    /// - Parameter tools: objects of id, version and settings, as a result lists them.
    package static func of(tools: [JSON], threads: Int) -> String {
        let sorted = tools.sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
        let text = JSON.members([
            "schema": "forgebatch/result/1", "threads": .int(threads), "tools": .array(sorted),
        ])
        return String(Digest.sha256(JSONWriter.encode(text)).prefix(16))
    }
}
