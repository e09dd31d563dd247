package import Bytes
internal import Glibc

/// A folder of its own for one test; removed with everything in it when the test's value goes.
package final class TemporaryFolder: Sendable {
    package let path: RawPath

    package init() throws {
        path = RawPath("/tmp/forgebatch-test-\(UInt64.random(in: 0 ... .max))")
        try Files.makeDirectory(path, durable: false)
    }

    deinit { TemporaryFolder.remove(path) }

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
