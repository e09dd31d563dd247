internal import CAssets

/// The files of `templates/`, which are part of the binary.
enum BuiltIn {
    /// Every file by its name.
    static let files: [String: [UInt8]] = {
        var count = 0
        let table = UnsafeBufferPointer(start: CAssetsTemplates(&count), count: count)
        return table.reduce(into: [:]) { files, file in
            files[String(cString: file.name)] = Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
        }
    }()

    /// A file by a name that is written in the sources.
    static func file(_ name: String) -> [UInt8] {
        guard let bytes = files[name] else { preconditionFailure("no file \(name) in templates/") }
        return bytes
    }
}
