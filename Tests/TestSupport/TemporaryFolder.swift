package import Bytes
internal import Glibc
internal import Synchronization

/// A folder of its own for one test; removed with everything in it when the test's value goes, or the process ends.
package final class TemporaryFolder: Sendable {
    package let path: RawPath

    package init() throws {
        path = RawPath("/tmp/forgebatch-test-\(UInt64.random(in: 0 ... .max))")
        try Files.makeDirectory(path, durable: false)
        TemporaryFolder.present.withLock { $0[ObjectIdentifier(self)] = path }
    }

    deinit {
        TemporaryFolder.present.withLock { $0[ObjectIdentifier(self)] = nil }
        TemporaryFolder.remove(path)
    }

    /// Those of static values would outlive the process.
    private static let present: Mutex<[ObjectIdentifier: RawPath]> = {
        atexit { for path in TemporaryFolder.present.withLock({ $0.values }) { TemporaryFolder.remove(path) } }
        return Mutex([:])
    }()

    private static func remove(_ path: RawPath) {
        if (try? Files.status(path, follow: false))?.kind == .directory {
            _ = path.withCString { chmod($0, 0o700) }
            for name in (try? Files.list(path)) ?? [] { remove(path.appending(name)) }
            _ = path.withCString { rmdir($0) }
        } else {
            Files.remove(path)
        }
    }
}
