package import Bytes
internal import Synchronization

/// A regular file held open for reading: what is served is what was opened, whatever becomes of its name.
package final class OpenFile: Sendable {
    package let path: RawPath
    package let status: FileStatus
    private let descriptor: FileDescriptor

    /// Takes the descriptor over and closes it in the end.
    package init(descriptor: FileDescriptor, path: RawPath) throws(SystemError) {
        self.descriptor = descriptor
        self.path = path
        do {
            status = try Files.status(descriptor: descriptor, path: path)
        } catch {
            Files.close(descriptor)
            throw error
        }
    }

    deinit { Files.close(descriptor) }

    /// Opens the file of this name. The name's own folder may be reached through links; the file may not be a link.
    package static func named(_ path: RawPath) throws(SystemError) -> OpenFile {
        let descriptor = try Files.openBeneath(path.parent, [path.lastComponent])
        return try OpenFile(descriptor: descriptor, path: path)
    }

    /// Bytes when it was opened.
    package var size: Int64 { status.size }

    /// A strong tag of size and time.
    package var entityTag: String { EntityTag.of(size: status.size, modified: status.modified) }

    /// Reads the file from its beginning, unpacked. All such readers of one file share their place in it.
    fileprivate func content() throws(SystemError) -> sending ContentReader {
        ContentReader(try Files.duplicate(descriptor, path: path), path)
    }

    /// Reads up to `count` bytes; fewer at the end of the file. Blocks on the disk.
    package func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        try Files.read(descriptor, at: offset, count: count, path: path)
    }
}

/// What a compressed file unpacks to, read once from its beginning. Memory does not grow with it.
final class UnpackedFile: Sendable {
    private let content: Mutex<ContentReader>

    /// - Parameter file: of which no other such reader is made.
    init(_ file: OpenFile) throws(SystemError) { content = Mutex(try file.content()) }

    /// Reads up to `count` bytes; fewer at the end. Blocks on the disk.
    func read(_ count: Int) throws(SystemError) -> [UInt8] {
        try content.withLock { content throws(SystemError) in
            var bytes: [UInt8] = []
            while bytes.count < count {
                let piece = try content.read(count - bytes.count)
                if piece.isEmpty { break }
                bytes += piece
            }
            return bytes
        }
    }
}

/// A folder whose files may be served, and nothing outside of it: no link below it is followed.
package struct FolderRoot: Sendable {
    package let folder: RawPath

    package init(_ folder: RawPath) { self.folder = folder }

    /// Opens a file by the components of a request's path.
    ///
    /// - Throws: ``WebError`` 404, whatever the reason: which it was is nobody's business.
    package func open(_ components: some Sequence<String>) throws -> OpenFile {
        try open(components.map { RawPath($0) })
    }

    /// Opens a file by the components of a path that need not be text. Throws as ``open(_:)-(Sequence<String>)`` does.
    package func open(_ components: [RawPath]) throws -> OpenFile {
        do {
            let path = components.reduce(folder) { $0.appending($1) }
            return try OpenFile(descriptor: Files.openBeneath(folder, components), path: path)
        } catch {
            throw error.isTableFull
                ? WebError(503, "too many files are open, try again later") : WebError(404, "there is no such file")
        }
    }
}
