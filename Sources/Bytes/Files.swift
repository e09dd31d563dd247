#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// A system call that failed, or a file that is not what it should be: which, on what, why.
package struct SystemError: Error, CustomStringConvertible, Equatable {
    package var call: String
    package var path: String
    package var code: Int32
    /// Why, where the system's words for the code do not say it.
    package var detail: String?

    package init(_ call: String, _ path: RawPath, code: Int32 = errno) {
        self.call = call
        self.path = path.display
        self.code = code
    }

    /// For a file whose bytes are not what they should be.
    package init(_ call: String, _ path: RawPath, detail: String) {
        self.init(call, path, code: EBADMSG)
        self.detail = detail
    }

    package var reason: String { detail ?? String(cString: strerror(code)) }
    package var description: String { "\(path): \(call): \(reason)" }

    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
    /// Whether a file was to be made that is there.
    package var isPresent: Bool { code == EEXIST }
    package static let missing = ENOENT
    package static let noMemory = ENOMEM
    package static let fileTooLarge = EFBIG
    package var isTableFull: Bool { code == EMFILE || code == ENFILE }

    /// Whether a call that makes or names a file in a folder that is there failed as it does for names that a file system
    /// does not take: too long, no UTF-8, or with characters that it keeps for itself. Some say ENOENT or EPERM then.
    package var refusesName: Bool { [EINVAL, EILSEQ, ENAMETOOLONG, EPERM, ENOENT].contains(code) }

    /// Whether there is no room, or nothing to read, where a call must not wait.
    package var wouldWait: Bool { code == EAGAIN || code == EWOULDBLOCK }

    /// Whether there is nobody at the other end.
    package var isDisconnected: Bool { code == EPIPE || code == ECONNRESET }

    package var isForbidden: Bool { code == EACCES }
    package var isNameTooLong: Bool { code == ENAMETOOLONG }

    /// Whether a file system has no such call, or says that it has not.
    package var isUnsupported: Bool { [EPERM, EINVAL, EOPNOTSUPP, ENOSYS, EACCES].contains(code) }

    /// Whether a file system that has nothing to bring to the disk said so. EIO and the like are never that.
    fileprivate var needsNoSync: Bool { [EINVAL, EOPNOTSUPP, ENOSYS, EBADF].contains(code) }
}

/// What `lstat`/`stat` says, as far as forgebatch cares.
package struct FileStatus: Equatable, Sendable {
    package enum Kind: String, Sendable { case file, directory, link, fifo, socket, device, other }
    package var kind: Kind
    /// Bytes.
    package var size: Int64
    /// Nanoseconds since 1970.
    package var modified: Int64
    package var device: UInt64
    package var inode: UInt64

    package init(kind: Kind, size: Int64, modified: Int64, device: UInt64, inode: UInt64) {
        self.kind = kind
        self.size = size
        self.modified = modified
        self.device = device
        self.inode = inode
    }

    fileprivate init(_ raw: stat) {
        kind =
            switch raw.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFBLK, S_IFCHR: .device
            default: .other
            }
        size = Int64(raw.st_size)
        let (nanoseconds, overflow) = Int64(raw.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        modified = overflow ? Int64(raw.st_mtim.tv_sec) : nanoseconds &+ Int64(raw.st_mtim.tv_nsec)
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
    }
}

/// The file system, one function per call that forgebatch makes.
package enum Files {
    package static func status(_ path: RawPath, follow: Bool = true) throws(SystemError) -> FileStatus {
        var raw = stat()
        let result = path.withCString { follow ? stat($0, &raw) : lstat($0, &raw) }
        guard result == 0 else { throw SystemError("stat", path) }
        return FileStatus(raw)
    }

    package static func status(descriptor: FileDescriptor, path: RawPath) throws(SystemError) -> FileStatus {
        var raw = stat()
        guard fstat(descriptor.number, &raw) == 0 else { throw SystemError("fstat", path) }
        return FileStatus(raw)
    }

    package static func exists(_ path: RawPath) -> Bool { path.withCString { access($0, F_OK) == 0 } }

    /// Whether this process may run the file.
    package static func isExecutable(_ path: RawPath) -> Bool { path.withCString { access($0, X_OK) == 0 } }

    /// - Parameter mode: of a file that is made. The umask, or what its folder hands down, takes from it.
    package static func open(_ path: RawPath, _ flags: Int32, mode: UInt32 = 0o666) throws(SystemError)
        -> FileDescriptor
    {
        var flags = flags | O_CLOEXEC
        while true {
            let number = path.withCString { Glibc.open($0, flags, mode) }
            if number >= 0 { return FileDescriptor(number) }
            let code = errno
            if code == EINTR { continue }
            // In a sticky folder Linux may refuse O_CREAT for another user's file that may be written (protected_regular).
            guard code == EACCES, flags & O_CREAT != 0, flags & O_EXCL == 0, exists(path) else {
                throw SystemError("open", path, code: code)
            }
            flags &= ~O_CREAT
        }
    }

    /// Opens a regular file for reading without ever blocking on a FIFO or following nothing but the name given.
    package static func openInput(_ path: RawPath) throws(SystemError) -> FileDescriptor {
        try open(path, O_RDONLY | O_NONBLOCK)
    }

    /// From here on a write to a pipe that nobody reads is an error of `write` instead of this process's death.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// A second descriptor of what is open; both have to be closed.
    package static func duplicate(_ descriptor: FileDescriptor, path: RawPath) throws(SystemError) -> FileDescriptor {
        let number = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
        guard number >= 0 else { throw SystemError("dup", path) }
        return FileDescriptor(number)
    }

    package static func close(_ descriptor: FileDescriptor) { _ = Glibc.close(descriptor.number) }

    /// Reads a whole file of at most `limit` bytes.
    package static func read(_ path: RawPath, limit: Int = 1 << 30) throws(SystemError) -> [UInt8] {
        let descriptor = try openInput(path)
        defer { close(descriptor) }
        guard try status(descriptor: descriptor, path: path).kind == .file else {
            throw SystemError("read", path, code: EINVAL)
        }
        var result: [UInt8] = []
        while result.count <= limit {
            let piece = try read(descriptor, count: 1 << 16, path: path)
            if piece.isEmpty { return result }
            result.append(contentsOf: piece)
        }
        throw SystemError("read", path, code: EFBIG)
    }

    /// Reads up to `count` bytes; an empty answer is the end of the file.
    package static func read(_ descriptor: FileDescriptor, count: Int, path: RawPath) throws(SystemError) -> [UInt8] {
        var failed: Int32 = 0
        let buffer = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            var got = -1
            repeat { got = Glibc.read(descriptor.number, buffer.baseAddress, count) } while got < 0 && errno == EINTR
            if got < 0 { failed = errno }
            used = max(0, got)
        }
        guard failed == 0 else { throw SystemError("read", path, code: failed) }
        return buffer
    }

    package static func read(_ descriptor: FileDescriptor, at offset: Int64, count: Int, path: RawPath)
        throws(SystemError)
        -> [UInt8]
    {
        var failed: Int32 = 0
        let buffer = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            used = 0
            while used < count {
                let got = pread(
                    descriptor.number, buffer.baseAddress?.advanced(by: used), count - used, off_t(offset) + used)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failed = errno }
                if got <= 0 { break }
                used += got
            }
        }
        guard failed == 0 else { throw SystemError("read", path, code: failed) }
        return buffer
    }

    package static func write(_ bytes: [UInt8], to descriptor: FileDescriptor, path: RawPath) throws(SystemError) {
        var failed: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(
                    descriptor.number, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count < 0 && errno == EINTR { continue }
                if count < 0 {
                    failed = errno
                    return
                }
                offset += count
            }
        }
        guard failed == 0 else { throw SystemError("write", path, code: failed) }
    }

    /// A pipe whose ends no other program inherits.
    package static func pipe() throws(SystemError) -> (reading: FileDescriptor, writing: FileDescriptor) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw SystemError("pipe", RawPath("pipe")) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (FileDescriptor(ends[0]), FileDescriptor(ends[1]))
    }

    /// Brings a file to the disk, where its file system knows how.
    package static func sync(_ descriptor: FileDescriptor, path: RawPath) throws(SystemError) {
        guard fsync(descriptor.number) == 0 else {
            let error = SystemError("fsync", path)
            guard error.needsNoSync else { throw error }
            return
        }
    }

    /// The same without what only concerns its times.
    package static func syncData(_ descriptor: FileDescriptor, path: RawPath) throws(SystemError) {
        guard fdatasync(descriptor.number) == 0 else {
            let error = SystemError("fdatasync", path)
            guard error.needsNoSync else { throw error }
            return
        }
    }

    /// Brings a folder's names to the disk, where its file system knows how and the folder may be opened.
    package static func syncDirectory(_ path: RawPath) throws(SystemError) {
        let descriptor: FileDescriptor
        do throws(SystemError) {
            descriptor = try open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            // Who may write into a folder need not be allowed to read it.
            if error.code == EACCES { return }
            throw error
        }
        defer { close(descriptor) }
        try sync(descriptor, path: path)
    }

    /// Gives a file another name, in the place of the file that has it.
    ///
    /// A file system that refuses to rename over a file loses that file first: for a moment there is neither.
    package static func rename(_ from: RawPath, to: RawPath) throws(SystemError) {
        func attempt() -> Bool { from.withCString { source in to.withCString { Glibc.rename(source, $0) } } == 0 }
        if attempt() { return }
        let error = SystemError("rename", to)
        guard error.code == EEXIST || error.code == EPERM, (try? status(to, follow: false))?.kind != .directory,
            to.withCString({ unlink($0) }) == 0, attempt()
        else { throw error }
    }

    package static func remove(_ path: RawPath) { _ = path.withCString { unlink($0) } }

    /// Removes a folder that holds nothing. Returns whether it did.
    @discardableResult
    package static func removeEmptyDirectory(_ path: RawPath) -> Bool { path.withCString { rmdir($0) } == 0 }

    /// Goes back to the beginning of an open file.
    package static func rewind(_ descriptor: FileDescriptor, path: RawPath) throws(SystemError) {
        guard lseek(descriptor.number, 0, SEEK_SET) == 0 else { throw SystemError("lseek", path) }
    }

    package static func truncate(_ descriptor: FileDescriptor, to size: Int64, path: RawPath) throws(SystemError) {
        guard ftruncate(descriptor.number, off_t(size)) == 0 else { throw SystemError("ftruncate", path) }
    }

    /// Makes a directory and those above it; new ones are made durable in their parent. Their modes are what the umask
    /// leaves, and a set-group bit is handed down.
    package static func makeDirectory(_ path: RawPath, durable: Bool = true) throws(SystemError) {
        if let existing = try? status(path), existing.kind == .directory { return }
        let parent = path.parent
        if !parent.isEmpty, parent != path, parent != RawPath(".") { try makeDirectory(parent, durable: durable) }
        guard path.withCString({ mkdir($0, 0o777) }) == 0 || errno == EEXIST else { throw SystemError("mkdir", path) }
        if durable { try syncDirectory(parent) }
    }

    /// Makes a symbolic link, in the place of what has its name.
    package static func link(_ target: RawPath, at path: RawPath) throws(SystemError) {
        let temporary = path.parent.appending(temporaryName())
        let result = target.withCString { target in temporary.withCString { symlink(target, $0) } }
        guard result == 0 else { throw SystemError("symlink", path) }
        do throws(SystemError) {
            try rename(temporary, to: path)
        } catch {
            remove(temporary)
            throw error
        }
    }

    package static func linkTarget(_ path: RawPath) throws(SystemError) -> RawPath {
        var count = -1
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, used in
            count = path.withCString { name in
                buffer.withMemoryRebound(to: CChar.self) { text in
                    text.baseAddress.map { readlink(name, $0, text.count) } ?? -1
                }
            }
            used = max(0, count)
        }
        guard count >= 0 else { throw SystemError("readlink", path) }
        return RawPath(bytes: bytes)
    }

    /// The absolute path without links.
    package static func resolve(_ path: RawPath) throws(SystemError) -> RawPath {
        let resolved: RawPath? = path.withCString { name in
            guard let text = realpath(name, nil) else { return nil }
            defer { free(text) }
            return RawPath(cString: text)
        }
        guard let resolved else { throw SystemError("realpath", path) }
        return resolved
    }

    /// The path from the root, from the working directory where it is relative. Nothing is looked at, and no link followed.
    package static func absolute(_ path: RawPath) -> RawPath {
        path.isAbsolute ? path : currentDirectory().appending(path)
    }

    package static func currentDirectory() -> RawPath {
        guard let text = getcwd(nil, 0) else { return RawPath("/") }
        defer { free(text) }
        return RawPath(cString: text)
    }

    /// The names in a directory but `.` and `..`, sorted by their bytes.
    ///
    /// - Parameter pulse: called now and then while there are more.
    package static func list(_ path: RawPath, pulse: () -> Void = {}) throws(SystemError) -> [RawPath] {
        guard let directory = path.withCString({ opendir($0) }) else { throw SystemError("opendir", path) }
        defer { closedir(directory) }
        var names: [RawPath] = []
        errno = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { RawPath(cString: $0) }
            }
            if name != RawPath("."), name != RawPath("..") { names.append(name) }
            if names.count % 256 == 0 { pulse() }
            errno = 0
        }
        guard errno == 0 else { throw SystemError("readdir", path) }
        return names.sorted()
    }

    /// Bytes that an ordinary user may still write on the file system that holds `path`.
    package static func freeSpace(_ path: RawPath) throws(SystemError) -> Int64 {
        var raw = statvfs()
        guard path.withCString({ statvfs($0, &raw) }) == 0 else { throw SystemError("statvfs", path) }
        let (bytes, overflow) = Int64(raw.f_bavail).multipliedReportingOverflow(by: Int64(raw.f_frsize))
        return overflow ? .max : bytes
    }

    /// Takes a kernel lock that ends with this process. Returns false when another holds it.
    package static func lock(_ descriptor: FileDescriptor, path: RawPath) throws(SystemError) -> Bool {
        if flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK || errno == EINTR else { throw SystemError("flock", path) }
        return false
    }

    /// Whether another holds the lock of a file. A shared lock is taken for the blink of an eye where none does.
    package static func isLocked(_ path: RawPath) -> Bool {
        guard let descriptor = try? openInput(path) else { return false }
        defer { close(descriptor) }
        guard flock(descriptor.number, LOCK_SH | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
        unlock(descriptor)
        return false
    }

    /// Gives a lock back, also where a process that is just being started still holds a copy of the descriptor.
    package static func unlock(_ descriptor: FileDescriptor) { _ = flock(descriptor.number, LOCK_UN) }

    /// A name that no finished file has: `.fb-` and 16 random hexadecimal digits.
    package static func temporaryName() -> RawPath {
        let random = UInt64.random(in: .min ... .max)
        let digits = String(random, radix: 16)
        return RawPath(temporaryPrefix + String(repeating: "0", count: 16 - digits.count) + digits)
    }

    package static let temporaryPrefix = ".fb-"

    /// Whether a name is one of ``temporaryName()``.
    package static func isTemporaryName(_ name: RawPath) -> Bool {
        name.bytes.count == temporaryPrefix.utf8.count + 16 && name.bytes.starts(with: temporaryPrefix.utf8)
            && name.bytes.dropFirst(temporaryPrefix.utf8.count).allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
            }
    }

    /// Makes a temporary file whose lock tells that its writer lives: see ``removeIfAbandoned(_:)``.
    fileprivate static func makeTemporary(in folder: RawPath) throws(SystemError) -> (RawPath, FileDescriptor) {
        while true {
            let path = folder.appending(temporaryName())
            let descriptor = try open(path, createExclusive)
            // A file system without locks has none who asks for them either.
            while flock(descriptor.number, LOCK_EX) != 0, errno == EINTR {}
            var raw = stat()
            // Whoever removes what is left of others may have met it before it was locked.
            if fstat(descriptor.number, &raw) != 0 || raw.st_nlink > 0 { return (path, descriptor) }
            close(descriptor)
        }
    }

    /// Removes a temporary file unless the process that writes it is there still.
    package static func removeIfAbandoned(_ path: RawPath) {
        guard let kind = (try? status(path, follow: false))?.kind else { return }
        guard kind == .file, let descriptor = try? open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) else {
            return remove(path)
        }
        defer { close(descriptor) }
        if flock(descriptor.number, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { return }
        remove(path)
    }
    package static let createExclusive: Int32 = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
    package static let createExclusiveReadWrite: Int32 = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
    package static let appendOrCreate: Int32 = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
    package static let readWriteOrCreate: Int32 = O_RDWR | O_CREAT | O_NOFOLLOW
}

/// A file that appears under its name whole or not at all: written under a temporary name in the same folder, then
/// fsync, rename, fsync of the folder. A file that is not published is removed.
package struct AtomicFile: ~Copyable {
    package let path: RawPath
    /// Where it is until it is published.
    package let temporary: RawPath
    private let descriptor: FileDescriptor
    private let durable: Bool
    private var finished = false
    /// Bytes written so far.
    package private(set) var size: Int64 = 0

    /// - Parameter durable: whether publishing waits for the disk. Files that can be made again need not.
    package init(_ path: RawPath, durable: Bool = true) throws(SystemError) {
        self.path = path
        self.durable = durable
        let folder = path.parent
        try Files.makeDirectory(folder, durable: durable)
        (temporary, descriptor) = try Files.makeTemporary(in: folder)
    }

    package mutating func write(_ bytes: [UInt8]) throws(SystemError) {
        try Files.write(bytes, to: descriptor, path: path)
        size += Int64(bytes.count)
    }

    /// Gives the file its name.
    package consuming func publish() throws(SystemError) {
        if durable { try Files.sync(descriptor, path: path) }
        try Files.rename(temporary, to: path)
        finished = true
        if durable { try Files.syncDirectory(path.parent) }
    }

    /// Removes it, which was only wanted for a while.
    package consuming func discard() {}

    deinit {
        Files.close(descriptor)
        if !finished { Files.remove(temporary) }
    }

    /// Writes a whole file at once.
    package static func write(_ bytes: [UInt8], to path: RawPath, durable: Bool = true) throws(SystemError) {
        var file = try AtomicFile(path, durable: durable)
        try file.write(bytes)
        try file.publish()
    }
}
