package import Bytes

/// The project's own clips and what is true of them.
package enum Samples {
    package struct Clip: Sendable {
        package let path: String
        /// Frames that a decoder gets out of it; nil when it is no video.
        package let frames: Int?
        package let broken: String?
    }

    /// The repository's root, found from this file.
    package static var root: RawPath {
        var path = RawPath("\(#filePath)")
        for _ in 0..<3 { path = path.parent }
        return path
    }

    package static var folder: RawPath { root.appending("samples") }

    package static func clips() throws -> [Clip] {
        let manifest = try JSONReader.parse(Files.read(folder.appending("manifest.json")))
        return (manifest["clips"]?.array ?? []).compactMap { clip in
            clip["path"]?.string.map { Clip(path: $0, frames: clip["frames"]?.int, broken: clip["broken"]?.string) }
        }
    }
}
