internal import Bytes
internal import Glibc
internal import Synchronization

/// Standard output and standard error as a person or a program sees them.
enum Terminal {
    /// Writes a line for people. Text from files has to be escaped by then.
    ///
    /// - Parameter level: what a program is told that reads standard error as ``EventStream``.
    static func error(_ line: String, _ level: EventStream.Level = .warning) {
        guard EventStream.isOn else { return write(line + "\n", to: .standardError) }
        EventStream.message(line.withoutProgram, level)
    }

    /// Tells why the process ends.
    static func fatal(_ text: String, status: Int32) {
        guard EventStream.isOn else { return error("forgebatch: \(text)") }
        EventStream.error(text, status: status)
    }

    static func output(_ text: String) { output(Array((text + "\n").utf8)) }

    static func output(_ bytes: [UInt8]) {
        do throws(SystemError) {
            try Files.write(bytes, to: .standardOutput, path: RawPath("standard output"))
        } catch {
            // A reader that has seen enough is no error.
            if error.code != EPIPE { outputError.withLock { $0 = $0 ?? error } }
        }
    }

    private static let outputError = Mutex<SystemError?>(nil)

    /// Tells of output that was asked for and could not be written. Returns whether there was any.
    static func reportOutputError() -> Bool {
        guard let issue = outputError.withLock({ $0 }) else { return false }
        error("forgebatch: \(issue)")
        return true
    }

    /// A reader that went away is no reason to stop a batch.
    static func write(_ text: String, to descriptor: FileDescriptor) {
        try? Files.write(Array(text.utf8), to: descriptor, path: RawPath("standard stream"))
    }

    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Whether a terminal can move its cursor.
    static var isCapable: Bool {
        guard let term = environment("TERM") else { return false }
        return term != "dumb" && !term.isEmpty
    }

    /// Columns and rows of the terminal behind standard error.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

extension String {
    /// Without the program's name, by which a line of many programs is told apart.
    fileprivate var withoutProgram: String {
        hasPrefix("forgebatch: ") ? String(dropFirst("forgebatch: ".count)) : self
    }
}
