package import Bytes
package import Jobs

/// A plugin that results of an output folder came from, so that they can be read and concluded from anew when it is gone.
package struct PluginCopy: Equatable, Sendable {
    package let id: String
    /// `p1:` and the SHA-256 of its manifest and files.
    package let fingerprint: String
    /// As the plugin wrote it.
    package let manifest: JSON

    /// Nil for a manifest without a name that can stand in a path.
    package init?(manifest: JSON, fingerprint: String) {
        guard let id = manifest["id"]?.string, PluginCopy.isName(id), fingerprint.hasPrefix(PluginCopy.prefix),
            fingerprint.utf8.count >= PluginCopy.prefix.utf8.count + 16, PluginCopy.isName(fingerprint.dropFirst(3))
        else { return nil }
        (self.id, self.fingerprint, self.manifest) = (id, fingerprint, manifest)
    }

    private static let schema = "forgebatch/plugin/1"
    private static let prefix = "p1:"

    private static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f || byte == 0x2d
            }
    }

    /// As `run.json` lists it, and as its own file holds it.
    var json: JSON {
        .members([
            "schema": .string(PluginCopy.schema), "id": .string(id), "fingerprint": .string(fingerprint),
            "manifest": manifest,
        ])
    }

    init?(_ json: JSON) {
        guard json["schema"]?.string == PluginCopy.schema, let manifest = json["manifest"],
            let fingerprint = json["fingerprint"]?.string
        else { return nil }
        self.init(manifest: manifest, fingerprint: fingerprint)
    }

    /// `plugins/<id>-<16 digits of the fingerprint>.json`.
    package func path(_ layout: OutputLayout) -> RawPath {
        layout.plugins.appending("\(id)-\(fingerprint.dropFirst(PluginCopy.prefix.utf8.count).prefix(16)).json")
    }

    /// Puts it in the output folder where it is not there yet. Only under the lock of the folder.
    package func write(_ layout: OutputLayout) throws(SystemError) {
        let path = path(layout)
        let bytes = JSONWriter.encode(json) + [0x0a]
        if let there = try? Files.read(path, limit: PluginCopy.sizeLimit), there == bytes { return }
        try Files.makeDirectory(layout.plugins)
        try AtomicFile.write(bytes, to: path)
    }

    /// Bytes of the longest copy that is read.
    private static let sizeLimit = 16 << 20

    /// What a file of the folder holds.
    ///
    /// - Throws: `SystemError` when it cannot be read, `JSONError` when it is no copy of a manifest.
    package static func read(_ path: RawPath) throws -> PluginCopy {
        let json = try JSONReader.parse(Files.read(path, limit: sizeLimit))
        guard let copy = PluginCopy(json) else { throw JSONError(reason: "no copy of a plugin's manifest", offset: 0) }
        return copy
    }
}

/// The copies in an output folder.
package enum PluginCopies {
    /// The files that there are, in the order of their names; those of no copy, by their names, are left out.
    package static func files(_ layout: OutputLayout) -> [RawPath] {
        ((try? Files.list(layout.plugins)) ?? []).filter { $0.lowercasedExtension == "json" && $0.bytes.first != 0x2e }
            .sorted().map { layout.plugins.appending($0) }
    }

    /// All that can be read; a folder without plugins has none.
    package static func all(_ layout: OutputLayout) -> [PluginCopy] {
        files(layout).compactMap { try? PluginCopy.read($0) }
    }
}
