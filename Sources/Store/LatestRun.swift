package import Bytes
package import Jobs

extension OutputLayout {
    /// Has `latest` lead to a run. Where the file system has no symbolic links, `latest.txt` says the same as a line of
    /// text; only one of the two is there.
    ///
    /// - Throws: `SystemError` when neither can be written.
    package func setLatest(run id: String) throws(SystemError) {
        let target = RawPath("runs/\(id)")
        do throws(SystemError) {
            try Files.link(target, at: latest)
        } catch {
            guard error.isUnsupported else { throw error }
            try AtomicFile.write(target.bytes + [0x0a], to: latestText)
            return Files.remove(latest)
        }
        Files.remove(latestText)
        try Files.syncDirectory(root)
    }
}
