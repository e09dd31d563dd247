import Bytes
import Jobs
import TestSupport
import Testing

/// What a newcomer types wrongly, and what is answered: a sentence that says what to do.
@Suite("Words for newcomers")
struct WordTests {
    @Test(
        "A command line without a command is answered with the one that was meant",
        arguments: [
            (["./in"], "there is no command './in'; to process it: forgebatch run ./in"),
            (
                ["in"],
                "there is no command 'in'; to process it: forgebatch run in; forgebatch --help lists the commands"
            ),
            (["a b.mp4"], "to process it: forgebatch run 'a b.mp4'"),
            (["reprot", "out"], "there is no command 'reprot'; did you mean 'report'?"),
            (["--jobs", "4", "run", "in"], "flags stand behind a command, as in forgebatch run VIDEOS --jobs"),
            (["-v"], "forgebatch --version prints the version"), (["--verson"], "did you mean '--version'?"),
            (["-x=1"], "flags stand behind a command"),
        ])
    func noCommand(_ arguments: [String], _ words: String) async throws {
        let forge = try Forge(["a.y4m"])
        let result = try await forge.forgebatch(arguments.map { RawPath($0) })
        #expect(result.status == 64 && result.error.contains(words), "\(result.error)")
        #expect(result.error.hasPrefix("forgebatch: ") && result.error.split(separator: "\n").count == 1)
        #expect(try Files.list(forge.home) == [RawPath("in")])
    }

    @Test(
        "The unit behind a number is no input: 66 before anything, with how to write it",
        arguments: [
            (["--timeout", "5", "minutes"], "write --timeout 5min"), (["--stall=90", "seconds"], "write --stall 90s"),
            (["-o", "out", "--max-duration", "900", "hours"], "write --max-duration 900h"),
            (["--memory-limit", "512", "MB"], "write --memory-limit 512M"),
        ])
    func unit(_ flags: [String], _ words: String) async throws {
        let forge = try Forge(["a.y4m"])
        let result = try await forge.forgebatch((["run", "in"] + flags).map { RawPath($0) })
        #expect(result.status == 66 && result.error.contains("it was taken for an input: \(words)"), "\(result.error)")
        #expect(try Files.list(forge.home) == [RawPath("in")])
    }

    @Test("A duration may be written as people write it, a size with a space; a wrong one is told what is wanted")
    func quantities() async throws {
        let forge = try Forge(["a.y4m"])
        for text in ["5 minutes", "5min", "1 h 30 min", "90 Seconds", "1hour", "2 days", "90"] {
            let run = try await forge.run("-n", "--timeout", text)
            #expect(run.status == 0, "\(text): \(run.error)")
        }
        #expect(try await forge.run("-n", "--memory-limit", "512 MB").status == 0)
        for text in ["5 fortnights", "m", "5 5", "5 MINUTE S", ""] {
            let run = try await forge.run("-n", "--timeout", text)
            #expect(
                run.status == 64 && run.error.contains("a duration such as 90s, 10min or 1h30m is wanted"), "\(text)")
        }
        let size = try await forge.run("-n", "--min-free", "much")
        #expect(size.status == 64 && size.error.contains("a size such as 512M or 1.5GiB is wanted"), "\(size.error)")
        let layer = try await forge.run("-n", environment: ["FORGEBATCH_GRACE": "long"])
        #expect(layer.status == 78, "\(layer.error)")
        #expect(layer.error.contains("FORGEBATCH_GRACE: grace: ") && layer.error.contains("is wanted"))
    }

    @Test(
        "A path that does not exist stops a run whose output folder the inputs choose; with --out it costs only itself")
    func missingBeside() async throws {
        let forge = try Forge(["a.y4m"])
        let result = try await forge.forgebatch("run", "in", "gone")
        #expect(result.status == 66 && result.error.contains("gone: No such file or directory; nothing was done"))
        #expect(try Files.list(forge.home) == [RawPath("in")])
        let named = try await forge.forgebatch("run", "in", "gone", "-o", "out")
        #expect(named.status == 66)
        #expect(try forge.count("completed") == 1)
    }

    @Test("An address and a pattern that no shell has filled in are told apart from a file that is gone")
    func noFile() async throws {
        let forge = try Forge()
        let address = try await forge.forgebatch("run", "https://example.org/a.mp4")
        #expect(address.status == 66 && address.error.contains("opens no address"), "\(address.error)")
        let pattern = try await forge.forgebatch("run", "in/*.mp4")
        #expect(pattern.status == 66 && pattern.error.contains("--include PATTERN"), "\(pattern.error)")
    }

    @Test(
        "A selection that takes nothing says so and why, and writes no report's path that is older",
        arguments: [
            (["--ext", "xyz"], "--ext xyz: no video here ends so"),
            (
                ["--include", "in/*.y4m"],
                "--include 'in/*.y4m': a pattern is of the path below the input, so leave 'in/' out"
            ),
            (["--include", "A*"], "upper and lower case differ"),
            (["--include", "/tmp/x/*"], "of the path below the input, not of the whole path"),
        ])
    func nothing(_ flags: [String], _ words: String) async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        for isFirst in [true, false] {
            let dry = try await forge.forgebatch((["run", "in", "-o", "out", "-n"] + flags).map { RawPath($0) })
            #expect(dry.status == 0 && dry.stdout.isEmpty)
            #expect(
                dry.error.contains(
                    "no videos found: the rules leave out all 2 files and folders; there is nothing to do"))
            #expect(dry.error.contains(words), "\(dry.error)")
            let run = try await forge.forgebatch((["run", "in", "-o", "out"] + flags).map { RawPath($0) })
            #expect(run.status == 0 && run.error.contains("no videos found: the rules leave out all 2"), "\(run.error)")
            #expect(run.error.contains(words) && !run.error.contains("mounted"), "\(run.error)")
            #expect(run.error.contains("report: ") == isFirst, "\(run.error)")
            try await forge.run(expecting: 0)
        }
    }

    @Test("--ext takes spaces, dots and stars for what they mean, and ./ before a pattern is here")
    func forgiving() async throws {
        let forge = try Forge(["a.y4m", "b.mkv", "sub/c.y4m"])
        for ext in ["y4m mkv", ".y4m, .MKV", "*.y4m,*.mkv"] {
            let dry = try await forge.run("-n", "--ext", ext)
            #expect(dry.output.split(separator: "\n").count == 3, "\(ext): \(dry.output)")
        }
        #expect(try await forge.run("-n", "--include", "./*.y4m").output == "run  a.y4m (new)\n")
    }

    @Test("An output folder for an input is told of; an empty folder is silent")
    func outputAsInput() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("run", "in", "--no-config").status == 0)
        let result = try await forge.forgebatch("run", "in.forgebatch", "-o", "out")
        #expect(result.error.contains("in.forgebatch is an output folder by its name"), "\(result.error)")
        try Files.makeDirectory(forge.home.appending("empty"), durable: false)
        let empty = try await forge.forgebatch("run", "empty", "-o", "out2")
        #expect(empty.status == 0 && empty.stderr.isEmpty && empty.stdout.isEmpty)
    }

    @Test(
        "A command that is given the videos names the output folder beside them, or the one that a path lies in",
        arguments: ["list", "report", "replay", "tail", "validate", "diff", "export"])
    func beside(_ command: String) async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("run", "in").status == 0)
        let more = command == "export" ? ["--format", "csv"] : []
        for (path, hint) in [
            ("in", "did you mean in.forgebatch, beside it?"), ("in/", "did you mean in.forgebatch, beside it?"),
            ("in.forgebatch/report", "did you mean in.forgebatch, in which it lies?"),
            ("nowhere", "there is nothing of that name"),
        ] {
            let result = try await forge.forgebatch(([command, path] + more).map { RawPath($0) })
            #expect(result.status == 66, "\(result.error)")
            if path == "nowhere", command == "validate" { continue }
            #expect(result.error.contains(hint), "\(path): \(result.error)")
        }
    }

    @Test("--output is another word for --out, in run and in export")
    func output() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("run", "in", "--output", "out").status == 0)
        #expect(try await forge.forgebatch("export", "out", "--format", "csv", "--output=a.csv").status == 0)
        #expect(try await forge.forgebatch("export", "out", "--format", "csv", "--out", "b.csv").status == 0)
        #expect(try Files.read(forge.home.appending("a.csv")) == Files.read(forge.home.appending("b.csv")))
        let format = try await forge.forgebatch("export", "out")
        #expect(format.status == 64 && format.error.contains("--format csv, ndjson, coco, mot"), "\(format.error)")
    }

    @Test("diff compares the latest run with the one before unless told otherwise; previous is last")
    func diff() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        try forge.add("b.y4m")
        try await forge.run(expecting: 0, "--baseline", "previous")
        let plain = try await forge.forgebatch("diff", "out")
        #expect(plain.status == 1 && plain.output.contains("new (1)\n  b.y4m"), "\(plain.output)")
        for words in [["last", "latest"], ["previous", "latest"], ["previous"]] {
            let result = try await forge.forgebatch((["diff", "out"] + words).map { RawPath($0) })
            #expect(result.status == 1 && result.stdout == plain.stdout, "\(words): \(result.error)")
        }
    }

    @Test("A list of names that was written on Windows is read, but a name that ends so comes first")
    func windowsList() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "c.y4m\r"])
        try forge.write("\u{feff}in/a.y4m\r\nin/b.y4m\r\nin/c.y4m\r\n", to: forge.home.appending("list"))
        let run = try await forge.forgebatch("run", "--files-from", "list", "-o", "out", "-v")
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.contains("2 names taken without the carriage return or byte order mark"), "\(run.output)")
        #expect(try forge.names() == ["a.y4m", "b.y4m", "c.y4m\\r"])
        // Names that end with NUL are exact.
        try forge.write("in/a.y4m\r\0", to: forge.home.appending("exact"))
        #expect(try await forge.forgebatch("run", "--files-from", "exact", "-0", "-o", "out").status == 66)
    }

    @Test("A run that has news points to show, which says what the verdict means, what to do, and what each number is")
    func explained() async throws {
        let forge = try Forge()
        try forge.addSample("truncated.mp4")
        try forge.addBroken("bad.mp4")
        let run = try await forge.run(expecting: 3)
        #expect(run.error.contains("what that means and what to do: forgebatch show \(forge.output.display) VIDEO\n"))
        #expect(run.error.contains("cut off (truncated)"), "\(run.error)")
        #expect(
            run.error.contains(
                "bad.mp4: open: not a video container that forgebatch reads: the content is something else"))
        let damaged = try await forge.forgebatch("show", "out", "truncated.mp4").output
        for words in [VideoStatus.damaged.words, Reason.truncated.words, Reason.decodeErrors.words] {
            #expect(damaged.contains(words.meaning) && damaged.contains(words.advice), "\(damaged)")
        }
        #expect(damaged.contains("least sample, on the 8-bit scale") && damaged.contains("What is normal depends"))
        let failed = try await forge.forgebatch("show", "out", "bad.mp4").output
        #expect(
            failed.contains("content: The file cannot be opened") && failed.contains("what to do  Repair"), "\(failed)")
        for name in ["bad", "in/bad.mp4", "BAD.mp4"] {
            let result = try await forge.forgebatch("show", "out", RawPath(name).display)
            #expect(result.status == 66 && result.error.contains("did you mean 'bad.mp4'?"), "\(result.error)")
        }
    }

    @Test("tools names one tool with the range and the meaning of all that it stores; help says no default twice")
    func tool() async throws {
        let forge = try Forge()
        let luma = try await forge.forgebatch("tools", "luma")
        #expect(luma.output.contains("    min   0 to 255.9961  least sample, on the 8-bit scale\n"), "\(luma.output)")
        #expect(!luma.output.contains("motion"))
        let wrong = try await forge.forgebatch("tools", "lumma")
        #expect(wrong.status == 64 && wrong.error.contains("did you mean 'luma'?"))
        let help = try await forge.forgebatch("replay", "--help").output
        #expect(help.contains("(default: 1)") && !help.contains("times(") && !help.contains("5s)"), "\(help)")
    }
}
