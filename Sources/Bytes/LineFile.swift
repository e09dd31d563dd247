/// An append-only file of lines with one writer: NDJSON.
package final class LineFile {
    private let path: RawPath
    private let descriptor: FileDescriptor
    private let write: Writer
    private var isDirty = false
    /// Bytes of whole lines.
    package private(set) var size: Int64
    /// Bytes behind the last whole line that were cut off when the file was opened: its last writer did not finish.
    package let bytesCut: Int

    /// Writes all of some bytes to an open file.
    package typealias Writer = ([UInt8], FileDescriptor, RawPath) throws(SystemError) -> Void

    /// Opens or makes the file.
    package init(
        _ path: RawPath,
        write: @escaping Writer = { bytes, file, path throws(SystemError) in
            try Files.write(bytes, to: file, path: path)
        }
    ) throws(SystemError) {
        self.path = path
        self.write = write
        try Files.makeDirectory(path.parent)
        let isNew = !Files.exists(path)
        descriptor = try Files.open(path, Files.appendOrCreate)
        let whole = isNew ? 0 : try LineFile.endOfLastLine(path)
        let end = try Files.status(descriptor: descriptor, path: path).size
        size = whole
        bytesCut = Int(end - whole)
        if bytesCut > 0 { try Files.truncate(descriptor, to: whole, path: path) }
        if isNew { try Files.syncDirectory(path.parent) }
    }

    deinit { Files.close(descriptor) }

    private static func endOfLastLine(_ path: RawPath) throws(SystemError) -> Int64 {
        let reader = try Files.openInput(path)
        defer { Files.close(reader) }
        var end = try Files.status(descriptor: reader, path: path).size
        while end > 0 {
            let start = max(0, end - (1 << 16))
            let piece = try Files.read(reader, at: start, count: Int(end - start), path: path)
            if let feed = piece.lastIndex(of: 0x0a) { return start + Int64(feed) + 1 }
            end = start
        }
        return 0
    }

    /// Appends a line, given without its line feed, in one `write`. What was written of one that fails is taken back, so that
    /// it does not spoil the next.
    package func append(_ line: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            try write(line + [0x0a], descriptor, path)
        } catch {
            try? Files.truncate(descriptor, to: size, path: path)
            throw error
        }
        size += Int64(line.count) + 1
        isDirty = true
    }

    /// Brings what was appended to the disk.
    package func sync() throws(SystemError) {
        guard isDirty else { return }
        try Files.syncData(descriptor, path: path)
        isDirty = false
    }

    /// The objects of such a file in order; lines that are no JSON are left out and counted. A missing file has none.
    package static func objects(_ path: RawPath) throws(SystemError) -> (objects: [JSON], broken: Int) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path)
        } catch {
            if error.isMissing { return ([], 0) }
            throw error
        }
        var objects: [JSON] = []
        var broken = 0
        for line in bytes.split(separator: 0x0a) {
            if let value = try? JSONReader.parse(Array(line)) { objects.append(value) } else { broken += 1 }
        }
        return (objects, broken)
    }
}
