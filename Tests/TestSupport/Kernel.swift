package import Bytes
internal import CTestSupport
internal import Glibc

/// What the kernel has, and what it says of tasks.
package enum Kernel {
    /// Whether it has all that workers are confined with: Landlock with scopes, and seccomp.
    package static let confines = fbt_landlock_abi() >= 6 && members(RawPath("/proc/self/status"))["Seccomp"] != nil

    /// The members of a file of /proc with a `Name: value` a line; white space in a value is one space.
    package static func members(_ path: RawPath) -> [String: String] {
        var members: [String: String] = [:]
        for line in String(decoding: (try? Files.read(path)) ?? [], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            members[String(parts[0])] = parts[1].split { $0.isWhitespace }.joined(separator: " ")
        }
        return members
    }
}
