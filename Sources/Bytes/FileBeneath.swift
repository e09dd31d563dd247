#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

extension Files {
    /// Opens a regular file below a folder for reading, following no link on the way from that folder down.
    ///
    /// The folder itself may be reached through links: whoever names it trusts it. `..`, empty names and names with NUL
    /// or a slash are refused.
    /// - Throws: `ENOENT` when there is no such regular file, `ELOOP` or `ENOTDIR` where a link is in the way.
    package static func openBeneath(_ folder: RawPath, _ components: [RawPath]) throws(SystemError) -> FileDescriptor {
        let path = components.reduce(folder) { $0.appending($1) }
        guard !components.isEmpty, components.allSatisfy({ $0.isPlainName }) else {
            throw SystemError("open", path, code: ENOENT)
        }
        var current = try open(folder, O_RDONLY | O_DIRECTORY)
        for (index, name) in components.enumerated() {
            let isLast = index == components.count - 1
            let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (isLast ? 0 : O_DIRECTORY)
            let next = name.withCString { openat(current.number, $0, flags) }
            let code = errno
            close(current)
            guard next >= 0 else { throw SystemError("open", path, code: code) }
            current = FileDescriptor(next)
        }
        guard (try? status(descriptor: current, path: path))?.kind == .file else {
            close(current)
            throw SystemError("open", path, code: ENOENT)
        }
        return current
    }

    /// Raises the soft limit of open descriptors to the hard one.
    ///
    /// - Returns: the limit that holds now.
    @discardableResult
    package static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: isRaised ? limit.rlim_cur : soft)
    }
}

extension RawPath {
    /// Whether this is the name of something in a folder, and not of the folder, its parent, or a path.
    fileprivate var isPlainName: Bool {
        !bytes.isEmpty && self != RawPath(".") && self != RawPath("..") && !bytes.contains(0)
            && !bytes.contains(UInt8(ascii: "/"))
    }
}
