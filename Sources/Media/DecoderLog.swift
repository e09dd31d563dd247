internal import CFFmpeg
internal import Glibc

/// A message of FFmpeg's libraries, without addresses, so that it is the same in every run.
struct LogLine: Equatable, CustomStringConvertible, Sendable {
    enum Source: Sendable { case demuxer, decoder }
    var source: Source
    /// The demuxer's or codec's name; empty where the object that speaks has none, as a parser.
    var name: String
    var text: String
    /// Less than an error.
    var isWarning: Bool

    var description: String { name.isEmpty ? text : "\(name): \(text)" }

    /// Whether it says that the file ends before its own structure does.
    var tellsOfEarlyEnd: Bool { text.contains("ended prematurely") || text.contains("partial file") }

    /// Whether it tells of a lack of memory, in the words of whatever part of FFmpeg ran into it.
    var isOutOfMemory: Bool {
        let text = text.lowercased()
        return ["cannot allocate", "could not allocate", "failed to allocate", "unable to allocate", "out of memory"]
            .contains { text.contains($0) } || text.contains("alloc") && text.contains("fail")
    }
}

/// What FFmpeg's libraries log while one video is read: errors, and of demuxers warnings too.
///
/// FFmpeg has one log callback for the whole process. A line belongs to the thread that reads a video when it comes from
/// there, so that two readers on two threads do not count each other's damage. Lines of FFmpeg's own decoder threads
/// belong to whoever asks next: a worker process has one reader.
enum DecoderLog {
    private static let lines = Lines()

    private final class Lines: @unchecked Sendable {
        // Proof for @unchecked: `kept` and `strays` are only touched between lock() and unlock().
        private var kept: [pthread_t: [LogLine]] = [:]
        private var strays: [LogLine] = []
        private let guardian = Lock()

        func begin() {
            guardian.withLock { kept[pthread_self()] = [] }
        }

        func add(_ line: LogLine) {
            guardian.withLock {
                let own = kept[pthread_self()]
                guard own?.count ?? strays.count < 1000 else { return }
                if own == nil { strays.append(line) } else { kept[pthread_self()]?.append(line) }
            }
        }

        func forgetDemuxer() {
            guardian.withLock { kept[pthread_self()]?.removeAll { $0.source == .demuxer } }
        }

        func hold(_ text: String) -> Bool {
            guardian.withLock { kept[pthread_self()]?.contains { $0.text.contains(text) } ?? false }
        }

        func take() -> [LogLine] {
            guardian.withLock {
                let own = kept[pthread_self()] ?? []
                if !own.isEmpty { kept[pthread_self()] = [] }
                defer { strays.removeAll() }
                return own + strays
            }
        }
    }

    /// Starts collecting lines instead of printing them.
    static func install() {
        lines.begin()
        fb_log_install { context, level, line in
            guard let line else { return }
            let text = DecoderLog.clean(String(cString: line))
            guard !text.isEmpty else { return }
            let name = fb_log_name(context).map { String(cString: $0) } ?? ""
            DecoderLog.lines.add(
                LogLine(
                    source: fb_log_is_demuxer(context) != 0 ? .demuxer : .decoder, name: name == "NULL" ? "" : name,
                    text: text,
                    isWarning: level > AV_LOG_ERROR))
        }
    }

    /// This thread's lines since the last call.
    static func take() -> [LogLine] { lines.take() }

    /// Whether a line of this thread since the last call of ``take()`` says so.
    static func says(_ text: String) -> Bool { lines.hold(text) }

    /// Drops what the demuxer said on this thread since the last call.
    static func forgetDemuxer() { lines.forgetDemuxer() }

    /// The text on one line, without control characters and without blanks at its end.
    private static func clean(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars.filter { $0.value >= 0x20 })
        while scalars.last == " " { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }
}
