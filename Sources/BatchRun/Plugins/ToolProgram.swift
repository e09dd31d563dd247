internal import Bytes
internal import CLimits
internal import Jobs

/// The process that starts an external tool confined and watches it, `forgebatch __tool`.
///
/// Its descriptors: 0 the reading end of the pipe of frames, 1 the writing end of the pipe of answers, 2 the control socket.
package enum ToolProgram {
    /// Carries out the order that is its only argument; ends with its group, itself included.
    ///
    /// - Returns: 70 when there was no order.
    package static func main(_ arguments: [String]) -> Int32 {
        guard arguments.count == 1, let order = (try? JSONReader.parse(arguments[0])).flatMap({ ToolOrder($0) }),
            // It ends by ending its group, which must not be a shell's.
            fb_own_group() == fb_own_process()
        else {
            let text = "forgebatch: this subcommand is for forgebatch itself; use `forgebatch run`\n"
            try? Files.write(Array(text.utf8), to: .standardError, path: RawPath("standard error"))
            return 70
        }
        fb_close_from(3)
        Files.ignoreBrokenPipes()
        _ = fb_adopt_orphans()
        _ = fb_set_nonblocking(FileDescriptor.standardError.number)
        var supervisor = ToolSupervisor(order, Processes.environment)
        let end = supervisor.run()
        supervisor.tell(end)
        // Where the group is not ended at once, this process is.
        _ = fb_kill(0)
        return 1
    }
}

/// A tool's program and what is known of it.
private struct ToolSupervisor {
    /// Nanoseconds between two looks at the processes.
    private static let look: UInt64 = 250_000_000
    /// Milliseconds that the other side may take to read how it ended, and that processes may take to be gone.
    private static let patience = (telling: 1000, ending: 300)
    /// Bytes that a file of the tool may have, and descriptors that each of its processes may.
    private static let limits = (file: UInt64(1 << 30), descriptors: UInt64(1024))

    private let order: ToolOrder
    private let environment: [String: String]
    private let control = FileDescriptor.standardError.number
    private var log = ToolLog()
    private var logPipe: Int32 = -1
    private var listener: Int32 = -1
    /// The tool's processes when they were counted, and those that were let be started since.
    private var processes = 1
    private var buffer = [UInt8](repeating: 0, count: ToolLog.most)
    private var said: [UInt8] = []

    init(_ order: ToolOrder, _ environment: [String: String]) {
        self.order = order
        self.environment = environment
    }

    /// Runs the tool until it ends or has to end.
    mutating func run() -> ToolEnd {
        if order.hold, let end = wait() { return end }
        let process: Int32
        do {
            process = try start()
        } catch {
            return error
        }
        let ended = fb_watch_process(process)
        var next = monotonicNanoseconds() &+ ToolSupervisor.look
        while true {
            let now = monotonicNanoseconds()
            if now >= next {
                if let end = excess() { return end }
                next = now &+ ToolSupervisor.look
            }
            // Without a descriptor that tells of the process's end it is asked now and then.
            let most = ended < 0 ? 20 : 250
            var items = [logPipe, control, ended, listener].map { fb_awaited(descriptor: $0, writing: 0, ready: 0) }
            _ = fb_wait_for_any(&items, 4, Int32(min(most, Int((next &- now) / 1_000_000) + 1)))
            if items[0].ready != 0 { drain(pieces: 16) }
            if items[1].ready != 0, let end = listen() { return end }
            if items[3].ready != 0, let end = answer(hasQuestion: items[3].ready == 1) { return end }
            if let end = reap(process) {
                // What it printed last is still in the pipe; others may go on printing.
                drain(pieces: 16)
                return end
            }
        }
    }

    /// Waits for the first byte.
    ///
    /// - Returns: nil when it is there.
    private mutating func wait() -> ToolEnd? {
        while true {
            var items = [0, control].map { fb_awaited(descriptor: $0, writing: 0, ready: 0) }
            _ = fb_wait_for_any(&items, 2, -1)
            if items[1].ready != 0, let end = listen() { return end }
            if items[0].ready != 0 { return nil }
        }
    }

    /// - Throws: why it could not be started.
    private mutating func start() throws(ToolEnd) -> Int32 {
        var sandbox = ToolSandbox.kernel
        if let most = order.landlock { sandbox.landlock = min(sandbox.landlock, most) }
        let places: ToolPlaces
        do {
            sandbox = try sandbox.applied(order.sandbox)
            places = try ToolPlaces(order.run[0], folder: order.folder, path: environment["PATH"])
            for path in order.read { _ = try Files.status(path) }
        } catch let error as SystemError {
            throw ToolEnd(.start, status: Int(error.code), "\(error.path): \(error.reason)")
        } catch {
            throw ToolEnd(.start, "\(error)")
        }
        let variables = ToolPlaces.environment(order, own: environment).map { RawPath("\($0.key)=\($0.value)") }
        var tool = fb_tool()
        tool.memory = order.gpu == nil ? UInt64(order.memory) : 0
        (tool.descriptors, tool.file_size) = (ToolSupervisor.limits.descriptors, ToolSupervisor.limits.file)
        tool.niceness = Int32(order.nice)
        (tool.landlock, tool.filter) = (Int32(sandbox.landlock), sandbox.filter ? 1 : 0)
        let words = CStrings(order.run.map { RawPath($0) })
        let settings = CStrings(variables.sorted())
        let readable = CStrings([order.folder] + order.read + places.readable + ToolPlaces.facts(order))
        let devices = CStrings(ToolPlaces.devices(order))
        let paths = CStrings([places.program, order.folder, order.write])
        let failed = withExtendedLifetime((words, settings, readable, devices, paths)) {
            (tool.program, tool.folder, tool.writable) = (paths.constant[0], paths.constant[1], paths.constant[2])
            (tool.words, tool.variables) = (words.mutable, settings.mutable)
            (tool.readable, tool.devices) = (readable.constant, devices.constant)
            return fb_start_tool(&tool)
        }
        guard failed == 0 else {
            let stage = tool.failed.map { String(cString: $0) } ?? ""
            let what = stage == "exec" ? places.program.display : stage == "chdir" ? order.folder.display : stage
            let reason = SystemError(stage, order.folder, code: failed).reason
            throw ToolEnd(.start, status: Int(failed), "\(what): \(reason)")
        }
        (logPipe, listener) = (tool.log, tool.listener)
        return tool.process
    }

    /// Reads what the tool printed.
    private mutating func drain(pieces: Int) {
        for _ in 0..<pieces where logPipe >= 0 {
            let got = buffer.withUnsafeMutableBytes { fb_read_some(logPipe, $0.baseAddress, $0.count) }
            if got > 0 {
                log.add(buffer[..<got])
            } else if got == 0 {
                Files.close(FileDescriptor(logPipe))
                logPipe = -1
            } else {
                return
            }
        }
    }

    /// Reads what the run or a worker wants.
    ///
    /// - Returns: nil when nothing is to be done.
    private mutating func listen() -> ToolEnd? {
        var piece = [UInt8](repeating: 0, count: 64)
        let got = piece.withUnsafeMutableBytes { fb_read_some(control, $0.baseAddress, $0.count) }
        if got == 0 { return ToolEnd(.stopped, "the run is gone") }
        guard got > 0 else { return nil }
        said = (said + piece[..<got]).suffix(piece.count)
        return said.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()
            .contains { $0.elementsEqual("stop".utf8) } ? ToolEnd(.stopped, "stopped") : nil
    }

    /// Waits for children that have ended, adopted ones too.
    ///
    /// - Returns: how the tool's own process ended; nil while it has not.
    private func reap(_ process: Int32) -> ToolEnd? {
        var status: Int32 = 0
        while true {
            let child = fb_reap(&status)
            guard child > 0 else { return nil }
            guard child == process else { continue }
            let signal = status & 0x7f
            return signal == 0
                ? ToolEnd(.exited, status: Int(status >> 8 & 0xff), "ended with status \(status >> 8 & 0xff)")
                : ToolEnd(.signal, status: Int(signal), "killed by signal \(signal)")
        }
    }

    /// Lets a process be started, as long as there are not too many: who wants one waits for the answer, so that they never
    /// become more than there may be, however fast they double.
    private mutating func answer(hasQuestion: Bool) -> ToolEnd? {
        var question: UInt64 = 0
        guard hasQuestion else {
            Files.close(FileDescriptor(listener))
            listener = -1
            return nil
        }
        guard fb_next_question(listener, &question) == 0 else { return nil }
        if processes >= order.processes { processes = count().count }
        guard processes < order.processes else { return tooMany }
        fb_let_go_on(listener, question)
        processes += 1
        return nil
    }

    private var tooMany: ToolEnd { ToolEnd(.processes, "over \(order.processes) processes") }

    private func count() -> [Int32] { ToolGroup.processes(below: fb_own_process(), most: order.processes + 1) }

    private mutating func excess() -> ToolEnd? {
        let found = count()
        processes = found.count
        if processes > order.processes { return tooMany }
        guard ToolGroup.memory(of: found) > order.memory else { return nil }
        return ToolEnd(.memory, "over \(order.memory >> 20) MiB")
    }

    /// Ends all of the tool's processes and says how it ended.
    mutating func tell(_ end: ToolEnd) {
        if end.cause != .processes { endProcesses() }
        var end = end
        end.log = log.text
        var line = end.line[...]
        let begun = monotonicNanoseconds()
        while !line.isEmpty {
            let done = line.withUnsafeBytes { fb_write_some(control, $0.baseAddress, $0.count) }
            if done > 0 { line = line.dropFirst(done) }
            let waited = Int((monotonicNanoseconds() &- begun) / 1_000_000)
            guard waited < ToolSupervisor.patience.telling, done > 0 || isFull(done) else { return }
            guard done <= 0 else { continue }
            var room = [fb_awaited(descriptor: control, writing: 1, ready: 0)]
            _ = fb_wait_for_any(&room, 1, Int32(ToolSupervisor.patience.telling - waited))
        }
    }

    private func isFull(_ result: Int) -> Bool { SystemError("write", RawPath(""), code: Int32(-result)).wouldWait }

    /// Kills the processes and waits for them a while: where nobody else would, they would stay as zombies. More than there
    /// may be are left to the end of the group, which is one call and gives them no time to become still more.
    private func endProcesses() {
        let begun = monotonicNanoseconds()
        var status: Int32 = 0
        while (monotonicNanoseconds() &- begun) / 1_000_000 < UInt64(ToolSupervisor.patience.ending) {
            // Their numbers stay theirs until they are waited for here; theirs come here when they are gone.
            let children = ToolGroup.children(of: fb_own_process()) ?? []
            guard children.count <= order.processes else { return }
            for process in children { _ = fb_kill(process) }
            var child = fb_reap(&status)
            while child > 0 { child = fb_reap(&status) }
            if child < 0 { return }
            _ = fb_wait_for_any(nil, 0, 5)
        }
    }
}

/// A list of C strings up to a NULL.
private final class CStrings {
    private var copies: [UnsafeMutablePointer<CChar>]
    private let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let constantList: UnsafeMutablePointer<UnsafePointer<CChar>?>

    init(_ paths: [RawPath]) {
        copies = paths.map { path in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: path.bytes.count + 1)
            for (index, byte) in path.bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[path.bytes.count] = 0
            return copy
        }
        list = .allocate(capacity: copies.count + 1)
        constantList = .allocate(capacity: copies.count + 1)
        for (index, copy) in copies.enumerated() {
            (list + index).initialize(to: copy)
            (constantList + index).initialize(to: UnsafePointer(copy))
        }
        (list + copies.count).initialize(to: nil)
        (constantList + copies.count).initialize(to: nil)
    }

    var mutable: UnsafePointer<UnsafeMutablePointer<CChar>?> { UnsafePointer(list) }
    var constant: UnsafePointer<UnsafePointer<CChar>?> { UnsafePointer(constantList) }

    deinit {
        for copy in copies { copy.deallocate() }
        list.deallocate()
        constantList.deallocate()
    }
}
