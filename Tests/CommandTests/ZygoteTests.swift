import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// The process that forks the workers of a run, as /proc shows it.
@Suite("The zygote of a run")
struct ZygoteTests {
    /// The zygotes of a run: their workers have the same words, and lead sessions that do not wait for a request.
    private static func zygotes(of run: RunningProcess, but worker: pid_t) -> [pid_t] {
        Processes.children(of: run.pid).filter {
            $0 != worker && (try? words(of: $0)) == ["forgebatch", "worker", "fork"]
        }
    }

    private static func words(of process: pid_t) throws -> [String] {
        try Files.read(RawPath("/proc/\(process)/cmdline")).split(separator: 0).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test(
        "A worker is forked, and stands as one that was started: the run's own child, with a session and nothing inherited"
    )
    func stands() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start("-j1")
        let worker = try await run.holdWorker(of: "a.y4m")
        #expect(try ZygoteTests.words(of: worker) == ["forgebatch", "worker", "fork"])
        #expect(Processes.children(of: run.pid).contains(worker))
        #expect(getsid(worker) == worker && getpgid(worker) == worker)
        let own = try Files.read(RawPath("/proc/self/oom_score_adj"))
        let score = try #require(Int(String(decoding: own.filter { $0 != 0x0a }, as: UTF8.self)))
        let theirs = try Files.read(RawPath("/proc/\(worker)/oom_score_adj"))
        #expect(Int(String(decoding: theirs.filter { $0 != 0x0a }, as: UTF8.self)) == max(500, (score + 1000) / 2))
        func open(_ process: pid_t) throws -> [String] {
            let folder = RawPath("/proc/\(process)/fd")
            return try Files.list(folder).map { try Files.linkTarget(folder.appending($0)).display }
        }
        // Its standard streams, the video, and what it has opened by now of the output folder.
        let theirOwn = try open(worker)
        #expect(theirOwn.count { $0.hasPrefix("pipe:") } == 3, "\(theirOwn)")
        #expect(theirOwn.allSatisfy { $0.hasPrefix("pipe:") || $0.hasPrefix(forge.home.display) }, "\(theirOwn)")
        let zygote = try #require(ZygoteTests.zygotes(of: run, but: worker).first)
        #expect(zygote != worker && getsid(zygote) == zygote)
        #expect(try Files.list(RawPath("/proc/\(zygote)/task")).count == 1)
        // Standard streams and the socket: nothing of a video, nor of the worker's.
        let held = try open(zygote)
        #expect(held.count == 4 && !held.contains { $0.hasPrefix("/") }, "\(held)")
        kill(worker, SIGCONT)
        #expect(await run.result().status == 0)
        #expect(!Processes.isAlive(zygote))
    }

    /// A run whose list of names comes from a pipe that nobody has written to, and its two children: what reads the list, and
    /// what forked that.
    private func looking(_ forge: Forge) async throws -> (run: RunningProcess, look: pid_t, zygote: pid_t) {
        let list = forge.home.appending("names")
        #expect(list.withCString { mkfifo($0, 0o600) } == 0)
        let words = ["run", "--files-from", "names", "-o", "out", "--no-config", "-j1"]
        let run = try RunningProcess.start(forge.launch(words.map { RawPath($0) }))
        let found = try await poll { () -> [pid_t]? in
            let all = ZygoteTests.zygotes(of: run, but: 0)
            return all.count == 2 ? all : run.hasEnded ? [] : nil
        }
        let children = found ?? []
        try #require(children.count == 2)
        // The one that waits for somebody to write has a second thread.
        @Sendable func threads(_ process: pid_t) -> Int {
            (try? Files.list(RawPath("/proc/\(process)/task")))?.count ?? 0
        }
        let look = try await poll { () -> pid_t? in
            children.first { threads($0) == 2 } ?? (run.hasEnded ? 0 : nil)
        }
        return (run, try #require(look), try #require(children.first { $0 != look }))
    }

    @Test("What looks at the inputs is forked by the zygote that forks the workers, with nothing inherited")
    func looks() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let (run, look, zygote) = try await looking(forge)
        #expect(getsid(look) == look && getpgid(look) == look)
        let folder = RawPath("/proc/\(look)/fd")
        let open = try Files.list(folder).map { try Files.linkTarget(folder.appending($0)).display }
        // Its standard streams, and the list once it is open.
        #expect(open.count { $0.hasPrefix("pipe:") } == 3, "\(open)")
        #expect(open.allSatisfy { $0.hasPrefix("pipe:") || $0.hasSuffix("/names") }, "\(open)")
        #expect(try Files.list(RawPath("/proc/\(zygote)/task")).count == 1)
        let names = forge.home.appending("names")
        let list = try Files.open(names, O_WRONLY)
        try Files.write(Array("in/a.y4m\n".utf8), to: list, path: names)
        Files.close(list)
        let worker = try await run.holdWorker(of: "a.y4m")
        #expect(ZygoteTests.zygotes(of: run, but: worker) == [zygote])
        kill(worker, SIGCONT)
        #expect(await run.result().status == 0)
        #expect(!Processes.isAlive(zygote))
    }

    @Test("A process that looks and is killed is told as one that was started, and no child is left")
    func lookKilled() async throws {
        let forge = try Forge(["a.y4m"])
        let (run, look, zygote) = try await looking(forge)
        kill(look, SIGKILL)
        let result = await run.result()
        #expect(result.status == 1, "\(result.error)")
        #expect(
            result.error
                == "forgebatch: cannot look for videos: the process that looks at the inputs was killed by signal 9\n")
        #expect(!Processes.isAlive(zygote))
    }

    @Test(
        "Of a run's processes its zygote alone is started, whatever is looked at and worked on",
        .enabled(if: Files.exists(KindTests.strace), "strace is not installed"), arguments: [[], ["--dry-run"]])
    func started(_ flags: [String]) async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try forge.write("limit: 9\n", to: forge.home.appending("forgebatch.yaml"))
        try forge.write("in/a.y4m\nin/b.y4m\n", to: forge.home.appending("names"))
        let words =
            ["-f", "-qq", "-e", "trace=execve,recvmsg,gettid,clone", "-o", "trace", Forge.executable.display] + [
                "run", "--files-from", "names", "-o", "out",
            ]
        var launch = Launch(KindTests.strace, (words + flags).map { RawPath($0) })
        launch.directory = forge.home
        let result = try await RunningProcess.run(launch)
        #expect(result.status == 0, "\(result.error)")
        let trace = String(decoding: try Files.read(forge.home.appending("trace")), as: UTF8.self)
        // A call that another process interrupts is two lines, the first without a result.
        let starts = trace.split(separator: "\n").filter { $0.contains("execve(") && !$0.contains("= -1") }
        #expect(starts.count == 2 && starts.last?.contains("\"worker\", \"fork\"") == true, "\(starts)")
        // Each line begins with the number of the process. A lock that is taken asks for the thread's number, and a copy of the
        // thread would go by it; each fork asks, too. What libraries ask for comes before the zygote reads its socket.
        let zygote = try #require(starts.last?.split(separator: " ").first)
        let calls = trace.split(separator: "\n").filter { $0.split(separator: " ").first == zygote }.drop {
            !$0.contains("recvmsg(")
        }
        let forks = calls.count { $0.contains("clone(") && $0.contains("CLONE_PARENT") }
        #expect(forks >= 3 && calls.count { $0.contains("gettid(") } == forks, "\(calls)")
    }

    enum Event: CaseIterable { case isKilled, hasWorkerThatCrashed }

    @Test(
        "A zygote that was killed, or whose worker has crashed, is replaced, and the run goes on",
        arguments: Event.allCases)
    func replaced(_ event: Event) async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        try forge.add("b.y4m", frames: 2000)
        let run = try forge.start("-j1", "--retries", "0")
        let worker = try await run.holdWorker(of: "a.y4m")
        let zygote = try #require(ZygoteTests.zygotes(of: run, but: worker).first)
        kill(event == .isKilled ? zygote : worker, SIGKILL)
        if event == .isKilled {
            try await eventually("it is gone") { !Processes.isAlive(zygote) }
            kill(worker, SIGCONT)
        }
        let next = try await run.holdWorker(of: "b.y4m")
        try await eventually("there is another one, and one only") {
            let now = ZygoteTests.zygotes(of: run, but: next)
            return now.count == 1 && now.first != zygote
        }
        kill(next, SIGCONT)
        #expect(await run.result().status == (event == .isKilled ? 0 : 3))
        #expect(try forge.count("completed") == (event == .isKilled ? 2 : 1))
        #expect(try forge.record()["notes"] == nil)
    }

    @Test("When a run is killed, its zygote and its workers are gone at once")
    func killed() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        try forge.addLong("b.y4m")
        let run = try forge.start("-j2")
        let worker = try await run.holdWorker(of: "a.y4m")
        let other = try await run.holdWorker(of: "b.y4m")
        let zygote = try #require(ZygoteTests.zygotes(of: run, but: worker).first { $0 != other })
        run.send(SIGKILL)
        for one in [worker, other] { kill(one, SIGCONT) }
        try await eventually("none is left") { ![worker, other, zygote].contains { Processes.isAlive($0) } }
        #expect(await run.result().status != 0)
        try await forge.run(expecting: 0)
        #expect(try forge.names() == ["a.y4m", "b.y4m"])
    }
}
