#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// Other processes, and this one's tie to its parent.
package enum Processes {
    /// Ends a process group by SIGKILL.
    ///
    /// - Parameter leader: the process that the group is named after.
    package static func killGroup(_ leader: Int32) { _ = kill(-leader, SIGKILL) }

    /// The environment of this process; what is no UTF-8 is left out.
    package static var environment: [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let text = next.pointee {
            if let pair = RawPath(cString: text).text, let equals = pair.firstIndex(of: "=") {
                result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            next += 1
        }
        return result
    }

    /// Has the kernel end a process before this one when memory runs out: its `oom_score_adj` is halfway from this one's to
    /// 1000, and 500 at least. Where that may not be written, it stays.
    package static func offerToOutOfMemoryKiller(_ process: Int32) {
        let own = (try? Files.read(RawPath("/proc/self/oom_score_adj"), limit: 64)).flatMap {
            Int(String(decoding: $0.prefix { $0 != 0x0a }, as: UTF8.self))
        }
        let path = RawPath("/proc/\(process)/oom_score_adj")
        guard let file = try? Files.open(path, O_WRONLY) else { return }
        defer { Files.close(file) }
        try? Files.write(Array(String(max(500, ((own ?? 0) + 1000) / 2)).utf8), to: file, path: path)
    }

    /// Whether one of a process's threads is in a call of the kernel that no signal ends, as one to a share that does not
    /// answer.
    package static func isUninterruptible(_ process: Int32) -> Bool {
        let tasks = RawPath("/proc/\(process)/task")
        return ((try? Files.list(tasks)) ?? []).contains { task in
            guard let stat = try? Files.read(tasks.appending(task).appending("stat"), limit: 4096),
                let name = stat.lastIndex(of: UInt8(ascii: ")"))
            else { return false }
            // `PID (name) STATE …`
            return stat[name...].dropFirst(2).first == UInt8(ascii: "D")
        }
    }

    /// Ends this process when its standard input does: the parent, which holds the other end, is then gone. A thread of its
    /// own waits for that.
    ///
    /// - Parameters:
    ///   - milliseconds: between two calls of `pulse`.
    ///   - pulse: called on that thread.
    /// - Throws: `SystemError` when there is no memory for a thread.
    package static func endWithInput(
        every milliseconds: Int, pulse: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        let context = Unmanaged.passRetained(Pulse(milliseconds, pulse))
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { opaque in
                guard let opaque else { return nil }
                let pulse = Unmanaged<Pulse>.fromOpaque(opaque).takeRetainedValue()
                while true {
                    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                    let ready = poll(&input, 1, pulse.milliseconds)
                    if ready == 0 { pulse.body() }
                    guard ready > 0 else { continue }
                    var byte: UInt8 = 0
                    let got = read(STDIN_FILENO, &byte, 1)
                    if got == 0 || (got < 0 && errno != EINTR) { _exit(0) }
                }
            }, context.toOpaque())
        guard failed == 0 else {
            context.release()
            throw SystemError("pthread_create", RawPath("standard input"), code: failed)
        }
        pthread_detach(thread)
    }
}

private final class Pulse: Sendable {
    let milliseconds: Int32
    let body: @Sendable () -> Void

    init(_ milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
        (self.milliseconds, self.body) = (Int32(clamping: milliseconds), body)
    }
}
