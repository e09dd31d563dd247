#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// Who may change a file or a folder, as its owner and mode say.
package struct Ownership: Equatable, Sendable {
    /// Whether it belongs to root, or to whom this process works for.
    package var isOwn: Bool
    /// Whether its group, or everybody, may write to it.
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
        isShared = raw.st_mode & (S_IWGRP | S_IWOTH) != 0
        isSticky = raw.st_mode & S_ISVTX != 0
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
