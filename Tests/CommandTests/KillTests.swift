import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("Runs that are stopped or killed, and taken up again")
struct KillTests {
    @Test(
        "A signal ends the run with its status; what is done is kept, and the next run does the rest",
        arguments: [SIGHUP, SIGINT, SIGTERM])
    func signals(_ signal: Int32) async throws {
        let forge = try Forge(["z.y4m"])
        try forge.addLong("a.y4m")
        let run = try forge.start("-j2", "--grace", "0.1s")
        _ = try await run.holdWorker(of: "a.y4m")
        try await eventually("the other is done") { Files.exists(forge.layout.results.appending("z.y4m.json")) }
        run.send(signal)
        let result = await run.result()
        #expect(result.status == 128 + signal)
        #expect(result.error.contains("stopped by SIG") && result.error.contains("report: "))
        #expect(try forge.record()["exit_status"]?.int == Int(128 + signal))
        #expect(try forge.record()["interrupted"]?.bool == true)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        try await forge.run(expecting: 0)
        #expect(try forge.names() == ["a.y4m", "z.y4m"])
        #expect(try forge.count("completed") == 1)
    }

    /// What builds the library that is preloaded.
    private static let compiler = ExternalProgram.find("cc") ?? ExternalProgram.find("clang")

    @Test(
        "A power cut leaves no name without its content: all but the report and the snapshot is synced before it is told of",
        .enabled(if: compiler != nil, "needs a C compiler"))
    func powerCut() async throws {
        let forge = try Forge(["a.y4m", "deep/b.y4m"])
        let library = forge.home.appending("order.so").display
        let source = Samples.root.appending("Tests/scripts/order.c").display
        let made = try await #require(KillTests.compiler).run(["-shared", "-fPIC", "-o", library, source, "-ldl"])
        try #require(made.status == 0, "\(made.errorText)")
        let log = forge.home.appending("order.log")
        let result = try await forge.run(
            environment: [
                "LD_PRELOAD": library, "ORDER_LOG": log.display, "ORDER_FOLDER": forge.output.display,
            ])
        #expect(result.status == 0, "\(result.error)")
        var (dirty, nameless, named): (Set<String>, [String: Set<String>], Set<String>) = ([], [:], [])
        let prefix = forge.output.display + "/"
        func isDerived(_ path: String) -> Bool { path.hasPrefix(prefix + "report/") || path.hasSuffix("/state.json") }
        for line in String(decoding: try Files.read(log), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: "\t").map { String($0) }
            switch words[0] {
            case "write": dirty.insert(words[1])
            case "sync":
                dirty.remove(words[1])
                nameless[words[1]] = nil
            default:
                let path = words[2]
                if isDerived(path) { continue }
                #expect(!dirty.contains(words[1]), "\(path) is named before its content is on the disk")
                named.insert(String(path.dropFirst(prefix.count)))
                nameless[RawPath(path).parent.display, default: []].insert(path)
            }
        }
        #expect(nameless.isEmpty, "\(nameless) need not outlive a power cut")
        #expect(dirty.filter { !isDerived($0) && $0.hasSuffix(".ndjson") }.isEmpty)
        #expect(named.isSuperset(of: ["results/a.y4m.json", "results/deep/b.y4m.json", "latest", "roots.json"]))
        #expect(named.filter { $0.hasPrefix("stills/") }.count == 2 * OutputLayout.Still.allCases.count, "\(named)")
    }

    @Test("A second signal does not wait for the grace")
    func second() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start("--grace", "1h")
        let worker = try await run.holdWorker(of: "a.y4m")
        run.send(SIGINT)
        // The stop is known once the display says so.
        run.send(SIGUSR1)
        try await eventually("the run stops") {
            if run.errorSoFar.contains("stopping (SIGINT)") { return true }
            run.send(SIGUSR1)
            return false
        }
        #expect(!run.hasEnded)
        run.send(SIGTERM)
        let result = await run.result()
        #expect(result.status == 130)
        #expect(!Processes.isAlive(worker))
    }

    @Test("Time in which the run itself was stopped, as by ^Z, does not count against its workers")
    func paused() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start("--stall", "8s", "--retries", "0")
        let paused = try await poll { () -> Bool? in
            if run.hasEnded { return false }
            guard let worker = Processes.workers(of: run, reading: "/a.y4m").first else { return nil }
            kill(worker, SIGSTOP)
            run.send(SIGSTOP)
            // Longer than the stall time: a pause is what this is about.
            sleep(9)
            run.send(SIGCONT)
            kill(worker, SIGCONT)
            return true
        }
        try #require(paused == true, "the run ended before its worker was caught")
        #expect(await run.result().status == 0)
        #expect(try forge.count("completed") == 1)
    }

    @Test("What was ignored from the start, as by nohup, stays ignored")
    func nohup() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        var launch = Launch(RawPath("/bin/sh"), [])
        let command = "trap '' HUP; exec \(Forge.executable.display) run in -o out --no-config --stall 10m"
        launch.arguments = [RawPath("-c"), RawPath(command)]
        launch.directory = forge.home
        let run = try RunningProcess.start(launch)
        let worker = try await run.holdWorker(of: "a.y4m")
        run.send(SIGHUP)
        kill(worker, SIGCONT)
        #expect(await run.result().status == 0)
        #expect(try forge.names() == ["a.y4m"])
    }

    @Test("After the leader is killed no worker lives on; the next run redoes nothing and ends as an undisturbed one")
    func leader() async throws {
        let videos = ["a.y4m", "b.y4m", "c.y4m"]
        let forge = try Forge(videos)
        try forge.addLong("long.y4m")
        try await forge.forgebatch("run", "in", "-o", "undisturbed").status.map { #expect($0 == 0) }
        let run = try forge.start("-j2")
        _ = try await run.holdWorker(of: "long.y4m")
        try await eventually("the others are done") {
            (try? LineFile.objects(forge.layout.catalog).objects.count) == videos.count
        }
        let workers = Processes.children(of: run.pid)
        #expect(!workers.isEmpty)
        let before = try KillTests.stamps(forge)
        run.send(SIGKILL)
        #expect(await run.result().signal == SIGKILL)
        // A worker that is stopped cannot see the end of its input.
        for worker in workers { kill(worker, SIGCONT) }
        try await eventually("no worker is left") { !workers.contains { Processes.isAlive($0) } }
        try await forge.run(expecting: 0)
        #expect(try forge.count("completed") == 1 && forge.count("skipped") == 3)
        let after = try KillTests.stamps(forge)
        for (path, stamp) in before where path.isInside(forge.layout.results) {
            #expect(after[path] == stamp, "\(path.display) was made again")
        }
        #expect(try forge.results() == forge.results(in: forge.home.appending("undisturbed")))
        #expect(try KillTests.leftovers(forge.output).isEmpty)
    }

    @Test("A worker killed from outside is tried again, and its video completes")
    func worker() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start()
        let worker = try await run.holdWorker(of: "a.y4m")
        kill(worker, SIGKILL)
        #expect(await run.result().status == 0)
        let retries = try forge.log().compactMap { line -> String? in
            if case .jobRetry(_, 2, let reason) = line.event { reason } else { nil }
        }
        #expect(retries == ["killed by signal 9"])
        #expect(try forge.result("a.y4m")["total_frames"]?.int == 3000)
    }

    @Test("A run with nothing to do touches no result, no still and not the catalog")
    func untouched() async throws {
        let forge = try Forge(["a.y4m", "sub/b.y4m"])
        try forge.addBroken("bad.mp4")
        try await forge.run(expecting: 3)
        let before = try KillTests.stamps(forge)
        #expect(before.count > 8)
        try await forge.run(expecting: 0)
        #expect(try KillTests.stamps(forge) == before)
    }

    /// Time and inode of every file that a run with nothing to do has to leave alone.
    private static func stamps(_ forge: Forge) throws -> [RawPath: [Int64]] {
        var found: [RawPath: [Int64]] = [:]
        for path in try files(forge.output) {
            let name = path.lastComponent
            // What a killed worker was writing.
            if name.display.hasPrefix(Files.temporaryPrefix) { continue }
            if path.isInside(forge.layout.runs)
                || [RawPath("lock"), RawPath("history.jsonl"), RawPath("latest")].contains(name)
            {
                continue
            }
            let status = try Files.status(path)
            found[path] = [status.modified, Int64(bitPattern: status.inode)]
        }
        return found
    }

    private static func leftovers(_ folder: RawPath) throws -> [RawPath] {
        try files(folder).filter { $0.lastComponent.display.hasPrefix(Files.temporaryPrefix) }
    }

    private static func files(_ folder: RawPath) throws -> [RawPath] {
        try Files.list(folder).flatMap { name -> [RawPath] in
            let path = folder.appending(name)
            return try Files.status(path, follow: false).kind == .directory ? files(path) : [path]
        }
    }
}

@Suite("The same bytes")
struct SameBytesTests {
    @Test("Results are the same with one worker or four, in any locale and time zone, from a copy elsewhere")
    func equal() async throws {
        let forge = try Forge(["a.y4m", "I\u{131}i\u{130}.y4m"])
        for name in ["truncated.mp4", "odd-size.mkv", "gray.mkv", "subdir/nested-ünïcode.mp4"] {
            try forge.addSample(name)
        }
        #expect(try await forge.run("-j1").status == 3)
        let expected = try forge.results()
        #expect(expected.count == 6)
        for name in try Files.list(forge.input) {
            try forge.write(
                Files.read(forge.input.appending(name)), to: forge.home.appending("else/where").appending(name))
        }
        let four = try await forge.forgebatch("run", "in", "-o", "four", "-j", "4")
        let turkish = ["LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kolkata"]
        let locale = try await forge.forgebatch("run", "in", "-o", "locale", environment: turkish)
        let copy = try await forge.forgebatch("run", "\(forge.home.display)/else/where/", "-o", "copy")
        #expect([four, locale, copy].map(\.status) == [3, 3, 3])
        for folder in ["four", "locale", "copy"] {
            #expect(try forge.results(in: forge.home.appending(folder)) == expected, "\(folder)")
        }
    }
}
