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

    /// The clips that hold frames, as cases of a test. Without them the test would pass with no case, so there are some
    /// or the tests end here, and say why.
    package static let decodable: [Clip] = {
        do {
            let clips = try clips().filter { $0.frames != nil }
            precondition(!clips.isEmpty, "samples/manifest.json names no clip that can be decoded")
            return clips
        } catch {
            preconditionFailure("samples/manifest.json cannot be read: \(error)")
        }
    }()

    package static func clips() throws -> [Clip] {
        let manifest = try JSONReader.parse(Files.read(folder.appending("manifest.json")))
        return (manifest["clips"]?.array ?? []).compactMap { clip in
            clip["path"]?.string.map { Clip(path: $0, frames: clip["frames"]?.int, broken: clip["broken"]?.string) }
        }
    }
}
