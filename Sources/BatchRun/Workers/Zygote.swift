package import Bytes
internal import CLimits
internal import Jobs
internal import Synchronization

/// A process that has loaded what workers need and forks them, and what looks at inputs: `forgebatch worker fork`. It gets
/// descriptors alone, and never sees a request or a byte of a video.
final class Zygote: Sendable {
    private struct State {
        var life: Task<Void, Never>?
        var isEnding = false
        var isGone = false
        /// Forks that were asked for and are not answered, and since when there is no answer, in nanoseconds.
        var waiting = 0
        var since: UInt64 = 0
    }

    /// Seconds without an answer after which it is ended.
    private let patience: Double
    private let ours: FileDescriptor
    private let theirs: FileDescriptor
    private let state = Mutex(State())
    private let errors = LastLines()

    /// Starts one, and does not wait for it.
    init(program: RawPath, arguments: [String], patience: Double) throws(SystemError) {
        self.patience = patience
        var ends: [Int32] = [-1, -1]
        let failed = fb_socket_pair(&ends)
        guard failed == 0 else { throw SystemError("socketpair", RawPath("zygote"), code: failed) }
        (ours, theirs) = (FileDescriptor(ends[0]), FileDescriptor(ends[1]))
        var child = ChildProcess(program: program, arguments: arguments, lineLimit: 1000)
        child.descriptors = [theirs]
        let life = Task.detached { [child] in await self.live(child) }
        state.withLock { $0.life = life }
    }

    private func live(_ child: ChildProcess) async {
        _ = await child.run([0x0a], errors: errors, hasToEnd: { self.hasToEnd }, receive: { _ in false })
        // With our copy of its end go the requests that it has not taken, and with them what they wait for.
        state.withLock { state in
            state.isGone = true
            if !state.isEnding { Files.close(ours) }
            Files.close(theirs)
        }
    }

    private var hasToEnd: Bool {
        let now = monotonicNanoseconds()
        return state.withLock { state in
            state.isEnding || (state.waiting > 0 && Deadlines.seconds(from: state.since, to: now) > patience)
        }
    }

    /// Whether it may still be asked.
    var isOfUse: Bool { state.withLock { !$0.isEnding && !$0.isGone } }

    /// Whether its process has ended, or was given up.
    var isGone: Bool { state.withLock { $0.isGone } }

    /// Its last line on standard error.
    var lastWords: String? { errors.texts.last }

    /// Has a process forked.
    ///
    /// - Parameters:
    ///   - role: what it is to be.
    ///   - input: its standard input.
    /// - Throws: `SystemError` when it was not; ECHILD when the zygote is gone.
    func fork(_ role: ForkRole, input: FileDescriptor) async throws(SystemError) -> ForkedProcess {
        var open: [FileDescriptor] = []
        defer { for one in open { Files.close(one) } }
        func pipe() throws(SystemError) -> (reading: FileDescriptor, writing: FileDescriptor) {
            let pipe = try Files.pipe()
            open += [pipe.reading, pipe.writing]
            let failed = fb_set_nonblocking(pipe.reading.number)
            guard failed == 0 else { throw SystemError("fcntl", RawPath("pipe"), code: failed) }
            return pipe
        }
        let (output, error, answer) = (try pipe(), try pipe(), try pipe())
        try ask(role, [input, output.writing, error.writing, answer.writing])
        for one in [output, error, answer] {
            Files.close(one.writing)
            open.removeAll { $0.number == one.writing.number }
        }
        await Readiness.waitToRead(answer.reading)
        state.withLock { state in
            state.waiting -= 1
            state.since = monotonicNanoseconds()
        }
        let process = try number(from: answer.reading)
        let watch = fb_watch_process(process)
        guard watch >= 0 else {
            Processes.killGroup(process)
            var status: Int32 = 0
            throw SystemError("pidfd_open", RawPath("worker"), code: fb_wait_for(process, &status))
        }
        open.removeAll { $0.number == output.reading.number || $0.number == error.reading.number }
        return ForkedProcess(
            process: process, descriptor: FileDescriptor(watch), output: output.reading, error: error.reading,
            zygote: self)
    }

    private func ask(_ role: ForkRole, _ descriptors: [FileDescriptor]) throws(SystemError) {
        let sent: Int = state.withLock { state in
            // ECHILD
            guard !state.isEnding, !state.isGone else { return -10 }
            let sent = fb_send_descriptors(
                ours.number, [role.rawValue], 1, descriptors.map(\.number), Int32(descriptors.count))
            guard sent == 1 else { return sent }
            if state.waiting == 0 { state.since = monotonicNanoseconds() }
            state.waiting += 1
            return sent
        }
        guard sent == 1 else { throw SystemError("sendmsg", RawPath("zygote"), code: Int32(clamping: -sent)) }
    }

    private func number(from answer: FileDescriptor) throws(SystemError) -> Int32 {
        var number: Int32 = -10
        let got = withUnsafeMutableBytes(of: &number) { fb_read_some(answer.number, $0.baseAddress, $0.count) }
        guard got == 4 else { throw SystemError("fork", RawPath("zygote"), code: 10) }
        guard number > 0 else { throw SystemError("fork", RawPath("zygote"), code: -number) }
        return number
    }

    /// Has it end: it finds the other end of its socket closed, and is ended if it does not look.
    func end() {
        state.withLock { state in
            if !state.isEnding, !state.isGone { Files.close(ours) }
            state.isEnding = true
        }
    }

    /// Returns when it is gone.
    func ended() async { await state.withLock { $0.life }?.value }
}

/// The zygotes of a run, one after the other: the first is started when something is to be forked, the next when one has ended,
/// and when a process that it forked has died of a signal.
package final class Zygotes: Sendable {
    private struct State {
        var current: Zygote?
        /// Those that are told to end.
        var ending: [Zygote] = []
        /// Zygotes in a row that forked nothing.
        var failures = 0
        var isClosed = false
        var note: String?
    }

    /// Zygotes in a row that fork nothing before no more is tried.
    static let mostFailures = 3

    private let program: RawPath
    private let arguments: [String]
    private let patience: Double
    private let state = Mutex(State())

    /// - Parameter patience: seconds that one may take to load and to fork; it needs a few hundredths.
    package init(program: RawPath, arguments: [String], patience: Double = 10) {
        (self.program, self.arguments, self.patience) = (program, arguments, patience)
    }

    /// Has a process forked.
    ///
    /// - Parameters:
    ///   - role: what it is to be.
    ///   - input: its standard input.
    /// - Returns: nil when it has to be started in another way.
    func fork(_ role: ForkRole, input: FileDescriptor) async -> ForkedProcess? {
        let zygote: Zygote
        do throws(SystemError) {
            guard let current = try current() else { return nil }
            zygote = current
        } catch {
            if !error.isTableFull { fail(nil, error) }
            return nil
        }
        do throws(SystemError) {
            let forked = try await zygote.fork(role, input: input)
            state.withLock { $0.failures = 0 }
            return forked
        } catch {
            // No descriptor left is no fault of the zygote's.
            if !error.isTableFull { fail(zygote, error) }
            return nil
        }
    }

    private func current() throws(SystemError) -> Zygote? {
        try state.withLock { state throws(SystemError) in
            guard !state.isClosed, state.failures < Zygotes.mostFailures else { return nil }
            if let current = state.current, current.isOfUse { return current }
            let zygote = try Zygote(program: program, arguments: arguments, patience: patience)
            state.current = zygote
            return zygote
        }
    }

    private func fail(_ zygote: Zygote?, _ error: SystemError) {
        let words = zygote?.lastWords.map { " (\($0))" } ?? ""
        state.withLock { state in
            // Others may have waited for the same one.
            guard state.current === zygote else { return }
            state.failures += 1
            if state.failures == Zygotes.mostFailures {
                state.note =
                    "workers are not forked but started one by one, which takes longer: \(error.reason)\(words)"
            }
        }
        if let zygote { retire(zygote) }
    }

    /// Nothing more is forked by this one.
    func retire(_ zygote: Zygote) {
        zygote.end()
        state.withLock { state in
            guard state.current === zygote else { return }
            state.current = nil
            state.ending = state.ending.filter { !$0.isGone } + [zygote]
        }
    }

    /// What a person should know, once.
    func takeNote() -> String? {
        state.withLock { state in
            defer { state.note = nil }
            return state.note
        }
    }

    /// Ends all of them and waits until they are gone. Nothing is forked any more.
    package func close() async {
        let all = state.withLock { state in
            state.isClosed = true
            return state.ending + [state.current].compactMap { $0 }
        }
        for zygote in all { zygote.end() }
        for zygote in all { await zygote.ended() }
    }
}
