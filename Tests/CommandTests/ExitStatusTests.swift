import Bytes
import Glibc
import TestSupport
import Testing

@Suite("Exit statuses of run")
struct ExitStatusTests {
    @Test("0: done, and again when there is nothing to do")
    func done() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try await forge.run(expecting: 0)
        #expect(try forge.count("completed") == 2)
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped") == 2)
    }

    @Test("0: a folder without videos, for which no report is needed")
    func empty() async throws {
        let forge = try Forge()
        let result = try await forge.run(expecting: 0)
        #expect(result.stdout.isEmpty && result.stderr.isEmpty)
    }

    @Test("1: the output folder is a file, with a hint what to do")
    func notWritable() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write("", to: forge.output)
        let result = try await forge.run(expecting: 1)
        #expect(result.error.hasPrefix("forgebatch: "))
        #expect(result.error.contains("out: cannot write here: ") && result.error.contains("-o DIR"))
    }

    @Test("1: the folder of the runs is a file", arguments: ["runs", "catalog.ndjson", "failures.ndjson", "lock"])
    func brokenOutput(_ name: String) async throws {
        let forge = try Forge(["a.y4m"])
        if name == "runs" {
            try forge.write("", to: forge.output.appending(name))
        } else {
            try Files.makeDirectory(forge.output.appending(name))
        }
        let result = try await forge.run(expecting: 1)
        #expect(result.error.hasPrefix("forgebatch: ") && result.error.contains(name == "lock" ? "out" : "out/\(name)"))
        #expect(result.error.split(separator: "\n").count == 1)
    }

    @Test("3: a video failed, a video is damaged; the others are done")
    func failed() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.addBroken("bad.mp4")
        try await forge.run(expecting: 3)
        #expect(try forge.names() == ["a.y4m"])
        // What failed before and has not changed is no news.
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped_failed") == 1)
        try forge.addSample("truncated.mp4")
        try await forge.run(expecting: 3)
        #expect(try forge.count("damaged") == 1)
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped_damaged") == 1)
    }

    @Test("5: the report cannot be written, the data are good")
    func report() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write("", to: forge.output.appending("report"))
        let result = try await forge.run(expecting: 5)
        #expect(result.error.contains("report not written: "))
        #expect(try forge.count("completed") == 1)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("9: no input where the last run had some, or where some is asked for")
    func noInput() async throws {
        let forge = try Forge()
        try await forge.run(expecting: 9, "--error-if-empty")
        try forge.add("a.y4m")
        try await forge.run(expecting: 0)
        Files.remove(forge.input.appending("a.y4m"))
        let result = try await forge.run(expecting: 9)
        #expect(result.error.contains("is the input mounted?"))
        #expect(try forge.names() == ["a.y4m"])
        // A folder that was emptied on purpose is no news for ever.
        try await forge.run(expecting: 0)
        try await forge.run(expecting: 9, "--error-if-empty")
        // Videos that failed are videos.
        try forge.addBroken("bad.mp4")
        try await forge.run(expecting: 3)
        try await forge.run(expecting: 0)
        Files.remove(forge.input.appending("bad.mp4"))
        try await forge.run(expecting: 9)
    }

    @Test("0: rules that take nothing are told as such, and nothing is taken for unmounted")
    func noMatch() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try await forge.run(expecting: 0)
        let typo = try await forge.run(expecting: 0, "--include", "*.y4n")
        let words = "forgebatch: no videos found: the rules leave out all 2 files and folders\n"
        #expect(typo.error.hasPrefix(words), "\(typo.error)")
        try await forge.run(expecting: 9, "--include", "*.y4n", "--error-if-empty")
        try await forge.run(expecting: 0)
    }

    @Test("9: one of several inputs is empty where the last run found videos; it is said, and the others are done")
    func emptied() async throws {
        let forge = try Forge(["one/a.y4m", "two/b.y4m"])
        func run() async throws -> ProcessResult {
            try await forge.forgebatch("run", "in/one", "in/two", "-o", "out", "--no-config")
        }
        #expect(try await run().status == 0)
        #expect(try forge.record()["videos_by_root"] == .array([.int(1), .int(1)]))
        Files.remove(forge.input.appending("two/b.y4m"))
        try forge.add("one/c.y4m")
        let result = try await run()
        #expect(result.status == 9)
        let place = forge.input.appending("two").display
        let note = "\(place): no videos, although the last run found 1 there: is it mounted?"
        #expect(result.error.contains(note), "\(result.error)")
        #expect(try forge.record()["notes"] == .array([.string(note)]))
        #expect(try forge.count("completed") == 1)
        #expect(try await run().status == 0)
    }

    @Test("0: a limit that is reached when nothing is left to do")
    func limitWithoutCut() async throws {
        let forge = try Forge()
        try forge.addBroken("bad.mp4")
        #expect(try await forge.run("--max-failures", "1").status == 3)
        #expect(try forge.record()["interrupted"]?.bool == false)
        try forge.addBroken("bad2.mp4")
        try forge.addBroken("bad3.mp4")
        #expect(try await forge.run("--max-failures", "1", "-j1").status == 10)
        #expect(try forge.record()["interrupted"]?.bool == true)
    }

    @Test("64: unknown flags and bad values, with a hint to what may have been meant")
    func usage() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.run(expecting: 64, "--limt", "3").error.contains("--limit"))
        #expect(try await forge.run(expecting: 64, "--tools", "scen").error.contains("did you mean 'scene'?"))
        #expect(try await forge.run(expecting: 64, "--set", "scene.treshold=1").error.contains("'threshold'?"))
        #expect(try await forge.run(expecting: 64, "--set", "scen.threshold=1").error.contains("'scene'?"))
        let depth = try await forge.run(expecting: 64, "--max-depth", "0")
        #expect(depth.error.contains("--max-depth must be at least 1"))
        #expect(try await forge.run(expecting: 64, "--stall", "0").error.contains("--stall must be greater than 0"))
        #expect(try await forge.forgebatch("run").status == 64)
        #expect(try await forge.forgebatch("rnu", "in").status == 64)
        #expect(!Files.exists(forge.output))
    }

    @Test(
        "64: a value that is out of bounds is refused, and nothing traps",
        arguments: [
            "--jobs=0", "--jobs=many", "--jobs=-1", "--max-depth=0", "--limit=0", "--limit=9999999999999999999999",
            "--min-age=yesterday", "--min-age=", "--min-age=99999999999999999999", "--min-age=99999999d",
            "--timeout=-1", "--timeout=0", "--timeout=", "--stall=0", "--stall=1e3", "--max-duration=0",
            "--memory-limit=lots", "--memory-limit=99999999T", "--retries=-1", "--retries=101", "--max-failures=0",
            "--max-failures=101%", "--min-free=1X", "--threads-per-job=65", "--progress=loud", "--progress-rate=0",
            "--progress-rate=0.000000000000000001", "--color=blue", "--report=some", "--lock=maybe", "--lock=wait=x",
            "--grace=999999999999999999", "--fail-on=none", "--fingerprint=name", "--set=scene",
            "--set=scene.threshold",
            "--set=scene.threshold=NaN", "--set=scene.threshold=-1e999", "--tools=", "--tools=-all", "--out=",
        ])
    func badValue(_ flag: String) async throws {
        let forge = try Forge(["a.y4m"])
        let result = try await forge.run(expecting: 64, flag)
        #expect(!result.stderr.isEmpty)
        #expect(!Files.exists(forge.output))
    }

    @Test("64: the input is no output folder, by whatever name")
    func inputAsOutput() async throws {
        let forge = try Forge(["a.y4m"])
        try Files.link(RawPath("in"), at: forge.home.appending("link"))
        for name in ["in", "in/", "./in/../in", "link"] {
            let result = try await forge.forgebatch("run", "in", "-o", name)
            #expect(result.status == 64 && result.error.contains("this is the input"))
        }
        #expect(try Files.list(forge.input).count == 1)
        // Below the input is a place like any other.
        for _ in 0..<2 { #expect(try await forge.forgebatch("run", "in", "-o", "in/out").status == 0) }
        #expect(Files.exists(forge.input.appending("out/results/a.y4m.json")))
    }

    @Test("1: a limit of open files that is too low for the workers is named; one that is enough is raised")
    func openFiles() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        func limited(_ limit: String, _ jobs: Int) async throws -> ProcessResult {
            let run = "run in -o out --force --no-config -j \(jobs)"
            var launch = Launch(RawPath("/bin/sh"), [])
            launch.arguments = ["-c", "ulimit \(limit); exec \(Forge.executable.display) \(run)"].map { RawPath($0) }
            launch.directory = forge.home
            return try await RunningProcess.run(launch)
        }
        let low = try await limited("-n 64", 100)
        #expect(low.status == 1 && low.error.contains("the limit is 64 (ulimit -n); lower --jobs"), "\(low.error)")
        #expect(!Files.exists(forge.output))
        #expect(try await limited("-n 64", 4).status == 0)
        #expect(try await limited("-S -n 64", 8).status == 0)
    }

    @Test("Asked-for output that cannot be written is no success", .enabled(if: Files.exists(RawPath("/dev/full"))))
    func fullOutput() async throws {
        let forge = try Forge(["a.y4m"])
        func full(_ words: String) async throws -> ProcessResult {
            let command = "exec \(Forge.executable.display) \(words) > /dev/full"
            var launch = Launch(RawPath("/bin/sh"), [RawPath("-c"), RawPath(command)])
            launch.directory = forge.home
            return try await RunningProcess.run(launch)
        }
        #expect(try await full("run in -o out -n").status == 1)
        let summary = try await full("run in -o out --json")
        #expect(summary.status == 5 && summary.error.contains("standard output: write: No space left on device"))
        #expect(try forge.count("completed") == 1)
        #expect(try await full("validate out").status == 1)
        #expect(try await full("export out --format csv").status == 1)
        #expect(try await full("diff out latest latest").status == 1)
        #expect(try await full("run in -o out").status == 0)
    }

    @Test("66: a path that does not exist leaves nothing behind; beside others it costs only itself")
    func missing() async throws {
        let forge = try Forge(["a.y4m"])
        let result = try await forge.forgebatch("run", "gone", "-o", "out")
        #expect(result.status == 66)
        #expect(result.error == "forgebatch: gone: No such file or directory\n")
        #expect(!Files.exists(forge.output))
        #expect(try await forge.forgebatch("run", "in", "gone", "-o", "out").status == 66)
        #expect(try forge.count("completed") == 1)
        #expect(try await forge.forgebatch("run", "--files-from", "gone", "-o", "out").status == 66)
    }

    @Test("The first of the documented order wins")
    func precedence() async throws {
        let forge = try Forge()
        try forge.addBroken("bad.mp4")
        // 3 before 5.
        try forge.write("", to: forge.output.appending("report"))
        try await forge.run(expecting: 3)
        // 10 before 3, and 66 before both.
        try forge.addBroken("worse.mp4")
        try await forge.run(expecting: 10, "--retry-failed", "--max-failures", "1", "-j1")
        let flags = ["run", "in", "gone", "-o", "out", "--retry-failed", "--max-failures", "1", "-j1"]
        #expect(try await forge.forgebatch(flags.map { RawPath($0) }).status == 66)
        // 64 before 78, 78 before 66.
        let bad = ["FORGEBATCH_JOBS": "none"]
        #expect(try await forge.forgebatch("run", "gone", "--limt", "1", environment: bad).status == 64)
        #expect(try await forge.forgebatch("run", "gone", environment: bad).status == 78)
    }

    @Test("1: below --min-free nothing starts, before 10, 9 and 3")
    func diskFull() async throws {
        let forge = try Forge(["a.y4m"])
        let result = try await forge.run(expecting: 1, "--min-free", "999T")
        #expect(result.error.contains("1 not started, stopped by too little free space (--min-free)"))
        #expect(try forge.count("not_started") == 1)
        try await forge.run(expecting: 0)
    }
}
