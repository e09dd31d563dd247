internal import CFFmpeg

/// Error lines that FFmpeg's libraries log while one video is read, cleaned of addresses so that they are the same in
/// every run.
///
/// FFmpeg has one log callback for the whole process, and a worker decodes one video on one thread; the lines are only
/// touched from there, because decoding is single-threaded. (With more decoder threads lines may come from them, so a
/// lock guards the list.)
enum DecoderLog {
    private static let lines = Lines()

    private final class Lines: @unchecked Sendable {
        // Proof for @unchecked: `kept` and `count` are only touched between lock() and unlock().
        private var kept: [String] = []
        private let guardian = Lock()

        func add(_ line: String) {
            guardian.withLock { if kept.count < 1000 { kept.append(line) } }
        }

        func take() -> [String] {
            guardian.withLock {
                defer { kept.removeAll() }
                return kept
            }
        }
    }

    /// Starts collecting error lines instead of printing them.
    static func install() {
        fb_log_install { _, line in
            guard let line else { return }
            let text = DecoderLog.clean(String(cString: line))
            if !text.isEmpty { DecoderLog.lines.add(text) }
        }
    }

    /// The lines since the last call.
    static func take() -> [String] { lines.take() }

    /// `[h264 @ 0x55d0] text` becomes `h264: text`.
    static func clean(_ line: String) -> String {
        var text = Substring(line)
        while let last = text.unicodeScalars.last, last.value <= 0x20 { text = text.dropLast() }
        var names: [Substring] = []
        while text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            names.append(text[text.index(after: text.startIndex)..<end].prefix { $0 != " " })
            text = text[text.index(after: end)...].drop { $0 == " " }
        }
        let printable = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 }))
        return ((names.last.map { $0 + ": " } ?? "") + printable)
    }
}
