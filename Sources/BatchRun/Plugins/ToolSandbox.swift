internal import Bytes
internal import CLimits
package import Jobs

/// What the kernel has to confine external tools with, and what becomes of that.
package struct ToolSandbox: Equatable, Sendable {
    /// Why tools are not started.
    package struct Refusal: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The ABI of Landlock, 0 for none; negative, with the errno, where it may not be used.
    package var landlock: Int
    /// Whether system calls can be filtered here.
    package var filter: Bool

    package init(landlock: Int, filter: Bool) {
        self.landlock = landlock
        self.filter = filter
    }

    /// What this machine's kernel has.
    package static var kernel: ToolSandbox {
        ToolSandbox(landlock: Int(fb_landlock_abi()), filter: fb_has_filter() != 0 && fb_has_filter_list() != 0)
    }

    private var missing: [String] {
        [landlock == 0 ? "Landlock" : nil, filter ? nil : "filter of system calls"].compactMap { $0 }
    }

    /// What to tell a person once a run: a barrier that tools run without.
    package func note(_ mode: SandboxMode) -> String? {
        switch mode {
        case .off: return "--sandbox off: plugins run without Landlock and seccomp"
        case .require: return nil
        case .auto:
            return missing.isEmpty
                ? nil : "this kernel has no \(missing.joined(separator: " and no ")): plugins run without it"
        }
    }

    /// What is put in force.
    ///
    /// - Throws: ``Refusal`` where something is asked for that is not to be had.
    package func applied(_ mode: SandboxMode) throws(Refusal) -> ToolSandbox {
        if mode == .off { return ToolSandbox(landlock: 0, filter: false) }
        if landlock < 0 {
            let reason = SystemError("landlock", RawPath(""), code: Int32(-landlock)).reason
            throw Refusal(description: "sandbox: Landlock: \(reason); --sandbox off does without")
        }
        if mode == .require, let first = missing.first {
            throw Refusal(
                description:
                    "sandbox: this kernel has no \(first), and --sandbox require asks for it; auto does without")
        }
        return self
    }
}
