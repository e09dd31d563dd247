package import Bytes
package import Jobs

/// The progress log of a run as a file: plain while the run goes on, and compressed once nobody writes it any more.
///
/// All of it takes the plain file's path, `OutputLayout.log(run:)`, and looks for `.gz` behind that name where there is no
/// such file. What a file holds is told by its first bytes, so a log that is compressed under its plain name is read, too.
package enum RunLog {
    /// The file that the log is in; nil where there is none. While both forms are there, as a crash may leave them, the
    /// plain one counts.
    package static func file(_ plain: RawPath) -> RawPath? {
        if Files.exists(plain) { return plain }
        let compressed = plain.suffixed(Gzip.suffix)
        return Files.exists(compressed) ? compressed : nil
    }

    /// Opens the log to be read at any place; a compressed one is unpacked first.
    ///
    /// - Throws: `SystemError`, see `Files.openUnpacked`.
    /// - Complexity: the length of a compressed log, in time and on the disk for as long as it is open.
    package static func open(_ plain: RawPath) throws(SystemError) -> FileDescriptor {
        try Files.openUnpacked(file(plain) ?? plain)
    }

    /// Opens the log to be read once from its beginning; nothing is unpacked on the disk.
    package static func content(_ plain: RawPath) throws(SystemError) -> ContentReader {
        try ContentReader(file(plain) ?? plain, limit: Files.unpackedLimit)
    }

    /// The lines of the log.
    package static func lines(_ plain: RawPath) throws(SystemError) -> LineReader { try LineReader(content(plain)) }

    /// Why a run's log cannot be read, for a person; nil where there is one, for a run in shards, whose logs do in its place,
    /// and for an empty folder, which a run leaves that was killed before it began.
    package static func lack(_ layout: OutputLayout, run id: String) -> String? {
        let plain = layout.log(run: id)
        if file(plain) != nil { return nil }
        if RunFolders.isUnjoined(layout, run: id) {
            do { _ = try PlanFile(layout.plan(run: id)) } catch { return "its shards are not joined, and \(error)" }
            return nil
        }
        let name = plain.lastComponent
        let found = (try? Files.list(layout.run(id))) ?? []
        if found.isEmpty { return nil }
        guard let packed = found.first(where: { $0.bytes.starts(with: name.bytes) }) else {
            return "its log is missing: \(name.display), or the same compressed by gzip"
        }
        return "its log is packed as \(packed.display), which is not read here: "
            + "unpack it to \(name.display), or pack it by gzip"
    }

    /// Whether there is a log that is not compressed, by its name or by its first bytes.
    package static func isPlain(_ plain: RawPath) -> Bool {
        guard let status = try? Files.status(plain, follow: false), status.kind == .file,
            let descriptor = try? Files.openInput(plain)
        else { return false }
        defer { Files.close(descriptor) }
        return (try? Files.read(descriptor, at: 0, count: 16, path: plain)).map { !Gzip.begins($0) } ?? false
    }

    /// Compresses the log of a run that is over, where it lies plain. The compressed file is on the disk under its name
    /// before the plain one goes; whoever has that open goes on reading it.
    ///
    /// Only under the lock of the output folder, and never the log of the run that holds it.
    ///
    /// - Returns: bytes before and after; nil where there was nothing to do, or the log changed meanwhile.
    /// - Throws: `SystemError`; the plain log is there then.
    @discardableResult
    package static func compress(_ plain: RawPath) throws(SystemError) -> (before: Int64, after: Int64)? {
        let before: FileStatus
        do throws(SystemError) {
            before = try Files.status(plain, follow: false)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
        guard before.kind == .file, isPlain(plain) else { return nil }
        let descriptor = try Files.openInput(plain)
        defer { Files.close(descriptor) }
        var writer = try GzipWriter()
        var file = try AtomicFile(plain.suffixed(Gzip.suffix))
        while true {
            let piece = try Files.read(descriptor, count: 1 << 17, path: plain)
            if piece.isEmpty { break }
            try file.write(writer.add(piece))
        }
        try file.write(writer.finish())
        guard try Files.status(plain, follow: false) == before else {
            file.discard()
            return nil
        }
        let size = file.size
        try file.publish()
        Files.remove(plain)
        try Files.syncDirectory(plain.parent)
        return (before.size, size)
    }
}
