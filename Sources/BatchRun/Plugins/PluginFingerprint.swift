internal import Bytes
internal import ToolModel

/// What a plugin's results depend on besides its settings: its manifest and its files, in one word.
enum PluginFingerprint {
    /// Files of one plugin.
    private static let most = 20_000
    private static let piece = 1 << 20

    /// `p1:` and the SHA-256 of the manifest and of each file, by name: name, a zero byte, the length in decimal digits, a
    /// zero byte, content. Of a folder it takes all that lies below it, but for `__pycache__`; links are followed.
    ///
    /// - Throws: ``ManifestError``.
    static func of(_ manifest: PluginManifest, _ bytes: [UInt8], in folder: RawPath) throws(ManifestError) -> String {
        var files: [RawPath: RawPath] = [:]
        for name in manifest.files { try collect(RawPath(name), in: folder, &files) }
        files[RawPath(PluginManifest.fileName)] = nil
        var hash = Digest.Running()
        hash.update(head(RawPath(PluginManifest.fileName), Int64(bytes.count)))
        hash.update(bytes)
        for (name, path) in files.sorted(by: { $0.key < $1.key }) {
            do throws(SystemError) {
                try add(name, path, to: &hash)
            } catch {
                throw ManifestError("files: \(name.display): \(error.reason)")
            }
        }
        return "p1:" + hash.hex()
    }

    private static func head(_ name: RawPath, _ size: Int64) -> [UInt8] {
        name.bytes + [0] + Array("\(size)".utf8) + [0]
    }

    private static func add(_ name: RawPath, _ path: RawPath, to hash: inout Digest.Running) throws(SystemError) {
        let file = try Files.openInput(path)
        defer { Files.close(file) }
        let size = try Files.status(descriptor: file, path: path).size
        hash.update(head(name, size))
        var offset: Int64 = 0
        while offset < size {
            let count = Int(min(Int64(piece), size - offset))
            let bytes = try Files.read(file, at: offset, count: count, path: path)
            guard !bytes.isEmpty else { throw SystemError("read", path, detail: "it is being changed") }
            hash.update(bytes)
            offset += Int64(bytes.count)
        }
    }

    /// - Parameter files: by their names in the plugin's folder, where they are without links.
    private static func collect(
        _ name: RawPath, in folder: RawPath, _ files: inout [RawPath: RawPath]
    ) throws(ManifestError) {
        func error(_ text: String) -> ManifestError { ManifestError("files: \(name.display): \(text)") }
        let (path, status): (RawPath, FileStatus)
        var names: [RawPath] = []
        do throws(SystemError) {
            path = try Files.resolve(folder.appending(name))
            status = try Files.status(path)
            if status.kind == .directory { names = try Files.list(path) }
        } catch {
            throw ManifestError("files: \(name.display): \(error.reason)")
        }
        // A link may lead out of the folder, as to an installed package: what counts is who may write there.
        if let fault = Ownership.fault(path) { throw error(fault) }
        switch status.kind {
        case .file:
            guard files.count < most else { throw error("over \(most) files; name fewer") }
            files[name] = path
        case .directory:
            // A link to a folder above it would never end.
            guard name.components.count < 64 else { throw error("folders in folders without end") }
            for child in names where child != RawPath("__pycache__") {
                try collect(name.appending(child), in: folder, &files)
            }
        default: throw error("is neither a file nor a folder")
        }
    }
}
