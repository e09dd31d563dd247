import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("Flags of run: display and operation")
struct DisplayFlagTests {
    @Test("--progress json writes objects, plain a line, none nothing; bar draws over itself")
    func progress() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let json = try await forge.run("--progress", "json").error.split(separator: "\n")
        #expect(json.count > 1)
        for line in json.dropLast() { #expect(try JSONReader.parse(String(line))["planned"]?.int == 1) }
        #expect(try JSONReader.parse(String(json[json.count - 1]))["summary"]?["exit_status"]?.int == 0)
        let plain = try await forge.run("--progress", "plain", "--force").error
        #expect(plain.split(separator: "\n").count == 1 && plain.hasPrefix("0 of 1 video"))
        for style in ["none", "auto"] {
            #expect(try await forge.run("--progress", style, "--force").stderr.isEmpty)
        }
        let bar = try await forge.run("--progress", "bar", "--force").error
        #expect(bar.contains("\u{1b}[2A\r") && bar.contains("a.y4m"))
    }

    @Test("--progress-rate is how many events a second the log gets, all writes every frame")
    func progressRate() async throws {
        let forge = try Forge()
        try forge.add("a.y4m", frames: 400)
        try await forge.run(expecting: 0, "--progress-rate", "all")
        // The container declares no total, so that the last frame is told again once it is known to be the last.
        #expect(try forge.steps() == Array(1...400) + [400])
        try await forge.run(expecting: 0, "--progress-rate", "0.5", "--force")
        #expect(try forge.steps() == [1, 400])
    }

    @Test("--quiet prints nothing but errors; --verbose and --json print the summary on standard output")
    func loudness() async throws {
        let forge = try Forge(["a.y4m"])
        let quiet = try await forge.run("-q", "-v")
        #expect(quiet.stdout.isEmpty && quiet.stderr.isEmpty)
        let verbose = try await forge.run("--verbose", "--force")
        #expect(verbose.output.hasPrefix("forgebatch: 1 video processed in ") && verbose.stderr.isEmpty)
        #expect(verbose.output.hasSuffix("report: \(forge.output.display)/report/index.html\n"))
        try forge.addBroken("bad.mp4")
        let failed = try await forge.run("--quiet")
        #expect(failed.status == 3 && failed.stdout.isEmpty && failed.error.contains("bad.mp4: "))
        let json = try await forge.run("--json", "--retry-failed")
        let summary = try JSONReader.parse(json.stdout)
        #expect(summary["exit_status"]?.int == 3)
        #expect(summary["counts"]?["failed"]?.int == 1 && summary["counts"]?["skipped"]?.int == 1)
        #expect(summary["failures"]?.array?.first?["path"]?.string == "bad.mp4")
    }

    @Test("--color always paints without a terminal, never does not on one")
    func color() async throws {
        let forge = try Forge()
        try forge.addBroken("bad.mp4")
        #expect(try await forge.run("--color", "always").error.contains("\u{1b}[31m1 failed\u{1b}[0m"))
        let plain = try await forge.run("--color", "never", "--retry-failed", "--progress", "none") {
            $0.terminal = true
            $0.environment["TERM"] = "xterm"
        }
        #expect(plain.output.contains("1 failed") && !plain.output.contains("\u{1b}"))
    }

    @Test("--report chooses the pages, or no report at all", arguments: [("none", 0), ("basic", 1), ("full", 2)])
    func report(_ pages: String, _ count: Int) async throws {
        let forge = try Forge(["a.y4m"])
        try forge.addBroken("bad.mp4")
        try await forge.run(expecting: 3, "--report", pages)
        #expect(Files.exists(forge.layout.report.appending("index.html")) == (pages != "none"))
        let folders = (try? Files.list(forge.layout.report.appending("v"))) ?? []
        let found = try folders.flatMap { try Files.list(forge.layout.report.appending("v").appending($0)) }
        #expect(found.count { $0.lowercasedExtension == "html" } == count)
    }

    @Test("A report that cannot be written is 5, of run as of report; results, log and record stay as they are")
    func unwritable() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--report", "none")
        try forge.write("", to: forge.layout.report)
        let result = forge.layout.root.appending("results/a.y4m.json")
        let run = try #require(try forge.record()["run_id"]?.string)
        let kept = [result, forge.layout.log(run: run), forge.layout.summary(run: run)]
        let before = try kept.map { try Files.read($0) }
        let report = try await forge.forgebatch("report", "out")
        #expect(report.status == 5 && report.error.contains("report not written: "), "\(report.error)")
        let again = try await forge.run(expecting: 5, "--force")
        #expect(again.error.contains("report not written: "), "\(again.error)")
        #expect(try kept.map { try Files.read($0) } == before)
    }

    @Test("--no-stills makes no pictures, --stills does")
    func stills() async throws {
        let forge = try Forge(["a.y4m"])
        func pictures() throws -> Int {
            guard Files.exists(forge.layout.stills) else { return 0 }
            return try Files.list(forge.layout.stills).map { try Files.list(forge.layout.stills.appending($0)).count }
                .reduce(0, +)
        }
        try await forge.run(expecting: 0, "--no-stills")
        #expect(try pictures() == 0)
        try await forge.run(expecting: 0, "--stills", "--force")
        #expect(try pictures() == 4)
    }

    @Test("--templates stands in for the report's own; one that is broken costs only the report")
    func templates() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write("<p>mine</p>", to: forge.home.appending("look/index.mustache"))
        try await forge.run(expecting: 0, "--templates", "look")
        #expect(try Files.read(forge.layout.report.appending("index.html")).starts(with: "<p>mine</p>".utf8))
        try forge.write("{{#open}}", to: forge.home.appending("look/index.mustache"))
        let result = try await forge.run(expecting: 5, "--templates", "look", "--force")
        #expect(result.error.contains("report not written: ") && result.error.contains("index.mustache"))
        try await forge.run(expecting: 5, "--templates", "gone", "--force")
    }

    @Test("--lock: fail is status 11 and names the holder, skip 0 in silence, wait waits as long as it is told")
    func lock() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let first = try forge.start()
        let worker = try await first.holdWorker(of: "a.y4m")
        let second = try await forge.run("--lock", "fail")
        #expect(second.status == 11)
        #expect(
            second.error.contains("another run holds the lock: run ") && second.error.contains("process \(first.pid)"))
        let skipped = try await forge.run("--lock", "skip")
        #expect(skipped.status == 0 && skipped.stderr.isEmpty && skipped.stdout.isEmpty)
        #expect(try await forge.run("--lock", "skip", "-v").error.hasSuffix("; skipped\n"))
        let waited = try await forge.run("--lock", "wait=0.2s")
        #expect(waited.status == 11 && waited.seconds >= 0.2)
        let third = try forge.start("--lock", "wait")
        kill(worker, SIGCONT)
        #expect(await first.result().status == 0)
        #expect(await third.result().status == 0)
        #expect(try forge.count("skipped") == 1)
    }

    @Test("A run that waits for the lock ends at once at a signal", arguments: [SIGTERM, SIGINT])
    func waitingIsStopped(_ signal: Int32) async throws {
        let forge = try Forge(["a.y4m"])
        try Files.makeDirectory(forge.output)
        let held = try Files.open(forge.layout.lock, Files.readWriteOrCreate)
        defer { Files.close(held) }
        #expect(try Files.lock(held, path: forge.layout.lock))
        let run = try forge.start("--lock", "wait")
        // It holds the lock file open while it waits.
        try await eventually("the run waits") { Processes.holds(run.pid, "/out/lock") }
        run.send(signal)
        let result = await run.result()
        #expect(result.status == 128 + signal)
    }

    @Test("--grace is what running videos get after a signal: all of it to finish, none to be ended")
    func grace() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let hurried = try forge.start("--grace", "0")
        let worker = try await hurried.holdWorker(of: "a.y4m")
        hurried.send(SIGTERM)
        #expect(await hurried.result().status == 143)
        #expect(!Processes.isAlive(worker))
        #expect(try forge.message("a.y4m") == "stopped by SIGTERM")
        let patient = try forge.start("--grace", "60s")
        let second = try await patient.holdWorker(of: "a.y4m")
        patient.send(SIGTERM)
        kill(second, SIGCONT)
        #expect(await patient.result().status == 143)
        #expect(try forge.count("completed") == 1)
    }

    @Test("--fail-on any also counts what failed in earlier runs")
    func failOn() async throws {
        let forge = try Forge()
        try forge.addBroken("bad.mp4")
        try await forge.run(expecting: 3)
        try await forge.run(expecting: 0)
        try await forge.run(expecting: 3, "--fail-on", "any")
    }

    @Test("--config names a file of flags; --no-config reads none of the usual ones")
    func config() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try forge.write("include: a.*\n", to: forge.home.appending("some.yaml"))
        #expect(try await forge.forgebatch("run", "in", "-o", "out", "--config", "some.yaml").status == 0)
        #expect(try forge.count("found") == 1)
        let desk = forge.home.appending("desk")
        try forge.write("include: a.*\n", to: desk.appending("forgebatch.yaml"))
        for (flags, found) in [([], 1), (["--no-config"], 2)] {
            let words = ["run", "../in", "-o", "../out"] + flags
            #expect(try await forge.forgebatch(words.map { RawPath($0) }) { $0.directory = desk }.status == 0)
            #expect(try forge.count("found") == found)
        }
    }
}
