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

    /// The processes of a session that still run: those that have ended and wait for a parent's question do not count.
    package static func processes(session leader: Int32) -> [Int32] {
        ((try? Files.list(RawPath("/proc"))) ?? []).compactMap { name in
            guard let process = name.text.flatMap({ Int32($0) }),
                let stat = try? Files.read(RawPath("/proc/\(process)/stat"), limit: 4096),
                let end = stat.lastIndex(of: UInt8(ascii: ")"))
            else { return nil }
            // State, parent, group, session.
            let words = stat[(end + 1)...].split(separator: 0x20).prefix(4).map { String(decoding: $0, as: UTF8.self) }
            return words.count == 4 && words[3] == String(leader) && words[0] != "Z" && words[0] != "X" ? process : nil
        }
    }
}
