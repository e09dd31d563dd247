internal import Bytes

/// How the program of an external tool ended: what its supervisor says on the control socket, one line of JSON.
package struct ToolEnd: Error, Equatable, Sendable {
    package enum Cause: String, CaseIterable, Sendable {
        /// By itself.
        case exited
        /// By a signal that the supervisor did not send.
        case signal
        /// Ended for having too many processes, or for using too much memory.
        case processes, memory
        /// It was told to, or who held it is gone.
        case stopped
        /// It could not be started.
        case start
        /// Its supervisor ended without a word.
        case lost
    }

    package var cause: Cause
    /// The exit status, the signal, or an errno; 0 for other causes.
    package var status: Int
    /// One sentence for people.
    package var message: String
    /// The last that it printed, 64 KiB at most, with other than printable characters made visible; line feeds stay.
    package var log: String

    package init(_ cause: Cause, status: Int = 0, _ message: String, log: String = "") {
        self.cause = cause
        self.status = status
        self.message = message
        self.log = log
    }

    /// The line with its line feed.
    package var line: [UInt8] {
        JSONWriter.encode([
            "type": "over", "cause": .string(cause.rawValue), "status": .int(status), "message": .string(message),
            "log": .string(log),
        ]) + [0x0a]
    }

    /// Reads the line, with its line feed or without. Nil when it is no such line.
    package init?(line: some Collection<UInt8>) {
        guard let json = try? JSONReader.parse(Array(line)), json["type"]?.string == "over",
            let cause = json["cause"]?.string.flatMap({ Cause(rawValue: $0) }), let status = json["status"]?.int,
            let message = json["message"]?.string, let log = json["log"]?.string
        else { return nil }
        self.init(cause, status: status, message, log: log)
    }

    /// The last lines of its log, 4 KiB at most.
    package var logTail: String {
        guard log.utf8.count > ToolEnd.tail else { return log }
        let bytes = Array(log.utf8.suffix(ToolEnd.tail))
        // Whole lines where there are some; else from a character on.
        let start =
            bytes.firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.firstIndex { $0 & 0xc0 != 0x80 } ?? bytes.endIndex
        return String(decoding: bytes[start...], as: UTF8.self)
    }
    private static let tail = 4096
}
