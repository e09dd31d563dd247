internal import Bytes
internal import Store

/// The command that runs one video again with the settings of the run.
enum Rerun {
    static func command(_ run: RunDocument, _ video: ReportVideo) -> String {
        var words = run.command
        if !words.isEmpty { words.removeFirst() }
        if words.first == "run" { words.removeFirst() }
        if words.isEmpty { words = run.input }
        var kept: [String] = []
        var skipsNext = false
        for word in words {
            if skipsNext {
                skipsNext = false
            } else if word == "--include" || word == "--exclude" {
                skipsNext = true
            } else if !dropped.contains(word), !word.hasPrefix("--include="), !word.hasPrefix("--exclude=") {
                kept.append(word)
            }
        }
        let text = ["forgebatch", "run", "--include", Escape.shell(pattern(video.raw)), "--retry-failed"]
        let more = video.isQuarantined ? ["--retry-quarantined"] : []
        return (text + more + kept.map { Escape.shell(Array($0.utf8)) }).joined(separator: " ")
    }

    private static let dropped: Set = ["--force", "--retry-failed", "--retry-quarantined"]

    /// A file name pattern that matches this path alone. The slash before it anchors it, and keeps a leading dash from
    /// being taken for a flag.
    private static func pattern(_ path: RawPath) -> [UInt8] {
        var result = [UInt8(ascii: "/")]
        for byte in path.bytes {
            if Array("*?[]\\".utf8).contains(byte) { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        return result
    }
}
