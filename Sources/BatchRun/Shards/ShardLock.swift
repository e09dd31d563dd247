internal import Bytes
internal import Jobs

/// The lock of a shard, for as long as an attempt at it goes on. The kernel frees it when the process ends, however it does.
final class ShardLock {
    private let descriptor: FileDescriptor
    /// Why it is not held: the file system has no locks.
    private(set) var lack: String?

    /// Seconds for which the lock may be held by one who only looks whether it is: see ``Files/isLocked(_:)``.
    private static let probeGrace = 0.05

    /// Makes the shard's folder where it is missing and takes its lock.
    ///
    /// - Parameter holder: what the file is to say of this attempt.
    /// - Throws: ``RunRefusal``.
    init(_ layout: OutputLayout, run id: String, shard: Int, holder: String) async throws {
        let path = layout.shardLock(shard, run: id)
        do throws(SystemError) {
            try Files.makeDirectory(path.parent)
            descriptor = try Files.open(path, Files.readWriteOrCreate)
        } catch {
            throw RunRefusal.notWritable("\(path.parent.display): cannot write here: \(error.reason)")
        }
        let start = monotonicNanoseconds()
        while try !take(path), lack == nil {
            guard Double(monotonicNanoseconds() - start) / 1e9 < ShardLock.probeGrace else {
                let text = (try? Files.read(path, limit: 4096)).map { Escape.visible(bytes: $0.prefix { $0 != 0x0a }) }
                throw RunRefusal.locked(
                    "shard \(shard) of run \(id): another attempt holds its lock: \(text ?? "unknown")")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        if lack != nil { return }
        do {
            try Files.truncate(descriptor, to: 0, path: path)
            try Files.write(Array("\(holder)\n".utf8), to: descriptor, path: path)
        } catch {
            throw RunRefusal.notWritable("\(path.display): \(error.reason)")
        }
    }

    private func take(_ path: RawPath) throws(SystemError) -> Bool {
        do throws(SystemError) {
            return try Files.lock(descriptor, path: path)
        } catch {
            lack = "this file system gives no lock (\(error.call): \(error.reason))"
            return false
        }
    }

    deinit {
        Files.unlock(descriptor)
        Files.close(descriptor)
    }
}
