import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// A folder with videos, and the built `forgebatch` to run on them.
final class Forge: Sendable {
    private let folder: TemporaryFolder
    let home: RawPath
    var input: RawPath { home.appending("in") }
    var output: RawPath { home.appending("out") }
    var layout: OutputLayout { OutputLayout(root: output) }

    /// - Parameter clips: names below `in/`; each becomes a video of five frames with a content of its own.
    init(_ clips: [String] = []) throws {
        folder = try TemporaryFolder()
        home = try Files.resolve(folder.path)
        try Files.makeDirectory(input, durable: false)
        for name in clips { try add(name) }
    }

    // MARK: Videos

    /// Adds a video of grey pictures.
    ///
    /// - Parameter name: its path below `in/`; its bytes also choose its shades, so that no two videos are equal.
    func add(_ name: RawPath, frames: Int = 5) throws {
        try write(Forge.clip(frames: frames, seed: name.bytes), to: input.appending(name))
    }

    func add(_ name: String, frames: Int = 5) throws { try add(RawPath(name), frames: frames) }

    /// A video whose worker is busy for long enough to be caught.
    func addLong(_ name: String) throws { try add(name, frames: 3000) }

    /// Text behind a video's name.
    func addBroken(_ name: String) throws { try write("This is no video.\n", to: input.appending(name)) }

    /// Copies one of the project's own clips.
    func addSample(_ name: String) throws {
        try write(Files.read(Samples.folder.appending(name)), to: input.appending(RawPath(name).lastComponent))
    }

    /// A YUV4MPEG2 file of flat pictures, 32 x 24.
    static func clip(frames: Int, seed: [UInt8]) -> [UInt8] {
        var bytes = Array("YUV4MPEG2 W32 H24 F25:1 Ip A1:1 C420jpeg\n".utf8)
        let base = seed.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xffff }
        for frame in 0..<frames {
            bytes += Array("FRAME\n".utf8)
            bytes += [UInt8](repeating: UInt8(30 + (base + frame * 3) % 180), count: 32 * 24)
            bytes += [UInt8](repeating: UInt8(100 + base % 50), count: 32 * 24 / 2)
        }
        return bytes
    }

    func write(_ bytes: [UInt8], to path: RawPath) throws { try AtomicFile.write(bytes, to: path, durable: false) }
    func write(_ text: String, to path: RawPath) throws { try write(Array(text.utf8), to: path) }

    // MARK: Running

    /// The executable that was built with the tests: it lies beside the test bundle, which this process runs.
    static let executable: RawPath = {
        let bundle = (try? Files.linkTarget(RawPath("/proc/self/exe"))) ?? RawPath(CommandLine.arguments[0])
        return bundle.parent.appending("forgebatch")
    }()

    func launch(_ arguments: [RawPath]) -> Launch {
        var launch = Launch(Forge.executable, arguments)
        launch.directory = home
        return launch
    }

    /// Runs forgebatch with any arguments, in the folder that holds `in`.
    func forgebatch(
        _ arguments: [RawPath], environment: [String: String] = [:], _ adapt: (inout Launch) -> Void = { _ in }
    ) async throws -> ProcessResult {
        var launch = launch(arguments)
        launch.environment.merge(environment) { $1 }
        adapt(&launch)
        await Gate.shared.enter()
        let result: ProcessResult
        do {
            result = try await RunningProcess.run(launch)
        } catch {
            await Gate.shared.leave()
            throw error
        }
        await Gate.shared.leave()
        #expect(!result.isOverdue, "\(arguments.map(\.display)) is still there after \(launch.deadline) s")
        return result
    }

    func forgebatch(
        _ arguments: String..., environment: [String: String] = [:], adapt: (inout Launch) -> Void = { _ in }
    ) async throws -> ProcessResult {
        try await forgebatch(arguments.map { RawPath($0) }, environment: environment, adapt)
    }

    /// `forgebatch run in -o out` and more flags.
    @discardableResult
    func run(
        _ flags: String..., environment: [String: String] = [:], adapt: (inout Launch) -> Void = { _ in }
    ) async throws -> ProcessResult {
        try await forgebatch(arguments(flags), environment: environment, adapt)
    }

    /// The same with the status that it has to end with.
    @discardableResult
    func run(
        expecting status: Int32, _ flags: String..., location: SourceLocation = #_sourceLocation
    ) async throws -> ProcessResult {
        let result = try await forgebatch(arguments(flags))
        #expect(result.status == status, "\(result.error)", sourceLocation: location)
        return result
    }

    /// Starts a run and does not wait for it.
    func start(_ flags: String..., adapt: (inout Launch) -> Void = { _ in }) throws -> RunningProcess {
        var launch = launch(arguments(["--stall", "10m"] + flags))
        adapt(&launch)
        return try RunningProcess.start(launch)
    }

    private func arguments(_ flags: [String]) -> [RawPath] {
        [RawPath("run"), RawPath("in"), RawPath("-o"), RawPath("out"), RawPath("--no-config")]
            + flags.map { RawPath($0) }
    }
}

/// Lets only a few executables run at once: more would only make each other look slow.
actor Gate {
    static let shared = Gate()
    private var free = 4
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// Waits for something that has to come true.
func eventually(
    _ what: String, location: SourceLocation = #_sourceLocation,
    _ condition: @escaping @Sendable () throws -> Bool
) async throws {
    let isTrue = try await poll { try condition() ? true : nil }
    try #require(isTrue == true, "\(what): not within \(Patience.hang) s", sourceLocation: location)
}
