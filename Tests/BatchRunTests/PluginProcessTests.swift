import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@testable import BatchRun

/// The program of an external tool, by forgebatch's own supervisor: `Tests/scripts/evil_plugin.py` in the ways it can be bad.
@Suite("The program of an external tool", .enabled(if: ExternalProgram.python != nil, "needs Python"))
struct PluginProcessTests {
    private let bench: TemporaryFolder
    private let video: RawPath
    private let other: RawPath

    init() throws {
        bench = try TemporaryFolder()
        (video, other) = (bench.path.appending("videos/one.mp4"), bench.path.appending("videos/two.mp4"))
        for path in [video, other] { try AtomicFile.write([65], to: path, durable: false) }
    }

    /// Starts the evil plugin.
    private func start(
        _ how: String, _ arguments: [String] = [], change: (inout ToolOrder) -> Void = { _ in }
    ) throws -> PluginProcess {
        let folder = try PluginTemporaries.make(in: bench.path)
        var order = ToolOrder(
            run: ["python3", "evil_plugin.py", how] + arguments,
            folder: Samples.root.appending("Tests/scripts"), read: [video], write: folder.path)
        change(&order)
        return try PluginProcess(order, program: ExternalProgram.forgebatch.path, folder: folder)
    }

    /// Starts it and waits for its hello.
    private func greeted(
        _ how: String, _ arguments: [String] = [], change: (inout ToolOrder) -> Void = { _ in }
    ) async throws -> PluginProcess {
        let plugin = try start(how, arguments, change: change)
        #expect(try await plugin.hello(within: Patience.hang).tools == ["evil"])
        return plugin
    }

    /// Asks it for a line.
    private func line(_ plugin: PluginProcess) async throws -> String {
        try Files.write([0x0a], to: plugin.ends.frames, path: RawPath("frames"))
        var bytes: [UInt8] = []
        while bytes.last != 0x0a {
            let more = try await poll { () -> [UInt8]? in
                do throws(SystemError) {
                    return try Files.read(plugin.ends.answers, count: 1 << 16, path: RawPath("answers"))
                } catch {
                    guard error.wouldWait else { throw error }
                    return nil
                }
            }
            let piece = try #require(more)
            try #require(!piece.isEmpty, "it ended: \(plugin.end?.message ?? "")")
            bytes += piece
        }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    /// Whether no process of its session is left, nor its temporary folder.
    private func isGone(_ plugin: PluginProcess) async throws -> Bool {
        let process = try #require(plugin.process)
        let isEmpty = try await poll { Kernel.processes(session: process).isEmpty ? true : nil }
        let left = try Files.list(bench.path).filter { $0 != RawPath("videos") }
        #expect(left.isEmpty)
        return isEmpty == true
    }

    private func ended(_ plugin: PluginProcess) async throws -> ToolEnd {
        let end = await plugin.waitForEnd(seconds: Patience.hang)
        let told = try #require(end)
        // What a worker did not read is still there; nothing is left to stop.
        #expect(await plugin.stop() == told)
        return told
    }

    // MARK: Ends

    @Test("Its end of frames tells it that it may go")
    func good() async throws {
        let plugin = try await greeted("good")
        #expect(await plugin.finish(within: Patience.hang) == ToolEnd(.exited, "ended with status 0"))
        #expect(try await isGone(plugin))
    }

    @Test("How it ended is told with its number and what it printed last")
    func causes() async throws {
        let left = try await greeted("exit")
        #expect(try await ended(left) == ToolEnd(.exited, status: 3, "ended with status 3", log: "leaving\n"))
        #expect(try await isGone(left))
        let died = try await greeted("segv")
        #expect(try await ended(died) == ToolEnd(.signal, status: 11, "killed by signal 11"))
        #expect(try await isGone(died))
    }

    @Test(
        "What does not end by itself is ended whole: a hang, deaf to signals, without descriptors, with a daemon or more",
        arguments: ["hang", "ignores", "closes", "setsid"])
    func stopped(how: String) async throws {
        let plugin = try await greeted(how)
        #expect(await plugin.stop().cause == .stopped)
        #expect(try await isGone(plugin))
    }

    @Test("A daemon of its own is ended with it")
    func daemon() async throws {
        let plugin = try await greeted("daemon")
        #expect(try await line(plugin) == "done")
        let process = try #require(plugin.process)
        let all = Set(Kernel.processes(session: process))
        #expect(all.count == 3)
        // Either way of counting leaves the supervisor out.
        #expect(Set(ToolGroup.processes(below: process, most: 10)) == all.subtracting([process]))
        #expect(Set(ToolGroup.scanned(group: process, most: 10)) == all.subtracting([process]))
        #expect(ToolGroup.processes(below: process, most: 1).count == 1)
        #expect(await plugin.stop().cause == .stopped)
        #expect(try await isGone(plugin))
    }

    @Test("A process that holds its answers open after it is ended with it")
    func holder() async throws {
        let plugin = try await greeted("holder")
        #expect(try await ended(plugin).cause == .exited)
        #expect(try await isGone(plugin))
    }

    @Test("Too many processes end it, also when they double without end", arguments: ["forks", "bomb"])
    func forks(how: String) async throws {
        let plugin = try await greeted(how) { $0.processes = 16 }
        #expect(try await ended(plugin) == ToolEnd(.processes, "over 16 processes"))
        #expect(try await isGone(plugin))
    }

    @Test("Processes one after another are as many as it likes")
    func serial() async throws {
        let plugin = try await greeted("serial") { $0.processes = 4 }
        #expect(try await ended(plugin) == ToolEnd(.exited, "ended with status 0"))
    }

    @Test("Memory over its limit is refused, and several processes that hold more together are ended")
    func memory() async throws {
        let refused = try await greeted("memory")
        let end = try await ended(refused)
        #expect(end.status == 5)
        #expect(end.log == "MemoryError\n")
        let together = try await greeted("together") { $0.memory = 512 << 20 }
        #expect(try await ended(together) == ToolEnd(.memory, "over 512 MiB"))
        #expect(try await isGone(together))
    }

    @Test("Of all that it prints the last 64 KiB are kept, and printing is no failure")
    func flood() async throws {
        let plugin = try await greeted("stderr", ["881"])
        #expect(try await line(plugin) == "done")
        let end = await plugin.finish(within: Patience.hang)
        #expect((end.cause, end.status) == (.exited, 0))
        #expect(end.log.utf8.count == 64 << 10)
        #expect(end.log.hasSuffix("xxx\nthe last line\n"))
        #expect(end.logTail.utf8.count <= 4096)
        #expect(end.logTail.hasSuffix("\nthe last line\n"))
    }

    @Test("One that does not go by itself is given its time, and then stopped")
    func unwilling() async throws {
        let plugin = try await greeted("ignores")
        #expect(await plugin.finish(within: 0.1) == ToolEnd(.stopped, "stopped"))
        #expect(try await isGone(plugin))
    }

    // MARK: Beginnings

    @Test(
        "Without a hello it is stopped, and told why",
        arguments: [
            ("silent", 0.2, "it said nothing for 0.2 s"),
            ("words", Patience.hang, "its first line is no JSON: unexpected byte at byte 0"),
            ("endless", Patience.hang, "its first line has no end"),
            ("old", Patience.hang, "it speaks protocol 2, and this is 1"),
            ("early", Patience.hang, "it says more than it was asked"),
        ])
    func noHello(how: String, seconds: Double, message: String) async throws {
        let plugin = try start(how)
        do {
            _ = try await plugin.hello(within: seconds)
            Issue.record("a hello")
        } catch {
            #expect((error.cause, error.message) == (.start, message))
        }
        #expect(try await isGone(plugin))
    }

    @Test("One that ends at once is told by how it ended, one that is not there by its name")
    func noStart() async throws {
        let dies = try start("dies")
        await #expect(throws: ToolEnd(.exited, status: 9, "ended with status 9", log: "no model here\n")) {
            try await dies.hello(within: Patience.hang)
        }
        #expect(await dies.stop().status == 9)
        let absent = try start("") { $0.run = ["no-such-program"] }
        await #expect(throws: ToolEnd(.start, status: 2, "no-such-program: No such file or directory")) {
            try await absent.hello(within: Patience.hang)
        }
        await absent.stop()
        let unread = try start("good") { $0.read = [RawPath("/no/such/file")] }
        await #expect(throws: ToolEnd(.start, status: 2, "/no/such/file: No such file or directory")) {
            try await unread.hello(within: Patience.hang)
        }
        await unread.stop()
        let folder = try PluginTemporaries.make(in: bench.path)
        let order = ToolOrder(run: ["python3"], folder: bench.path, write: folder.path)
        let lost = try PluginProcess(order, program: RawPath("/no/such/program"), folder: folder)
        let end = await lost.waitForEnd(seconds: Patience.hang)
        #expect(end?.cause == .start)
        await lost.stop()
        #expect(!Files.exists(folder.path))
        let long = ToolOrder(
            run: ["python3", String(repeating: "x", count: 200_000)], folder: bench.path, write: bench.path)
        #expect(throws: SystemError.self) { try PluginProcess(long, program: ExternalProgram.forgebatch.path) }
    }

    @Test("One that is held is started by the first byte")
    func hold() async throws {
        let waiting = try start("dies") { $0.hold = true }
        #expect(await waiting.waitForEnd(seconds: 0.5) == nil)
        #expect(await waiting.stop() == ToolEnd(.stopped, "stopped"))
        let plugin = try start("good") { $0.hold = true }
        try Files.write([0x0a], to: plugin.ends.frames, path: RawPath("frames"))
        #expect(try await plugin.hello(within: Patience.hang).tools == ["evil"])
        #expect(await plugin.finish(within: Patience.hang).cause == .exited)
    }

    // MARK: Confinement

    /// Asks a plugin what it may do: the errno of each attempt, 0 where it was let.
    private func probe(_ change: (inout ToolOrder) -> Void = { _ in }) async throws -> [String: Int] {
        let names = [video, other].map { String(decoding: $0.bytes, as: UTF8.self) }
        let plugin = try await greeted("probe", names + [String(getpid())], change: change)
        let answers = try JSONReader.parse(try await line(plugin)).members ?? []
        #expect(await plugin.finish(within: Patience.hang).cause == .exited)
        return Dictionary(uniqueKeysWithValues: answers.map { ($0.key, $0.value.int ?? -1) })
    }

    private static let allowed = [
        "read its video", "read itself", "write to the temporary folder", "write to null", "run a program",
        "import hashlib and ssl", "a pair of sockets", "signal itself",
    ]
    private static let files = [
        "read another video", "list the videos", "read passwd", "read the parent's environment", "change itself",
        "write beside the videos", "run one of its own making",
    ]
    private static let calls = [
        "change a mode", "TCP", "TCP 6", "UDP", "netlink", "a Unix socket with a name", "a Unix datagram", "setsid",
        "setpgid", "ptrace", "unshare", "mount", "io_uring", "pidfd", "signal the parent", "signal the run",
        "signal all", "signal the group", "raise a limit",
    ]

    @Test(
        "It reads its own files and one video, writes one folder, and has no network and no way to others",
        .enabled(if: Kernel.confines, "needs Landlock's ABI 6 and seccomp"))
    func confined() async throws {
        let answers = try await probe()
        #expect(answers.count == Self.allowed.count + Self.files.count + Self.calls.count)
        for name in Self.allowed { #expect(answers[name] == 0, "\(name)") }
        for name in Self.files { #expect(answers[name] == Int(EACCES), "\(name)") }
        for name in Self.calls { #expect(answers[name] == Int(EPERM), "\(name)") }
    }

    @Test(
        "Older kernels keep it from the files of others, too",
        .enabled(if: Kernel.confines, "needs Landlock's ABI 6 and seccomp"), arguments: [1, 3, 5])
    func olderKernels(abi: Int) async throws {
        let answers = try await probe { $0.landlock = abi }
        for name in Self.allowed { #expect(answers[name] == 0, "\(name)") }
        for name in Self.files { #expect(answers[name] == Int(EACCES), "\(name)") }
        for name in Self.calls { #expect(answers[name] == Int(EPERM), "\(name)") }
    }

    @Test(
        "Where the kernel has no Landlock the rest still holds, and require refuses",
        .enabled(if: Kernel.confines, "needs Landlock's ABI 6 and seccomp"))
    func withoutLandlock() async throws {
        let answers = try await probe { $0.landlock = 0 }
        #expect(answers["read passwd"] == 0)
        for name in Self.calls { #expect(answers[name] == Int(EPERM), "\(name)") }
        let plugin = try start("good") { ($0.landlock, $0.sandbox) = (0, .require) }
        let message =
            "sandbox: this kernel has no Landlock, and --sandbox require asks for it; auto does without"
        await #expect(throws: ToolEnd(.start, message)) { try await plugin.hello(within: Patience.hang) }
        await plugin.stop()
    }

    @Test("It starts with no ignored signal, no privilege, five descriptors and an environment of its own")
    func facts() async throws {
        let plugin = try await greeted("facts") {
            ($0.threads, $0.nice, $0.environment) = (2, 7, ["PYTHONPATH": "/helper", "HOME": "/elsewhere"])
        }
        let facts = try JSONReader.parse(try await line(plugin))
        #expect(await plugin.finish(within: Patience.hang).cause == .exited)
        #expect(facts["SigBlk"]?.string == "0000000000000000")
        // SIGPIPE and SIGXFSZ, which Python itself ignores.
        #expect(facts["SigIgn"]?.string == "0000000001001000")
        #expect(facts["CapPrm"]?.string == "0000000000000000")
        #expect(facts["NoNewPrivs"]?.string == "1")
        #expect(try #require(facts["nice"]?.int) >= 7)
        #expect(facts["descriptors"]?.array?.compactMap(\.int) == [0, 1, 2, 3, 4])
        #expect(facts["folder"]?.string == Samples.root.appending("Tests/scripts").display)
        let environment = facts["environment"]
        #expect(environment?["OMP_NUM_THREADS"]?.string == "2")
        #expect(environment?["PYTHONPATH"]?.string == "/helper")
        #expect(environment?["HOME"]?.string == "/elsewhere")
        #expect(environment?["TMPDIR"]?.string?.hasPrefix(bench.path.display) == true)
        #expect(environment?["CUDA_VISIBLE_DEVICES"]?.string == "")
        #expect(environment?["LC_ALL"]?.string == "C.UTF-8")
        // Nothing else of ours.
        #expect(environment?["USER"] == nil && environment?["PWD"] == nil && environment?["LOGNAME"] == nil)
        #expect(environment?["PATH"]?.string?.hasPrefix("/usr/local/bin:/usr/bin:/bin") == true)
    }

    // MARK: Whose ends are killed

    @Test("A supervisor that is killed takes its tool with it")
    func supervisorKilled() async throws {
        let plugin = try await greeted("daemon")
        #expect(try await line(plugin) == "done")
        kill(try #require(plugin.process), SIGKILL)
        #expect(try await ended(plugin).cause == .lost)
        #expect(try await isGone(plugin))
    }

    @Test("When all that hold its descriptors are killed nothing of it is left")
    func runKilled() async throws {
        let folder = try PluginTemporaries.make(in: bench.path)
        let order = ToolOrder(
            run: ["python3", "evil_plugin.py", "ignores"], folder: Samples.root.appending("Tests/scripts"),
            write: folder.path)
        let text = String(decoding: JSONWriter.encode(order.json), as: UTF8.self)
        let python = try #require(ExternalProgram.python)
        var launch = Launch(
            python.path,
            [
                Samples.root.appending("Tests/scripts/plugin_holder.py"), ExternalProgram.forgebatch.path,
                RawPath(text),
            ])
        launch.environment = Processes.environment
        let holder = try RunningProcess.start(launch)
        let told = try await poll { () -> Int32? in
            let text = holder.outputSoFar
            return text.hasSuffix("\n") ? Int32(text.dropLast()) : nil
        }
        let process = try #require(told)
        #expect(Kernel.processes(session: process).count == 2)
        holder.send(SIGKILL)
        let isEmpty = try await poll { Kernel.processes(session: process).isEmpty ? true : nil }
        #expect(isEmpty == true)
        folder.remove()
    }
}
