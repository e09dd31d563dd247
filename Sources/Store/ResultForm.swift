package import Bytes
package import Jobs

/// Gives results that lie plain their compressed form, byte for byte what they say: nothing of it is parsed or decoded.
package enum ResultForm {
    /// Compresses the result of a line of the catalog. The compressed file and the catalog's new line are on the disk before
    /// the plain one goes.
    ///
    /// Only under the lock of the output folder.
    ///
    /// - Returns: the new line; nil where there is nothing to do: the result is compressed or gone, or the name that it would
    ///   get is too long or somebody else's.
    /// - Throws: `SystemError`, also for a result that is not the one that the catalog tells of; it stays as it is then.
    /// - Complexity: linear in the result, in constant memory.
    @discardableResult
    package static func compress(
        _ entry: CatalogEntry, _ layout: OutputLayout, catalog: JobLineWriter<CatalogEntry>
    ) throws(SystemError) -> CatalogEntry? {
        let plain = layout.root.appending(entry.result)
        let name = OutputLayout.result(entry.result, isCompressed: true)
        let packed = layout.root.appending(name)
        guard name != entry.result, name.lastComponent.bytes.count <= OutputLayout.longestName,
            !Files.exists(packed) || ResultState.owner(packed) == entry.job, ResultState.of(entry, layout) != .gone
        else { return nil }
        let content = try ContentReader(plain)
        var hash = Digest.Running()
        var writer = try GzipWriter()
        var file = try AtomicFile(packed)
        while true {
            let piece = try content.read(1 << 17)
            if piece.isEmpty { break }
            hash.update(piece)
            try file.write(writer.add(piece))
        }
        try file.write(writer.finish())
        guard hash.hex() == entry.sha256 else {
            file.discard()
            throw SystemError("compress", plain, detail: "its SHA-256 is not the catalog's")
        }
        var changed = entry
        (changed.result, changed.resultSize, changed.contentSize) = (name, file.size, content.count)
        try file.publish()
        try catalog.append(changed)
        Files.remove(plain)
        try Files.syncDirectory(plain.parent)
        return changed
    }
}
