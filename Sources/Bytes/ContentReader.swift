#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// Reads a file from its beginning to its end, unpacked where it is compressed: its first bytes tell, whatever its name.
///
/// - Complexity: about 100 KB of memory, whatever the file says.
package final class ContentReader {
    package let path: RawPath
    /// Bytes of content that were handed out.
    package private(set) var count: Int64 = 0
    /// Whether the file is compressed; known once something was read.
    package var isCompressed: Bool { inflater != nil }

    private let descriptor: FileDescriptor
    private let limit: Int64
    private var hasBegun = false
    private var inflater: Inflater?
    private var input: [UInt8] = []
    private var position = 0

    private static let inputSize = 1 << 16

    /// Opens a file. Nothing of it is read before it is asked for.
    ///
    /// - Parameter limit: bytes that a compressed file may unpack to.
    package convenience init(_ path: RawPath, limit: Int64 = Gzip.mostContent) throws(SystemError) {
        self.init(try Files.openInput(path), path, limit: limit)
    }

    /// Takes over an open file, of which nothing was read.
    package init(_ descriptor: FileDescriptor, _ path: RawPath, limit: Int64 = Gzip.mostContent) {
        self.descriptor = descriptor
        self.path = path
        self.limit = limit
    }

    deinit { Files.close(descriptor) }

    /// The next bytes, at most `most` of them; an empty answer is the end.
    ///
    /// - Throws: `SystemError` when the file cannot be read, when its compressed data is damaged or ends too early, and when
    ///   it unpacks to more than the limit.
    package func read(_ most: Int) throws(SystemError) -> [UInt8] {
        if !hasBegun {
            hasBegun = true
            let first = try Files.read(descriptor, count: max(most, 2), path: path)
            guard Gzip.begins(first) else {
                count += Int64(first.count)
                return first
            }
            inflater = try Inflater(path)
            input = first
        }
        guard let inflater else {
            let piece = try Files.read(descriptor, count: most, path: path)
            count += Int64(piece.count)
            return piece
        }
        while true {
            if position == input.count, !inflater.isFull {
                input = try Files.read(descriptor, count: ContentReader.inputSize, path: path)
                position = 0
                if input.isEmpty {
                    guard inflater.isWhole else {
                        throw SystemError("unpack", path, detail: "its compressed data ends too early")
                    }
                    return []
                }
            }
            let piece = try inflater.take(input, &position, room: most)
            count += Int64(piece.count)
            guard count <= limit else {
                throw SystemError("unpack", path, detail: "it unpacks to more than \(limit) bytes")
            }
            if !piece.isEmpty { return piece }
        }
    }

    /// All that is left, at most `most` bytes.
    ///
    /// - Throws: `SystemError`, with the code of a file too large where there is more.
    package func readAll(most: Int = 1 << 30) throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = try read(1 << 16)
            if piece.isEmpty { return all }
            all += piece
            guard all.count <= most else { throw SystemError("read", path, code: SystemError.fileTooLarge) }
        }
    }
}

extension Files {
    /// Opens a file that is read at any place: as it lies there, or where it is compressed, unpacked into a file without a
    /// name, which is gone when it is closed.
    ///
    /// - Parameters:
    ///   - limit: bytes that a compressed file may unpack to: they take room on the disk for as long as it is open.
    ///   - folder: where the unpacked file lies.
    /// - Throws: `SystemError`, also for what ``ContentReader`` cannot unpack.
    /// - Complexity: the length of a compressed file; nothing for another one.
    package static func openUnpacked(
        _ path: RawPath, limit: Int64 = unpackedLimit, in folder: RawPath = scratchFolder
    ) throws(SystemError) -> FileDescriptor {
        let descriptor = try openInput(path)
        let isCompressed: Bool
        do throws(SystemError) {
            isCompressed = Gzip.begins(try read(descriptor, at: 0, count: 2, path: path))
        } catch {
            close(descriptor)
            throw error
        }
        guard isCompressed else { return descriptor }
        let content = ContentReader(descriptor, path, limit: limit)
        let (unpacked, temporary) = try openNameless(in: folder)
        do throws(SystemError) {
            while true {
                let piece = try content.read(1 << 17)
                if piece.isEmpty { return unpacked }
                try write(piece, to: unpacked, path: temporary)
            }
        } catch {
            close(unpacked)
            throw error
        }
    }

    /// 16 GiB: a hundred million lines of a log.
    package static let unpackedLimit: Int64 = 1 << 34

    /// Where files without a name may lie: `TMPDIR`, or `/tmp`.
    package static var scratchFolder: RawPath {
        let chosen = getenv("TMPDIR").map { RawPath(cString: $0) }
        return chosen.flatMap { $0.isEmpty ? nil : $0 } ?? RawPath("/tmp")
    }
}
