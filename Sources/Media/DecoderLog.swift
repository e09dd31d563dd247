internal import CFFmpeg
internal import Glibc

/// Error lines that FFmpeg's libraries log while one video is read, cleaned of addresses so that they are the same in
/// every run.
///
/// FFmpeg has one log callback for the whole process. A line belongs to the thread that reads a video when it comes from
/// there, so that two readers on two threads do not count each other's damage. Lines of FFmpeg's own decoder threads
/// belong to whoever asks next: a worker process has one reader.
enum DecoderLog {
    private static let lines = Lines()

    private final class Lines: @unchecked Sendable {
        // Proof for @unchecked: `kept` and `strays` are only touched between lock() and unlock().
        private var kept: [pthread_t: [String]] = [:]
        private var strays: [String] = []
        private let guardian = Lock()

        func begin() {
            guardian.withLock { kept[pthread_self()] = [] }
        }

        func add(_ line: String) {
            guardian.withLock {
                let own = kept[pthread_self()]
                guard own?.count ?? strays.count < 1000 else { return }
                if own == nil { strays.append(line) } else { kept[pthread_self()]?.append(line) }
            }
        }

        func take() -> [String] {
            guardian.withLock {
                let own = kept[pthread_self()] ?? []
                if !own.isEmpty { kept[pthread_self()] = [] }
                defer { strays.removeAll() }
                return own + strays
            }
        }
    }

    /// Starts collecting error lines instead of printing them.
    static func install() {
        lines.begin()
        av_log_set_callback { context, level, format, arguments in
            guard level <= AV_LOG_ERROR, let format, let arguments else { return }
            var line = [CChar](repeating: 0, count: 512)
            var prefix: Int32 = 1
            av_log_format_line2(context, level, format, arguments, &line, 512, &prefix)
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let cleaned = DecoderLog.clean(text)
            if !cleaned.isEmpty { DecoderLog.lines.add(cleaned) }
        }
    }

    /// This thread's lines since the last call.
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
