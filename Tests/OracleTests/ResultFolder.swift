import Bytes
import Glibc
import TestSupport
import Testing

/// A run of the built forgebatch over a folder, and its results.
final class ResultFolder: Sendable {
    let root: RawPath
    let status: Int32
    let messages: String

    /// - Parameter input: a file or a folder.
    init(_ input: RawPath, into root: RawPath, options: [String] = []) async throws {
        self.root = root
        let outcome = try await ExternalProgram.forgebatch.run(
            ["run", input.display, "--out", root.display, "--report", "none", "--progress", "none"] + options)
        status = outcome.status
        messages = outcome.errorText
    }

    /// The result of a video, by its path below the input folder.
    func result(_ path: String) throws -> JSON {
        try JSONReader.parse(Files.read(root.appending("results").appending(path + ".json")))
    }

    func hasResult(_ path: String) -> Bool { Files.exists(root.appending("results").appending(path + ".json")) }

    /// The default tools and those on demand that FFmpeg's filters can judge: one run and one pass for all of them.
    static let exact = ["--tools", "default,siti,crop,chroma", "--set", "luma.histogram=full"]

    /// The project's clips, processed once for all tests.
    static let samples = Task {
        try await ResultFolder(Samples.folder, into: scratch.appending("samples"), options: exact)
    }

    /// The clips by others beside the checkout, processed once for all tests.
    static let videos = Task {
        try await ResultFolder(SharedVideos.folder, into: scratch.appending("videos"), options: exact)
    }

    /// Removed when the tests' process ends.
    static let scratch: RawPath = {
        guard let folder = try? TemporaryFolder() else { return RawPath("/nonexistent") }
        held = folder
        atexit { ResultFolder.held = nil }
        return folder.path
    }()

    // Written when `scratch` is made and at the process's end, when no test runs any more.
    nonisolated(unsafe) private static var held: TemporaryFolder?
}

/// Clips by others that some checkouts have beside them.
enum SharedVideos {
    static var folder: RawPath { Samples.root.parent.appending("shared/videos") }

    static let names: [String] = {
        let files = (try? Files.list(folder)) ?? []
        return files.compactMap(\.text).filter { name in
            [".mp4", ".mkv", ".avi", ".webm"].contains { name.hasSuffix($0) }
        }
    }()
}
