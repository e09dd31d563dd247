import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// What builds the library that the tests preload.
private let compiler = ExternalProgram.find("cc") ?? ExternalProgram.find("clang")

/// Workers whose decoder was taken over, and inputs that do not answer: `Tests/scripts/misbehave.c`, preloaded.
@Suite("A run always ends", .enabled(if: compiler != nil, "needs a C compiler"))
struct EndTests {
    private final class Bench: Sendable {
        let forge: Forge
        private let library: RawPath
        private let memory: RawPath

        init(_ clips: [String]) async throws {
            forge = try Forge(clips)
            library = forge.home.appending("misbehave.so")
            memory = forge.home.appending("memory")
            let source = Samples.root.appending("Tests/scripts/misbehave.c").display
            let made = try await #require(compiler).run([
                "-shared", "-fPIC", "-o", library.display, source, "-ldl", "-pthread",
            ])
            try #require(made.status == 0, "\(made.errorText)")
        }

        func environment(_ more: [String: String]) -> [String: String] {
            ["LD_PRELOAD": library.display, "MEMORY": memory.display].merging(more) { $1 }
        }

        /// What does not answer, below `in/`.
        func dead(_ path: String, calls: String? = nil) -> [String: String] {
            var more = ["DEAD_PATH": path]
            if let calls { more["DEAD_CALLS"] = calls }
            return environment(more)
        }

        /// The largest size of the run's own process in MB.
        func megabytes() throws -> Int {
            let lines = String(decoding: try Files.read(memory), as: UTF8.self).split(separator: "\n")
            return try #require(lines.compactMap { Int($0) }.max()) / 1000
        }

        /// Whether nothing that was started with the preloaded library is left.
        func isQuiet() throws -> Bool {
            let mark = Array("LD_PRELOAD=\(library.display)".utf8)
            return !(try Files.list(RawPath("/proc"))).contains { name in
                guard name.bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
                let environment = (try? Files.read(RawPath("/proc").appending(name).appending("environ"))) ?? []
                return environment.split(separator: 0).contains { $0.elementsEqual(mark) }
            }
        }
    }

    @Test(
        "Whatever a decoder does to its worker's pipes, its video fails within the deadlines and the run stays small",
        arguments: [
            ("mute", "no frame for 2.0 s"), ("hang", "no frame for 2.0 s"), ("errors", "no frame for 2.0 s"),
            ("notes", "worker wrote more"), ("steps", "worker wrote more"), ("opened", "worker wrote more"),
            ("empty", "worker wrote something"), ("garbage", "worker wrote something"),
        ])
    func decoder(_ what: String, _ message: String) async throws {
        let bench = try await Bench(["a.y4m"])
        let stall = message.hasPrefix("no frame") ? "2s" : "60s"
        let result = try await bench.forge.run(
            "--stall", stall, "--timeout", "100s", "--retries", "0",
            environment: bench.environment(["DECODER": what]))
        #expect(result.status == 3, "\(result.error)")
        #expect(try bench.forge.message("a.y4m")?.hasPrefix(message) == true)
        #expect(try bench.megabytes() < 150)
        let run = try #require(try Files.list(bench.forge.layout.runs).last?.text)
        #expect(try Files.status(bench.forge.layout.log(run: run)).size < 1 << 20)
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test("A worker with closed pipes ends at --timeout, --max-duration and a signal, too")
    func mute() async throws {
        let bench = try await Bench(["a.y4m"])
        let environment = bench.environment(["DECODER": "mute"])
        let late = try await bench.forge.run("--timeout", "2s", "--retries", "0", environment: environment)
        #expect(late.status == 3 && late.error.contains("not done after 2.0 s"), "\(late.error)")
        let long = try await bench.forge.run("--max-duration", "3s", "--grace", "1s", environment: environment)
        #expect(long.status == 10, "\(long.error)")
        let run = try bench.forge.start("--grace", "1s") { $0.environment.merge(environment) { $1 } }
        let worker = try await poll { Processes.workers(of: run, reading: "/a.y4m").first ?? (run.hasEnded ? 0 : nil) }
        #expect(worker != nil && worker != 0)
        run.send(SIGTERM)
        #expect(await run.result().status == 143)
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test(
        "A pipe to a child that fails ends the run at once, as any other failure of its own, and the next run does the rest",
        arguments: [
            ("write:1", "writing its request: Input/output error"),
            ("write:2", "writing its request: Input/output error"),
            ("write:3", "a.y4m: worker: writing its request: Input/output error"),
            ("read:3", ": Input/output error"),
            ("look", "ended with status 74 (writing its answers: Input/output error)"),
        ])
    func pipe(_ call: String, _ words: String) async throws {
        let bench = try await Bench(["a.y4m"])
        // Without an end of its own it would be killed long before.
        let result = try await bench.forge.run(
            "--stall", "1h", "--timeout", "1h", environment: bench.environment(["PIPE": call]))
        #expect(result.status == 1 && result.error.contains(words), "\(result.error)")
        try await eventually("no process is left") { try bench.isQuiet() }
        try await bench.forge.run(expecting: 0)
        #expect(try bench.forge.names() == ["a.y4m"])
        #expect(try bench.forge.count("quarantined") == 0)
    }

    @Test("A run ends with its status though no thread of a library can be woken for the exit")
    func exit() async throws {
        let bench = try await Bench(["a.y4m"])
        let result = try await bench.forge.run(environment: bench.environment(["PIPE": "wake"]))
        #expect(result.status == 0, "\(result.error)")
        #expect(try bench.forge.names() == ["a.y4m"])
    }

    @Test("A process that cannot read its arguments says so, and does not take them for none")
    func arguments() async throws {
        let bench = try await Bench(["a.y4m"])
        let result = try await bench.forge.run(environment: bench.environment(["ARGUMENTS": "lost"]))
        #expect(result.status == 1 && result.error.contains("its arguments cannot be read"), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    @Test("An input of earlier runs that does not answer any more holds nobody up: whether it moved is then not known")
    func deadHome() async throws {
        let bench = try await Bench([])
        try bench.forge.write(Forge.clip(frames: 5, seed: [1]), to: bench.forge.home.appending("old/a.y4m"))
        let first = try await bench.forge.forgebatch("run", "old", "-o", "out", "--no-config")
        #expect(first.status == 0, "\(first.error)")
        #expect(
            try await ExternalProgram.find("cp")?.run([
                "-a", "\(bench.forge.home.display)/old", "\(bench.forge.home.display)/new",
            ]).status == 0)
        let dead = bench.dead(bench.forge.home.appending("old").display)
        let dry = try await bench.forge.forgebatch(
            "run", "new", "-o", "out", "--no-config", "--stall", "2s", "--dry-run", environment: dead)
        #expect(dry.status == 0 && dry.output == "run  new/a.y4m (new)\n", "\(dry.output)\(dry.error)")
        #expect(dry.error.contains("old: no answer for 2.0 s: whether an input"), "\(dry.error)")
        let late = try await bench.forge.forgebatch(
            "run", "new", "-o", "out", "--no-config", "--max-duration", "3s", environment: dead)
        #expect(late.status == 10, "\(late.error)")
        let run = try await bench.forge.forgebatch(
            "run", "new", "-o", "out", "--no-config", "--stall", "2s", environment: dead)
        #expect(run.status == 0, "\(run.error)")
        let notes = try bench.forge.record()["notes"]?.array?.compactMap(\.string) ?? []
        #expect(notes.contains { $0.contains("old: no answer for 2.0 s: whether an input") }, "\(notes)")
        #expect(try bench.forge.names() == ["a.y4m", "new/a.y4m"])
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test("A list of names on a share that does not answer is told, with status 66")
    func deadList() async throws {
        let bench = try await Bench(["a.y4m"])
        try bench.forge.write("in/a.y4m\n", to: bench.forge.home.appending("share/list"))
        for layers in [["--no-config"], []] {
            try bench.forge.write("limit: 1\n", to: bench.forge.home.appending("forgebatch.yaml"))
            let words = ["run", "--files-from", "share/list", "-o", "out", "--stall", "2s"] + layers
            let result = try await bench.forge.forgebatch(
                words.map { RawPath($0) }, environment: bench.dead("share"))
            #expect(result.status == 66, "\(result.error)")
            #expect(result.error.contains("share/list: no answer for 2.0 s"), "\(result.error)")
        }
        #expect(!Files.exists(bench.forge.output))
        let missing = try await bench.forge.forgebatch("run", "--files-from", "in/none", "-o", "out", "--no-config")
        #expect(missing.status == 66)
        #expect(missing.error == "forgebatch: --files-from in/none: No such file or directory\n")
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test(
        "An input that does not answer keeps no run from reading its configuration to the end, and is waited for once")
    func deadLayers() async throws {
        let bench = try await Bench([])
        let desk = bench.forge.home.appending("desk")
        try bench.forge.write("limit: 1\n", to: desk.appending("forgebatch.yaml"))
        try bench.forge.add("a.y4m")
        try bench.forge.add("b.y4m")
        try Files.makeDirectory(bench.forge.home.appending("share"))
        let share = bench.forge.home.appending("share").display
        let start = monotonicNanoseconds()
        let result = try await bench.forge.forgebatch(
            "run", share, "../in", "-o", "../out", "--stall", "20s", "-v", environment: bench.dead(share)
        ) { $0.directory = desk }
        let seconds = Double(monotonicNanoseconds() &- start) / 1e9
        #expect(result.status == 66 && seconds > 20, "\(result.error)")
        // Not twice, and not thrice; what else it takes on a crowded machine is left to it.
        #expect(seconds < 40, "\(seconds)")
        #expect((result.output + result.error).contains("\(share) gave no answer"), "\(result.output)\(result.error)")
        #expect(try bench.forge.count("completed") == 2)
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test("Of several inputs one does not answer: it is told, with status 66, and the others are done")
    func deadInput() async throws {
        let bench = try await Bench(["a.y4m"])
        try bench.forge.add("dead/b.y4m")
        try Files.makeDirectory(bench.forge.home.appending("share"))
        let result = try await bench.forge.forgebatch(
            "run", "share", "in", "-o", "out", "--no-config", "--stall", "2s", environment: bench.dead("share"))
        #expect(result.status == 66, "\(result.error)")
        #expect(result.error.contains("share: no answer for 2.0 s"), "\(result.error)")
        #expect(try bench.forge.count("completed") == 2)
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test(
        "What does not answer deep inside an input is told by its path, and the rest is done",
        arguments: ["opendir", "stat"])
    func deadFolder(_ call: String) async throws {
        let bench = try await Bench(["a.y4m", "live/b.y4m", "dead/c.y4m", "z.y4m"])
        let dead = bench.dead("in/dead", calls: call)
        let result = try await bench.forge.run("--stall", "2s", environment: dead)
        #expect(result.status == 66, "\(result.error)")
        #expect(result.error.contains("in/dead: no answer for 2.0 s"), "\(result.error)")
        #expect(try bench.forge.count("completed") == 3)
        let dry = try await bench.forge.run("--stall", "2s", "--dry-run", environment: dead)
        #expect(dry.status == 66 && dry.error.contains("in/dead: no answer for 2.0 s"), "\(dry.error)")
        #expect(dry.output.split(separator: "\n").count == 3)
    }

    @Test(
        "An input that does not answer as a whole: 66 at --stall, 10 at --max-duration, a signal's status; nothing is made"
    )
    func deadShare() async throws {
        let bench = try await Bench(["a.y4m"])
        let dead = bench.dead("in")
        let stalled = try await bench.forge.run("--stall", "2s", environment: dead)
        #expect(stalled.status == 66, "\(stalled.error)")
        #expect(stalled.error.contains("in: no answer for 2.0 s"), "\(stalled.error)")
        let standard = try await bench.forge.forgebatch(
            "run", "in", "--no-config", "--stall", "2s", environment: dead)
        #expect(standard.status == 66)
        let late = try await bench.forge.run("--max-duration", "2s", environment: dead)
        #expect(late.status == 10, "\(late.error)")
        #expect(late.error.contains("stopped by --max-duration while looking for videos"), "\(late.error)")
        let run = try bench.forge.start { $0.environment.merge(dead) { $1 } }
        let looking = try await poll { Processes.children(of: run.pid).isEmpty ? nil : true }
        #expect(looking == true)
        run.send(SIGTERM)
        #expect(await run.result().status == 143)
        #expect(!Files.exists(bench.forge.output))
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test("A walk that does not get on ends at --max-duration and by a signal, under the lock, and leaves no record")
    func deadWalk() async throws {
        let bench = try await Bench(["a.y4m", "dead/b.y4m"])
        try await bench.forge.run(expecting: 0)
        let dead = bench.dead("in/dead", calls: "opendir")
        let late = try await bench.forge.run("--max-duration", "2s", environment: dead)
        #expect(late.status == 10, "\(late.error)")
        #expect(late.error.contains("stopped by --max-duration while looking for videos"), "\(late.error)")
        let run = try bench.forge.start { $0.environment.merge(dead) { $1 } }
        let lock = bench.forge.layout.lock
        try await eventually("the lock is held") { Files.isLocked(lock) }
        let second = try await bench.forge.run("--lock", "skip", "-v", environment: dead)
        #expect(second.status == 0 && second.error.contains("holds the lock"), "\(second.error)")
        run.send(SIGTERM)
        let result = await run.result()
        #expect(result.status == 143 && result.error.contains("stopped by SIGTERM while looking for videos"))
        #expect(try Files.list(bench.forge.layout.runs).count == 1)
        // Whoever looks for a parent that is gone ends by itself.
        let killed = try bench.forge.start { $0.environment.merge(dead) { $1 } }
        try await eventually("the lock is held again") { Files.isLocked(lock) }
        killed.send(SIGKILL)
        try await eventually("no process is left") { try bench.isQuiet() }
    }

    @Test("A video that cannot be opened for its fingerprint holds up neither the plan nor the run")
    func deadFingerprint() async throws {
        let bench = try await Bench(["a.y4m", "b.y4m"])
        try await bench.forge.run(expecting: 0)
        let result = try await bench.forge.run(
            "--fingerprint", "hash", "--stall", "2s", "--retries", "0", "-v",
            environment: bench.dead("in/a.y4m", calls: "open"))
        #expect(result.status == 3, "\(result.error)")
        #expect(try bench.forge.message("a.y4m")?.hasPrefix("no frame for 2.0 s") == true)
        #expect(try bench.forge.count("skipped") == 1)
    }

    /// Whether this process may mount file systems of its own.
    private static let mayMount: Bool = {
        guard let descriptor = try? Files.open(RawPath("/dev/fuse"), O_RDWR) else { return false }
        Files.close(descriptor)
        return (try? ExternalProgram.find("unshare")?.runAndWait(["-m", "true"]))?.status == 0
    }()

    @Test(
        "What the kernel holds is named by its process and not waited for; it ends when the share does",
        .enabled(if: mayMount, "needs FUSE and the right to mount"))
    func held() async throws {
        let forge = try Forge(["a.y4m"])
        let source = Samples.root.appending("Tests/scripts/dead_share.c").display
        let made = try await #require(compiler).run(["-o", forge.home.appending("dead_share").display, source])
        try #require(made.status == 0, "\(made.errorText)")
        try Files.makeDirectory(forge.home.appending("share"))
        func run(_ flags: String) async throws -> ProcessResult {
            var launch = Launch(
                RawPath("/usr/bin/env"),
                [
                    "unshare", "-m", "sh", "-c",
                    """
                    ./dead_share share & server=$!
                    until grep -q /share /proc/self/mountinfo || ! kill -0 $server; do sleep 0.05; done
                    \(Forge.executable.display) run share in -o out --no-config \(flags)
                    status=$?
                    kill -9 $server
                    exit $status
                    """,
                ].map { RawPath($0) })
            launch.directory = forge.home
            return try await RunningProcess.run(launch)
        }
        func holder(_ text: String) -> pid_t? {
            let words = "the kernel still holds process "
            return text.firstRange(of: words).flatMap { pid_t(text[$0.upperBound...].prefix { $0.isNumber }) }
        }
        let stalled = try await run("--stall 2s")
        #expect(stalled.status == 66, "\(stalled.error)")
        #expect(stalled.error.contains("share: no answer for 2.0 s; the kernel still holds"), "\(stalled.error)")
        #expect(try forge.count("completed") == 1)
        let late = try await run("--max-duration 5s")
        #expect(late.status == 10, "\(late.error)")
        for text in [stalled.error, late.error] {
            let process = try #require(holder(text), "\(text)")
            try await eventually("process \(process) ends with the share") { !Processes.isAlive(process) }
        }
    }

    @Test("The process that looks is for forgebatch itself")
    func internalCommand() async throws {
        let forge = try Forge()
        let result = try await forge.forgebatch("look")
        #expect(result.status == 70 && result.error.contains("use `forgebatch run`"))
    }
}
