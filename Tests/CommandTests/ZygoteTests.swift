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
