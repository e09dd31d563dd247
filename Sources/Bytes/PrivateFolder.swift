#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// A folder for one user of it, that others may not look into. A lock tells that it is in use, so that a later run clears
/// away what a killed one left.
package final class PrivateFolder: Sendable {
    package let path: RawPath
    private let lock: FileDescriptor

    /// Makes one with a name of its own.
    ///
    /// - Parameters:
    ///   - parent: an absolute path.
    ///   - prefix: what its name begins with.
    /// - Throws: `SystemError` when there is no folder to be made.
    package init(in parent: RawPath, prefix: String) throws(SystemError) {
        while true {
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            let path = parent.appending(prefix + String(repeating: "0", count: 16 - digits.count) + digits)
            guard path.withCString({ mkdir($0, 0o700) }) == 0 else {
                if errno == EEXIST { continue }
                throw SystemError("mkdir", path)
            }
            let lock = try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            while flock(lock.number, LOCK_EX) != 0, errno == EINTR {}
            // A sweep may have met it before it was locked.
            var raw = stat()
            if fstat(lock.number, &raw) == 0, raw.st_nlink > 0 {
                self.path = path
                self.lock = lock
                return
            }
            Files.close(lock)
        }
    }

    /// Removes it with all that it holds. Nobody may write into it any more.
    package func remove() { FolderTree.remove(path) }

    deinit { Files.close(lock) }

    /// Removes those of this user that nobody uses any more.
    ///
    /// - Complexity: one look at each name in the parent.
    package static func sweep(_ parent: RawPath, prefix: String) {
        for name in (try? Files.list(parent)) ?? [] {
            let random = name.bytes.dropFirst(prefix.utf8.count)
            guard name.bytes.starts(with: prefix.utf8), random.count == 16,
                random.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else { continue }
            let path = parent.appending(name)
            guard let folder = try? Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { continue }
            defer { Files.close(folder) }
            var raw = stat()
            guard fstat(folder.number, &raw) == 0, raw.st_uid == geteuid(), flock(folder.number, LOCK_EX | LOCK_NB) == 0
            else { continue }
            FolderTree.remove(path)
        }
    }
}

/// A folder with all below it.
package enum FolderTree {
    /// Removes a folder that may hold anything: links are not followed, folders that nobody may enter are opened up, and
    /// however deep they lie, two are open at a time. What the file system keeps stays.
    ///
    /// - Complexity: the number of names.
    package static func remove(_ path: RawPath) {
        guard let top = try? Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return }
        defer { Files.close(top) }
        // A name that nothing in it can have foreseen.
        let prefix = ".up-" + String(UInt64.random(in: .min ... .max), radix: 16) + "-"
        var number = 0
        var moved = -1
        // It ends when there is nothing left, or nothing comes up any more.
        while let names = try? Files.list(RawPath("/proc/self/fd/\(top.number)")), !names.isEmpty, moved != 0 {
            moved = 0
            for name in names where !unlink(name, in: top) {
                guard let folder = enter(name, in: top) else { continue }
                for inner in (try? Files.list(RawPath("/proc/self/fd/\(folder.number)"))) ?? [] {
                    if unlink(inner, in: folder) { continue }
                    open(inner, in: folder)
                    let free = RawPath(prefix + String(number))
                    number += 1
                    let result = inner.withCString { from in
                        free.withCString { renameat(folder.number, from, top.number, $0) }
                    }
                    if result == 0 { moved += 1 }
                }
                Files.close(folder)
                _ = name.withCString { unlinkat(top.number, $0, AT_REMOVEDIR) }
            }
        }
        Files.removeEmptyDirectory(path)
    }

    /// Whether it is gone: no folder, or an empty one.
    private static func unlink(_ name: RawPath, in folder: FileDescriptor) -> Bool {
        name.withCString { unlinkat(folder.number, $0, 0) == 0 || unlinkat(folder.number, $0, AT_REMOVEDIR) == 0 }
    }

    /// Lets this user into a folder in another.
    private static func open(_ name: RawPath, in folder: FileDescriptor) {
        var raw = stat()
        name.withCString {
            guard fstatat(folder.number, $0, &raw, AT_SYMLINK_NOFOLLOW) == 0, raw.st_mode & S_IFMT == S_IFDIR else {
                return
            }
            _ = fchmodat(folder.number, $0, 0o700, 0)
        }
    }

    private static func enter(_ name: RawPath, in folder: FileDescriptor) -> FileDescriptor? {
        open(name, in: folder)
        let number = name.withCString { openat(folder.number, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        return number < 0 ? nil : FileDescriptor(number)
    }
}
