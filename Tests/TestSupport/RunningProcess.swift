package import Bytes
internal import CTestSupport
internal import Glibc
internal import Synchronization

/// How an executable is started.
package struct Launch: Sendable {
    package enum Input: Sendable {
        /// The descriptor is not open at all.
        case closed
        /// At most what a pipe holds (64 KiB), then the end of the file.
        case bytes([UInt8])
    }
    package enum Output: Sendable {
        case captured
        case closed
        /// A pipe that nobody reads.
        case broken
    }

    package var executable: RawPath
    package var arguments: [RawPath]
    /// The whole environment.
    package var environment: [String: String] = ["PATH": "/usr/bin:/bin"]
    package var directory = RawPath("/")
    package var input = Input.bytes([])
    package var output = Output.captured
    package var error = Output.captured
    /// Standard input, output and error are one terminal, 100 columns wide; all it shows comes as `stdout`.
    package var terminal = false
    /// Seconds, after which the process group is killed: it hangs.
    package var deadline = 2 * Patience.hang

    package init(_ executable: RawPath, _ arguments: [RawPath]) {
        self.executable = executable
        self.arguments = arguments
    }

    /// Starts it without the privilege to pass over the permissions of files, which root has.
    package mutating func heedPermissions() {
        guard geteuid() == 0 else { return }
        arguments = [RawPath("--bounding-set=-all"), RawPath("--inh-caps=-all"), executable] + arguments
        executable = RawPath("/usr/bin/setpriv")
    }
}

/// Runs `body` on this thread without the privilege to pass over the permissions of files.
package func heedingPermissions<Result>(_ body: () throws -> Result) rethrows -> Result {
    let isRoot = geteuid() == 0
    if isRoot { precondition(fbt_heed_permissions(1) == 0, "root may give up a capability") }
    defer { if isRoot { _ = fbt_heed_permissions(0) } }
    return try body()
}

/// What is left of a process.
package struct ProcessResult: Sendable {
    /// nil when a signal ended it.
    package var status: Int32?
    package var signal: Int32?
    package var stdout: [UInt8]
    package var stderr: [UInt8]
    package var seconds: Double
    /// It was killed because it was still there at its deadline.
    package var isOverdue: Bool

    package var output: String { String(decoding: stdout, as: UTF8.self) }
    package var error: String { String(decoding: stderr, as: UTF8.self) }
}

/// A process of its own session that a test started. A thread of its own reads what it writes, so that no test holds
/// up the others while it waits.
package final class RunningProcess: Sendable {
    private struct State {
        var stdout: [UInt8] = []
        var stderr: [UInt8] = []
        var result: ProcessResult?
        var waiting: [CheckedContinuation<ProcessResult, Never>] = []
    }
    package let pid: Int32
    private let state = Mutex(State())
    private let deadline: Double
    private let descriptors: Spawn.Ends

    package static func start(_ launch: Launch) throws(SystemError) -> RunningProcess {
        let (pid, ends) = try Spawn.start(launch)
        let process = RunningProcess(pid: pid, ends: ends, deadline: launch.deadline)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { opaque in
                guard let opaque else { return nil }
                Unmanaged<RunningProcess>.fromOpaque(opaque).takeRetainedValue().follow()
                return nil
            }, Unmanaged.passRetained(process).toOpaque())
        pthread_detach(thread)
        return process
    }

    /// Starts it and waits for its end.
    package static func run(_ launch: Launch) async throws -> ProcessResult { try await start(launch).result() }

    private init(pid: pid_t, ends: Spawn.Ends, deadline: Double) {
        self.pid = pid
        descriptors = ends
        self.deadline = deadline
    }

    package func send(_ signal: Int32) { _ = kill(pid, signal) }

    /// What it has written to standard output so far.
    package var outputSoFar: String { state.withLock { String(decoding: $0.stdout, as: UTF8.self) } }

    /// What it has written to standard error, or the terminal, so far.
    package var errorSoFar: String { state.withLock { String(decoding: $0.stderr, as: UTF8.self) } }

    package var hasEnded: Bool { state.withLock { $0.result != nil } }

    package func result() async -> ProcessResult {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> ProcessResult? in
                if state.result == nil { state.waiting.append(continuation) }
                return state.result
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func follow() {
        let start = RunningProcess.now
        var polled = [descriptors.stdout, descriptors.stderr].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var raw: Int32 = 0
        var isOverdue = false
        var ended: Double?
        while ended == nil || polled.contains(where: { $0.fd >= 0 }) {
            let now = RunningProcess.now
            if !isOverdue, now - start > deadline {
                isOverdue = true
                kill(-pid, SIGKILL)
            }
            if ended == nil, waitpid(pid, &raw, WNOHANG) == pid { ended = now }
            // Whoever else holds the pipes open must not hold up the test.
            if let ended, now - ended > 2 { break }
            poll(&polled, 2, 5)
            for index in polled.indices where polled[index].revents != 0 {
                if !take(polled[index].fd, isError: index == 1) { polled[index].fd = -1 }
            }
        }
        for descriptor in [descriptors.stdout, descriptors.stderr] where descriptor >= 0 { close(descriptor) }
        finish(raw, seconds: (ended ?? start) - start, isOverdue: isOverdue)
    }

    private func take(_ descriptor: Int32, isError: Bool) -> Bool {
        guard
            let bytes = try? Files.read(FileDescriptor(descriptor), count: 1 << 16, path: RawPath("pipe")),
            !bytes.isEmpty
        else { return false }
        state.withLock { if isError { $0.stderr += bytes } else { $0.stdout += bytes } }
        return true
    }

    private func finish(_ raw: Int32, seconds: Double, isOverdue: Bool) {
        let signal = raw & 0x7f
        let waiting = state.withLock { state in
            state.result = ProcessResult(
                status: signal == 0 ? (raw >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
                stdout: state.stdout, stderr: state.stderr, seconds: seconds, isOverdue: isOverdue)
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let result = state.withLock({ $0.result }) else { return }
        for continuation in waiting { continuation.resume(returning: result) }
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
