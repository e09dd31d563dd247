#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// Who may change a file or a folder, as its owner and mode say.
package struct Ownership: Equatable, Sendable {
    /// Whether it belongs to root, or to whom this process works for.
    package var isOwn: Bool
    /// Whether everybody may write to it, or its group, if that is not its owner's alone.
    package var isShared: Bool
    /// A folder in which everybody may only remove and rename what is theirs, as `/tmp`.
    package var isSticky: Bool

    /// Follows a link.
    ///
    /// - Throws: `SystemError` when it cannot be looked at.
    package init(of path: RawPath) throws(SystemError) {
        var raw = stat()
        guard path.withCString({ stat($0, &raw) }) == 0 else { throw SystemError("stat", path) }
        isOwn = raw.st_uid == 0 || raw.st_uid == geteuid()
        let isForGroup = raw.st_mode & S_IWGRP != 0 && !Ownership.isPrivate(group: raw.st_gid, of: raw.st_uid)
        isShared = isForGroup || raw.st_mode & S_IWOTH != 0
        isSticky = raw.st_mode & S_ISVTX != 0
    }

    /// Whether a group is the one that some systems make for each user and nobody else: what the usual umask there, 002, lets
    /// it write, it may.
    private static func isPrivate(group: gid_t, of owner: uid_t) -> Bool {
        guard owner != 0, let user = getpwuid(owner)?.pointee, user.pw_gid == group, let userName = user.pw_name else {
            return false
        }
        let name = String(cString: userName)
        guard let entry = getgrgid(group)?.pointee, let groupName = entry.gr_name, String(cString: groupName) == name
        else { return false }
        var member = entry.gr_mem
        while let text = member?.pointee {
            if String(cString: text) != name { return false }
            member = member?.advanced(by: 1)
        }
        return true
    }

    /// Why what lies at a path may be another user's work: somebody else may write to it, or to a folder on the way to it.
    /// Nil when only root and this process's user may.
    ///
    /// A sticky folder on the way is none of those: what lies in it stays its owner's.
    ///
    /// - Parameter path: absolute and without links.
    /// - Complexity: a call for each of its components.
    package static func fault(_ path: RawPath) -> String? {
        var place = path
        while true {
            do throws(SystemError) {
                let ownership = try Ownership(of: place)
                if !ownership.isOwn {
                    return
                        "\(place.display) belongs to another user; chown it, or copy the plugin to a folder of your own"
                }
                if ownership.isShared, place == path || !ownership.isSticky {
                    return "others may write to \(place.display); chmod go-w keeps them out"
                }
            } catch {
                return "\(place.display): \(error.reason)"
            }
            if place.components.isEmpty { return nil }
            place = place.parent
        }
    }
}
