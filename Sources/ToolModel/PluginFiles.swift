internal import CAssets

/// What the binary brings for authors of plugins: the files of `python/`.
package enum PluginFiles {
    /// The module that a plugin in Python imports, as a file of this name in its path.
    package static let helperName = "forgebatch_plugin.py"

    package static let helper = file(helperName)

    /// A plugin that works, by the names of its files. Its id and that of its one tool are `name`.
    ///
    /// - Precondition: the name is an id.
    package static func skeleton(name: String) -> [(name: String, bytes: [UInt8])] {
        precondition(isName(name), "no name of a plugin")
        return ["manifest.json", "plugin.py", "README.md"].map { file in
            let text = String(decoding: self.file("skeleton/" + file), as: UTF8.self)
            return (
                file,
                Array(
                    text.split(separator: "skeleton", omittingEmptySubsequences: false)
                        .joined(separator: name).utf8)
            )
        }
    }

    /// Whether a plugin may have this id: small letters, digits, `_` and `-`, up to 64, a letter or digit first.
    package static func isName(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first = text.utf8.first, isPlain(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    private static func file(_ name: String) -> [UInt8] {
        var count = 0
        let table = UnsafeBufferPointer(start: CAssetsPluginFiles(&count), count: count)
        guard let file = table.first(where: { String(cString: $0.name) == name }) else {
            preconditionFailure("no file \(name) of python/")
        }
        return Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
    }
}
