internal import Bytes

/// The last that a tool printed.
struct ToolLog {
    /// Bytes that are kept.
    static let most = 64 << 10
    /// Bytes of the text made of them, where many have to be made visible.
    private static let textMost = 96 << 10

    private var bytes: [UInt8] = []

    /// - Complexity: the number of bytes added, and now and then a move of what is kept.
    mutating func add(_ more: ArraySlice<UInt8>) {
        if more.count >= ToolLog.most { bytes.removeAll(keepingCapacity: true) }
        bytes.append(contentsOf: more.suffix(ToolLog.most))
        if bytes.count > 4 * ToolLog.most { bytes.removeFirst(bytes.count - ToolLog.most) }
    }

    /// As people may read it: characters that are not printable are made visible, line feeds stay.
    var text: String {
        let lines = bytes.suffix(ToolLog.most).split(separator: 0x0a, omittingEmptySubsequences: false)
        let text = lines.map { Escape.visible(bytes: $0) }.joined(separator: "\n")
        guard text.utf8.count > ToolLog.textMost else { return text }
        let kept = Array(text.utf8.suffix(ToolLog.textMost))
        return String(decoding: kept[(kept.firstIndex { $0 & 0xc0 != 0x80 } ?? kept.endIndex)...], as: UTF8.self)
    }
}
