import Bytes
import TestSupport
import Testing

/// A folder of videos made for one test, and the run over them.
struct Workshop {
    let folder: TemporaryFolder
    var input: RawPath { folder.path.appending("in") }

    init() throws {
        folder = try TemporaryFolder()
        try Files.makeDirectory(input, durable: false)
    }

    /// Makes a video with the `ffmpeg` command.
    @discardableResult
    func make(_ name: String, _ arguments: String...) async throws -> RawPath {
        let path = input.appending(name)
        try await FFmpegCommand.make(path, arguments)
        return path
    }

    /// Puts a file of these bytes there.
    @discardableResult
    func put(_ name: String, _ bytes: [UInt8]) throws -> RawPath {
        let path = input.appending(name)
        try AtomicFile.write(bytes, to: path, durable: false)
        return path
    }

    func run(_ options: String...) async throws -> ResultFolder { try await run(options) }

    func run(_ options: [String]) async throws -> ResultFolder {
        try await ResultFolder(input, into: folder.path.appending("out"), options: options)
    }
}

extension JSON {
    var verdict: String { self["decode"]?["verdict"]?.string ?? "none" }
    var reasons: [String] { self["decode"]?["reasons"]?.array?.compactMap(\.string) ?? [] }
    var totalFrames: Int? { self["total_frames"]?.int }
    var declaredFrames: Int? { self["declared_frames"]?.int }

    func events(_ tool: String) -> [JSON] { (self["events"]?.array ?? []).filter { $0["tool"]?.string == tool } }
}

extension [UInt8] {
    /// Every place of other bytes in these.
    func places(of other: [UInt8]) -> [Int] {
        guard count >= other.count else { return [] }
        return (0...count - other.count).filter { self[$0..<$0 + other.count].elementsEqual(other) }
    }
}
