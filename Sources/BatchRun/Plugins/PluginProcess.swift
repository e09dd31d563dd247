package import Bytes
internal import CLimits
package import Jobs
internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// One started program of an external tool, by its supervisor `forgebatch __tool`, as the run holds it.
///
/// Whoever starts one ends it, by ``stop()`` or ``finish(within:)``; until then its descriptors stay open.
package final class PluginProcess: Sendable {
    /// The run's ends, which workers get copies of. Nothing waits in them: a call that would have to fails with EAGAIN.
    package struct Ends: Sendable {
        /// Frames are written here.
        package let frames: Bytes.FileDescriptor
        /// Answers are read here.
        package let answers: Bytes.FileDescriptor
        /// The control socket: `stop` and a line feed end the program, and how it ended is read here, a ``ToolEnd``.
        package let control: Bytes.FileDescriptor

        package var all: [Bytes.FileDescriptor] { [frames, answers, control] }
    }

    /// Seconds.
    package struct Patience: Sendable {
        /// For a supervisor to end its group and itself once it was told to.
        package var stopping = 2.0
        /// For the kernel to let go of what was killed.
        package var killing = 10.0

        package init() {}
    }

    /// Bytes that the pipe of frames is to hold.
    private static let pipeSize: Int32 = 1 << 20
    /// Bytes of the longest order: the kernel takes no argument of 128 KiB.
    private static let orderLimit = 120_000
    /// Between two looks at whether it is over, and at whether what is waited for has come.
    private static let tick = (watching: Duration.milliseconds(50), waiting: Duration.milliseconds(10))

    private struct State {
        var process: Int32?
        var end: ToolEnd?
        var hasToEnd = false
        /// Gives up what the kernel does not let go of.
        var late: Task<Void, Never>?
        var isFramesClosed = false
        var isClosed = false
    }

    package let ends: Ends
    private let folder: PrivateFolder?
    private let patience: Patience
    private let state = Mutex(State())

    /// Starts a supervisor.
    ///
    /// - Parameters:
    ///   - program: forgebatch itself, and what stands before the order.
    ///   - folder: the temporary folder, which is removed when the program is gone.
    /// - Throws: `SystemError` when there are no descriptors for it, or the order is too long.
    package init(
        _ order: ToolOrder, program: RawPath, arguments: [String] = ["__tool"], folder: PrivateFolder? = nil,
        patience: Patience = Patience()
    ) throws(SystemError) {
        self.folder = folder
        self.patience = patience
        let text = JSONWriter.encode(order.json)
        guard text.count <= PluginProcess.orderLimit else {
            throw SystemError("execve", order.folder, detail: "what it may read is too much to be told")
        }
        let frames = try Files.pipe()
        let answers: (reading: Bytes.FileDescriptor, writing: Bytes.FileDescriptor)
        var pair: [Int32] = [-1, -1]
        do throws(SystemError) {
            answers = try Files.pipe()
        } catch {
            for one in [frames.reading, frames.writing] { Files.close(one) }
            throw error
        }
        let failed = fb_socket_pair(&pair)
        guard failed == 0 else {
            for one in [frames.reading, frames.writing, answers.reading, answers.writing] { Files.close(one) }
            throw SystemError("socketpair", RawPath("control socket"), code: failed)
        }
        ends = Ends(frames: frames.writing, answers: answers.reading, control: Bytes.FileDescriptor(pair[0]))
        for one in ends.all { _ = fb_set_nonblocking(one.number) }
        _ = fb_pipe_size(frames.writing.number, PluginProcess.pipeSize)
        let arguments = arguments + [String(decoding: text, as: UTF8.self)]
        let theirs = Theirs(frames: frames.reading.number, answers: answers.writing.number, control: pair[1])
        // On its own: what the kernel holds has tasks that do not end either.
        Task.detached { await self.watch(program, arguments, theirs) }
    }

    private struct Theirs: Sendable { let frames, answers, control: Int32 }

    /// The supervisor, which leads the group of all its processes; nil until it is started.
    package var process: Int32? { state.withLock { $0.process } }

    /// How it ended; nil while it has not.
    package var end: ToolEnd? { state.withLock { $0.end } }

    private func watch(_ program: RawPath, _ arguments: [String], _ theirs: Theirs) async {
        var options = PlatformOptions()
        options.createSession = true
        let name = FilePath(String(decoding: program.bytes, as: UTF8.self))
        do {
            _ = try await Subprocess.run(
                .path(name), arguments: Arguments(executablePathOverride: "forgebatch", remainingValues: arguments),
                platformOptions: options,
                input: .fileDescriptor(.init(rawValue: theirs.frames), closeAfterSpawningProcess: true),
                output: .fileDescriptor(.init(rawValue: theirs.answers), closeAfterSpawningProcess: true),
                error: .fileDescriptor(.init(rawValue: theirs.control), closeAfterSpawningProcess: true)
            ) { execution in
                let process = execution.processIdentifier.value
                Processes.offerToOutOfMemoryKiller(process)
                state.withLock { $0.process = process }
                // Its end of the control socket is held by nobody else.
                while fb_has_ended(ends.control.number) == 0, !state.withLock({ $0.hasToEnd }) {
                    try? await Task.sleep(for: PluginProcess.tick.watching)
                }
                // It may have been killed itself. Its number is its group's until it is waited for, below.
                Processes.killGroup(process)
                let late = Task.detached { [patience] in
                    guard (try? await Task.sleep(for: .seconds(patience.killing))) != nil else { return }
                    self.settle(ToolEnd(.lost, "the kernel still holds its process \(process)"))
                }
                state.withLock { $0.late = late }
            }
            settle(told ?? ToolEnd(.lost, "its supervisor ended without a word"))
        } catch {
            settle(ToolEnd(.start, "forgebatch could not be started: \("\(error)".replacingNewlines)"))
        }
    }

    /// What its supervisor said of its end, unless a worker has read it.
    private var told: ToolEnd? {
        var buffer = [UInt8](repeating: 0, count: 1 << 19)
        let got = buffer.withUnsafeMutableBytes { fb_peek(ends.control.number, $0.baseAddress, $0.count) }
        guard got > 0 else { return nil }
        return buffer[..<got].split(separator: 0x0a).lazy.compactMap { ToolEnd(line: $0) }.first
    }

    private func settle(_ end: ToolEnd) {
        let late = state.withLock { state in
            state.end = state.end ?? end
            return state.late
        }
        late?.cancel()
    }

    /// Waits for its first line.
    ///
    /// - Parameter seconds: that it may take.
    /// - Throws: why there is none: how it ended, or that it said something else or nothing; it is stopped then.
    package func hello(within seconds: Double) async throws(ToolEnd) -> ToolHello {
        let begun = monotonicNanoseconds()
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        var pause = 1
        while true {
            let got = buffer.withUnsafeMutableBytes { fb_read_some(ends.answers.number, $0.baseAddress, $0.count) }
            if got > 0 { line += buffer[..<got] }
            if let feed = line.firstIndex(of: 0x0a) {
                guard feed == line.count - 1 else { throw await refuse("it says more than it was asked") }
                do {
                    return try ToolHello(line: Array(line[..<feed]))
                } catch {
                    throw await refuse(error.description)
                }
            }
            if line.count > ToolHello.limit { throw await refuse("its first line has no end") }
            if let end { throw end }
            let waited = Double(monotonicNanoseconds() &- begun) / 1e9
            guard waited < seconds else { throw await refuse("it said nothing for \(Attempt.text(seconds))") }
            if got > 0 { continue }
            try? await Task.sleep(for: .milliseconds(pause))
            pause = min(20, pause * 2)
        }
    }

    /// Stops it for what it said.
    private func refuse(_ why: String) async -> ToolEnd {
        let end = await stop()
        // One that was over already tells more than that it says nothing.
        return end.cause == .stopped ? ToolEnd(.start, why, log: end.log) : end
    }

    /// Ends all of its processes now and waits until they are gone.
    ///
    /// - Returns: how it ended: ``ToolEnd/Cause/stopped``, unless it had ended by itself.
    @discardableResult
    package func stop() async -> ToolEnd {
        let line = Array("stop\n".utf8)
        _ = line.withUnsafeBytes { fb_write_some(ends.control.number, $0.baseAddress, $0.count) }
        if await waitForEnd(seconds: patience.stopping) == nil { state.withLock { $0.hasToEnd = true } }
        return await close()
    }

    /// Tells it that no frame will come, and ends it where it goes on all the same.
    ///
    /// - Parameter seconds: that it may take.
    @discardableResult
    package func finish(within seconds: Double = 2) async -> ToolEnd {
        closeFrames()
        if await waitForEnd(seconds: seconds) == nil { return await stop() }
        return await close()
    }

    /// - Returns: nil when it has not ended in time.
    package func waitForEnd(seconds: Double) async -> ToolEnd? {
        let begun = monotonicNanoseconds()
        while true {
            if let end { return end }
            guard Double(monotonicNanoseconds() &- begun) / 1e9 < seconds else { return nil }
            try? await Task.sleep(for: PluginProcess.tick.waiting)
        }
    }

    private func closeFrames() {
        let isMine = state.withLock { state in
            defer { state.isFramesClosed = true }
            return !state.isFramesClosed
        }
        if isMine { Files.close(ends.frames) }
    }

    /// Waits for its end, and gives back what it held.
    private func close() async -> ToolEnd {
        while end == nil { try? await Task.sleep(for: PluginProcess.tick.waiting) }
        let isMine = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isMine {
            closeFrames()
            for one in [ends.answers, ends.control] { Files.close(one) }
            folder?.remove()
        }
        return end ?? ToolEnd(.lost, "")
    }
}

/// The temporary folders of external tools.
package enum PluginTemporaries {
    private static let prefix = "forgebatch-plugin-"

    /// Where they lie: `TMPDIR`, else `/tmp`.
    package static var parent: RawPath {
        guard let chosen = Processes.environment["TMPDIR"], chosen.hasPrefix("/") else { return RawPath("/tmp") }
        return RawPath(chosen)
    }

    /// Makes one.
    package static func make(in parent: RawPath = parent) throws(SystemError) -> PrivateFolder {
        // Landlock goes by where it is, and programs by what they are told.
        try PrivateFolder(in: try Files.resolve(parent), prefix: prefix)
    }

    /// Removes what runs that were killed left.
    package static func sweep(_ parent: RawPath = parent) { PrivateFolder.sweep(parent, prefix: prefix) }
}
