internal import Archive
internal import Bytes
internal import Synchronization

/// Reads lines of a log that are known by their offset, from any number of tasks; lines that many clients want at once
/// are read once.
final class LogLineCache: Sendable {
    private let descriptor: FileDescriptor
    private let path: RawPath
    private let recent = Mutex<[Int64: [UInt8]]>([:])

    /// Lines that are kept.
    private static let capacity = 256

    /// Reads the log that a follower reads; a compressed one is unpacked once for both.
    init(_ follower: LogFollower) throws(SystemError) {
        path = follower.path
        descriptor = try follower.sharedDescriptor()
    }

    deinit { Files.close(descriptor) }

    func line(_ range: (offset: Int64, length: Int)) throws(SystemError) -> [UInt8] {
        if let known = recent.withLock({ $0[range.offset] }) { return known }
        let bytes = try Files.read(descriptor, at: range.offset, count: range.length, path: path)
        recent.withLock { recent in
            if recent.count >= LogLineCache.capacity { recent.removeAll(keepingCapacity: true) }
            recent[range.offset] = bytes
        }
        return bytes
    }

    /// A stretch of the log; not kept.
    func bytes(_ offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        try Files.read(descriptor, at: offset, count: count, path: path)
    }
}
