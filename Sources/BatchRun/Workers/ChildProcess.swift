internal import Bytes
internal import Jobs
internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// A process of ours that gets a request on its standard input and answers in lines, ended by SIGKILL to its whole group.
///
/// It is watched until the kernel has let go of it, whatever it does to its pipes.
struct ChildProcess: Sendable {
    enum End: Equatable, Sendable {
        case exited(status: Int32)
        case died(signal: Int32)
        /// It was killed and is still there: the kernel holds it, as in a call to a share that does not answer. It was not
        /// waited for.
        case held(process: Int32)
        case spawnFailed(String)
        /// One of our ends of its pipes could not be written or read, for the reason given. It was ended at once: it would
        /// have waited for ever, or said what nobody hears.
        case pipeFailed(String)

        /// What to say behind its name.
        var text: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .died(let signal): "was killed by signal \(signal)"
            case .held(let process): "is held by the kernel as process \(process)"
            case .spawnFailed(let why): "could not be started: \(why)"
            case .pipeFailed(let why): "cannot be talked to: \(why)"
            }
        }
    }

    /// What it wrote on its standard output.
    enum Output: Sendable {
        case line([UInt8])
        /// A line that is too long or has no end.
        case broken
    }

    /// Seconds that a process may take to be gone once it was killed.
    struct Patience: Sendable {
        /// For one in a call that no signal ends.
        var uninterruptible = 1.0
        /// For any other: a crowded machine takes its time.
        var any = 10.0
    }

    let program: RawPath
    let arguments: [String]
    /// Bytes of the longest line that is listened to.
    let lineLimit: Int
    /// What it gets with the first byte of its request. Its standard input is a Unix socket then, and a pipe without.
    var descriptors: [Bytes.FileDescriptor] = []
    var patience = Patience()
    /// Fork it, where they can; it is started as any program else.
    var zygotes: Zygotes?
    /// What it is to be when it is forked.
    var role = ForkRole.worker
    /// Kills a process group by its leader.
    var kill: @Sendable (Int32) -> Void = { Processes.killGroup($0) }

    /// How often it is asked whether the process has to end.
    static let tick = Duration.milliseconds(50)

    /// Bytes of standard error that are taken at once, and milliseconds between two looks at it from then on.
    private static let errorFlood = (bytes: 1 << 20, pause: 10)

    /// Runs the process to its end.
    ///
    /// - Parameters:
    ///   - errors: gets the last lines of its standard error.
    ///   - hasToEnd: asked about twenty times a second.
    ///   - receive: called for each line in order; the next one is not read before it returns. Without a yes the process is
    ///     ended.
    func run(
        _ request: [UInt8], errors: LastLines, hasToEnd: @escaping @Sendable () -> Bool,
        receive: @escaping @Sendable (Output) async -> Bool
    ) async -> End {
        await withCheckedContinuation { continuation in
            let settlement = Settlement(continuation)
            // On their own: what the kernel holds has tasks that do not end either.
            Task.detached {
                settlement.settle(await start(request, errors, settlement, hasToEnd, receive))
            }
        }
    }

    private func start(
        _ request: [UInt8], _ errors: LastLines, _ settlement: Settlement, _ hasToEnd: @escaping @Sendable () -> Bool,
        _ receive: @escaping @Sendable (Output) async -> Bool
    ) async -> End {
        var options = PlatformOptions()
        options.createSession = true
        let name = FilePath(String(decoding: program.bytes, as: UTF8.self))
        let command = Arguments(executablePathOverride: "forgebatch", remainingValues: arguments)
        defer { settlement.endWatch() }
        if let zygotes, let end = await runForked(zygotes, request, errors, settlement, hasToEnd, receive) {
            return end
        }
        do {
            let status: TerminationStatus
            if descriptors.isEmpty {
                status = try await Subprocess.run(
                    .path(name), arguments: command, platformOptions: options, input: .inputWriter, output: .sequence,
                    error: .sequence
                ) { execution in
                    await attend(
                        execution.processIdentifier.value, execution.standardOutput.map(\.array),
                        execution.standardError.map(\.array), errors,
                        settlement, hasToEnd, receive
                    ) {
                        _ = try await execution.standardInputWriter.write(request)
                    }
                }.terminationStatus
            } else {
                let socket = try RequestSocket()
                // Its end means that we are gone, so it stays open.
                defer { socket.close() }
                status = try await Subprocess.run(
                    .path(name), arguments: command, platformOptions: options,
                    input: .fileDescriptor(.init(rawValue: socket.theirs.number), closeAfterSpawningProcess: true),
                    output: .sequence, error: .sequence
                ) { execution in
                    await attend(
                        execution.processIdentifier.value, execution.standardOutput.map(\.array),
                        execution.standardError.map(\.array), errors,
                        settlement, hasToEnd, receive
                    ) {
                        try await socket.send(request, descriptors) { settlement.isSettled }
                    }
                }.terminationStatus
            }
            if let failure = settlement.failure { return .pipeFailed(failure) }
            switch status {
            case .exited(let code): return .exited(status: Int32(code))
            case .signaled(let code): return .died(signal: Int32(code))
            }
        } catch {
            if let failure = settlement.failure { return .pipeFailed(failure) }
            let why = "\(error)".replacingNewlines
            return settlement.watch == nil ? .spawnFailed(why) : .pipeFailed(why)
        }
    }

    /// Sends a process its request and listens to it until it has closed its outputs.
    func attend(
        _ process: Int32, _ output: some Pieces, _ error: some Pieces, _ errors: LastLines,
        _ settlement: Settlement, _ hasToEnd: @escaping @Sendable () -> Bool,
        _ receive: @escaping @Sendable (Output) async -> Bool, send: () async throws -> Void
    ) async {
        // From its first pages on: it has to load its libraries before it could do so itself.
        Processes.offerToOutOfMemoryKiller(process)
        settlement.watch = Task.detached { await watch(process, settlement, hasToEnd) }
        do {
            try await send()
        } catch let error as SubprocessError where error.underlyingError == .brokenPipe {
            // One that has closed its end is told by how it ends.
        } catch {
            settlement.fail("writing its request", error)
        }
        await withTaskGroup { group in
            group.addTask {
                guard await readLines(output, settlement, receive) else { return settlement.demandEnd() }
            }
            group.addTask { await readErrors(error, errors, settlement) }
            await group.waitForAll()
        }
    }

    /// - Returns: whether the output ended well.
    private func readLines(
        _ output: some Pieces, _ settlement: Settlement, _ receive: (Output) async -> Bool
    ) async -> Bool {
        var lines = LineSplitter()
        do {
            for try await piece in output {
                for line in lines.add(piece) {
                    guard !settlement.isSettled, await receive(.line(line)) else { return false }
                }
                if lines.rest.count > lineLimit { break }
            }
        } catch {
            settlement.fail("reading what it says", error)
            return false
        }
        return lines.rest.isEmpty ? true : await receive(.broken)
    }

    private func readErrors(_ output: some Pieces, _ errors: LastLines, _ settlement: Settlement) async {
        var lines = LineSplitter()
        var bytes = 0
        do {
            for try await piece in output {
                bytes += piece.count
                for line in lines.add(piece) { errors.add(line) }
                // A line without an end is cut, not kept growing.
                if lines.rest.count > 4096 { lines.cutRest(to: 512) }
                // Whoever writes without end is made to wait.
                if bytes > ChildProcess.errorFlood.bytes {
                    try? await Task.sleep(for: .milliseconds(ChildProcess.errorFlood.pause))
                }
            }
        } catch {
            // With nobody to read it, the process would come to wait for room.
            settlement.fail("reading its standard error", error)
        }
        errors.add(lines.rest)
    }

    /// Ends the process when it has to, and gives it up when that does not help.
    private func watch(_ process: Int32, _ settlement: Settlement, _ hasToEnd: @Sendable () -> Bool) async {
        while !hasToEnd(), !settlement.isEndDemanded {
            guard (try? await Task.sleep(for: ChildProcess.tick)) != nil else { return }
        }
        guard !Task.isCancelled else { return }
        settlement.whileThere { kill(process) }
        let killed = monotonicNanoseconds()
        while (try? await Task.sleep(for: ChildProcess.tick)) != nil {
            let waited = Double(monotonicNanoseconds() &- killed) / 1e9
            let isHeld =
                waited > patience.any
                || (waited > patience.uninterruptible && Processes.isUninterruptible(process))
            if isHeld { return settlement.settle(.held(process: process)) }
        }
    }
}

/// What a process writes, as it comes.
typealias Pieces = AsyncSequence<[UInt8], any Error> & Sendable

extension SubprocessOutputSequence.Buffer {
    fileprivate var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

/// How a process ended, told once.
final class Settlement: Sendable {
    private struct State {
        var continuation: CheckedContinuation<ChildProcess.End, Never>?
        var watch: Task<Void, Never>?
        var isEndDemanded = false
        var failure: String?
        var isReaped = false
    }
    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<ChildProcess.End, Never>) {
        state = Mutex(State(continuation: continuation))
    }

    var isSettled: Bool { state.withLock { $0.continuation == nil } }
    var isEndDemanded: Bool { state.withLock { $0.isEndDemanded } }
    func demandEnd() { state.withLock { $0.isEndDemanded = true } }

    /// What went wrong with its pipes first.
    var failure: String? { state.withLock { $0.failure } }

    /// Has the process ended because one of its pipes is of no use.
    ///
    /// - Parameter what: was tried.
    func fail(_ what: String, _ error: any Error) {
        let reason =
            (error as? SubprocessError)?.underlyingError.map { "\($0)" } ?? (error as? SystemError)?.reason
            ?? "\(error)".replacingNewlines
        state.withLock { state in
            state.failure = state.failure ?? "\(what): \(reason)"
            state.isEndDemanded = true
        }
    }

    var watch: Task<Void, Never>? {
        get { state.withLock { $0.watch } }
        set { state.withLock { $0.watch = newValue } }
    }

    func endWatch() { watch?.cancel() }

    /// Does something to the process unless it was waited for: its number may be another's then.
    func whileThere(_ body: () -> Void) { state.withLock { if !$0.isReaped { body() } } }

    /// Waits for the process, which has ended.
    func reap<Status>(_ wait: () -> Status) -> Status {
        state.withLock { state in
            state.isReaped = true
            return wait()
        }
    }

    func settle(_ end: ChildProcess.End) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: end)
    }
}

/// The last lines that a process wrote on its standard error.
final class LastLines: Sendable {
    private static let most = 20
    /// Bytes that are kept of each.
    private static let width = 500
    private let lines = Mutex<(kept: [[UInt8]], next: Int)>(([], 0))

    func add(_ line: [UInt8]) {
        guard !line.isEmpty else { return }
        let line = Array(line.prefix(LastLines.width))
        lines.withLock { lines in
            if lines.kept.count < LastLines.most {
                lines.kept.append(line)
            } else {
                lines.kept[lines.next] = line
                lines.next = (lines.next + 1) % LastLines.most
            }
        }
    }

    /// In their order, as a person may read them.
    var texts: [String] {
        lines.withLock { Array($0.kept[$0.next...] + $0.kept[..<$0.next]) }.map { Escape.visible(bytes: $0) }
    }
}

extension String {
    /// The same on one line.
    var replacingNewlines: String { String(map { $0.isNewline ? " " : $0 }) }
}
