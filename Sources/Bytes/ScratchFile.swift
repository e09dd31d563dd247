/// Bytes that are kept for a while and read again in any order: in memory while they are few, then in a file without a
/// name, which cannot be left behind.
package final class ScratchFile {
    private let folder: RawPath
    private var file: (descriptor: FileDescriptor, path: RawPath)?
    /// Bytes that are in the file.
    private var stored: Int64 = 0
    /// What follows them.
    private var tail: [UInt8] = []
    /// What was read of the file last, and where that begins.
    private var block: (start: Int64, bytes: [UInt8]) = (0, [])

    /// Bytes that are kept in memory before they are written.
    private static let tailSize = 1 << 20
    /// Bytes that are read at once, so that reading in order takes few calls.
    private static let blockSize = 1 << 15

    /// - Parameter folder: where it lies, made when it is needed.
    package init(in folder: RawPath) { self.folder = folder }

    deinit { if let file { Files.close(file.descriptor) } }

    /// Bytes that were appended.
    package var size: Int64 { stored + Int64(tail.count) }

    /// Returns where the bytes begin.
    @discardableResult
    package func append(_ bytes: [UInt8]) throws(SystemError) -> Int64 {
        let offset = size
        tail += bytes
        if tail.count >= ScratchFile.tailSize { try flush() }
        return offset
    }

    private func flush() throws(SystemError) {
        if file == nil {
            try Files.makeDirectory(folder, durable: false)
            file = try Files.openNameless(in: folder)
        }
        guard let file else { return }
        try Files.write(tail, to: file.descriptor, path: file.path)
        stored += Int64(tail.count)
        tail.removeAll(keepingCapacity: true)
    }

    /// Reads bytes that were appended.
    package func read(at offset: Int64, count: Int) throws(SystemError) -> ArraySlice<UInt8> {
        let end = offset + Int64(count)
        precondition(offset >= 0 && count >= 0 && end <= size, "only what was appended is read")
        if offset < stored, end > stored { try flush() }
        guard offset < stored, let file else {
            let start = Int(offset - stored)
            return tail[start..<(start + count)]
        }
        if offset < block.start || end > block.start + Int64(block.bytes.count) {
            let most = Int(min(stored - offset, Int64(max(count, ScratchFile.blockSize))))
            block = (offset, try Files.read(file.descriptor, at: offset, count: most, path: file.path))
            guard block.bytes.count == most else {
                throw SystemError("read", file.path, detail: "it is shorter than what was written")
            }
        }
        let start = Int(offset - block.start)
        return block.bytes[start..<(start + count)]
    }
}
