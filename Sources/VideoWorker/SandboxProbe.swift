internal import CLimits
internal import Glibc

/// What confines workers on this machine: what the kernel offers, and what a confined child process was refused.
package struct SandboxProbe: Sendable {
    /// The ABI of Landlock, 0 where the kernel has none; nil where it may not be used.
    package let landlock: Int?
    /// Why it may not be used.
    package let landlockRefusal: String?
    /// Whether the kernel filters system calls.
    package let hasFilter: Bool
    /// What kept a child process from being confined, or from being tried; nil when nothing did.
    package let failure: String?
    /// What a confined child process could still do, of what it must not.
    package let leaks: [String]

    /// Confines a child process and has it try.
    package static func make() -> SandboxProbe {
        let abi = fb_landlock_abi()
        var probe = fb_probe()
        let failed = fb_probe(&probe)
        let attempts = [
            ("open a file", probe.open_file), ("make a file", probe.make_file),
            ("change a mode", probe.change_mode), ("make a TCP socket", probe.tcp_socket),
            ("make a Unix socket", probe.unix_socket), ("signal its parent", probe.signal_parent),
            ("start a process", probe.start_process), ("run a program", probe.run_program),
        ]
        var failure: String?
        if failed != 0 {
            failure = "a child process: \(reason(failed))"
        } else if probe.confined != 0 {
            failure = "\(probe.sandbox.failed.map { String(cString: $0) } ?? ""): \(reason(probe.confined))"
        } else if probe.thread != 0 {
            failure = "a thread: \(reason(probe.thread))"
        }
        return SandboxProbe(
            landlock: abi < 0 ? nil : Int(abi), landlockRefusal: abi < 0 ? reason(-abi) : nil,
            hasFilter: fb_has_filter() != 0, failure: failure,
            leaks: failure == nil ? attempts.filter { $0.1 == 0 }.map(\.0) : [])
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
