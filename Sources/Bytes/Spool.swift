/// Bytes that are written now and copied elsewhere later: a file without a name, which cannot be left behind.
package final class Spool {
    private let path: RawPath
    private let descriptor: FileDescriptor
    private var buffer: [UInt8] = []

    private static let flushSize = 1 << 17

    /// - Parameter folder: where it lies; it has to be there.
    package init(in folder: RawPath) throws(SystemError) {
        (descriptor, path) = try Files.openNameless(in: folder)
    }

    deinit { Files.close(descriptor) }

    package func append(_ bytes: [UInt8]) throws(SystemError) {
        buffer += bytes
        guard buffer.count >= Spool.flushSize else { return }
        try Files.write(buffer, to: descriptor, path: path)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Hands out everything in pieces.
    package func copy(_ body: ([UInt8]) throws -> Void) throws {
        try Files.write(buffer, to: descriptor, path: path)
        buffer.removeAll()
        var offset: Int64 = 0
        while true {
            let piece = try Files.read(descriptor, at: offset, count: 1 << 20, path: path)
            if piece.isEmpty { return }
            try body(piece)
            offset += Int64(piece.count)
        }
    }
}

extension Files {
    /// Makes a file that has no name any more, to be written and read: it is gone when it is closed.
    ///
    /// - Returns: and the path that it had, for messages.
    package static func openNameless(
        in folder: RawPath = scratchFolder
    ) throws(SystemError) -> (descriptor: FileDescriptor, path: RawPath) {
        let path = folder.appending(temporaryName())
        let descriptor = try open(path, createExclusiveReadWrite)
        remove(path)
        return (descriptor, path)
    }
}
