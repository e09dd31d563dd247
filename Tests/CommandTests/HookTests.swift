import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("Commands at the end of a run")
struct HookTests {
    /// A script that writes down how it was started; its path.
    private func script(_ forge: Forge, _ more: String = "") throws -> String {
        let path = forge.home.appending("hook.sh")
        let home = forge.home.display
        try forge.write(
            """
            cat > '\(home)'/input
            env > '\(home)'/environment
            printf '<%s>' "$@" > '\(home)'/words
            echo "$FORGEBATCH_HOOK" >> '\(home)'/calls
            \(more)

            """, to: path)
        return path.display
    }

    private func text(_ forge: Forge, _ name: String) throws -> String {
        String(decoding: try Files.read(forge.home.appending(name)), as: UTF8.self)
    }

    private func calls(_ forge: Forge) -> [String] {
        ((try? text(forge, "calls")) ?? "").split(separator: "\n").map { String($0) }
    }

    @Test("--on-complete starts its words without a shell, the summary on their standard input")
    func complete() async throws {
        let forge = try Forge(["a.y4m"])
        let hook = try script(forge)
        let command = "sh \(hook) 'a b' \"c'd \\\"e\\\" *\" f\\ g '' \"\" '$HOME' '|'"
        let run = try await forge.run(
            "--json", "--on-complete", command, environment: ["HOME": "/nowhere", "MINE": "1"])
        #expect(run.status == 0 && run.stderr.isEmpty, "\(run.error)")
        #expect(try text(forge, "words") == #"<a b><c'd "e" *><f g><><><$HOME><|>"#)
        let told = try JSONReader.parse(try Files.read(forge.home.appending("input")))
        #expect(told["schema"]?.string == "forgebatch/summary/1")
        #expect(told["counts"]?["completed"]?.int == 1 && told["exit_status"]?.int == 0)
        #expect(told == (try JSONReader.parse(run.stdout)))
        let environment = try text(forge, "environment").split(separator: "\n")
        for line in [
            "FORGEBATCH_HOOK=complete", "FORGEBATCH_HOOK_STATUS=0", "FORGEBATCH_HOOK_OUTPUT=\(forge.output.display)",
            "FORGEBATCH_HOOK_RUN=\(told["run_id"]?.string ?? "")",
            "FORGEBATCH_HOOK_REPORT=\(forge.output.display)/report/index.html", "MINE=1",
        ] { #expect(environment.contains { $0 == line }, "\(line)") }
    }

    @Test("--on-failure starts its command when the status is not 0, also when no run could begin")
    func failure() async throws {
        let forge = try Forge(["a.y4m"])
        let flags = ["--on-complete", "sh \(try script(forge))", "--on-failure", "sh \(try script(forge))"]
        func run(_ more: [String]) async throws -> Int32? {
            try await forge.forgebatch((["run"] + more + ["-o", "out"] + flags).map { RawPath($0) }).status
        }
        #expect(try await run(["in"]) == 0)
        #expect(calls(forge) == ["complete"])
        try forge.addBroken("bad.mp4")
        #expect(try await run(["in"]) == 3)
        #expect(calls(forge) == ["complete", "complete", "failure"])
        #expect(try text(forge, "environment").contains("FORGEBATCH_HOOK_STATUS=3\n"))
        #expect(try await run(["gone"]) == 66)
        #expect(calls(forge).count == 4 && calls(forge).last == "failure")
        let told = try JSONReader.parse(try Files.read(forge.home.appending("input")))
        #expect(told["error"]?.string == "gone: No such file or directory" && told["exit_status"]?.int == 66)
        #expect(told["run_id"] == nil)
        let held = try Files.open(forge.layout.lock, Files.readWriteOrCreate)
        defer { Files.close(held) }
        #expect(try Files.lock(held, path: forge.layout.lock))
        #expect(try await run(["in"]) == 11)
        #expect(calls(forge).count == 5)
        // What does nothing, or what is not understood, tells nobody.
        #expect(try await run(["in", "--lock", "skip"]) == 0)
        #expect(try await run(["in", "--dry-run"]) == 0)
        #expect(try await run(["gone", "--dry-run"]) == 66)
        #expect(try await run(["in", "--retries", "1000"]) == 64)
        #expect(calls(forge).count == 5)
    }

    @Test("What becomes of a command is a warning, and the status stays what the run was; --hook-timeout bounds it")
    func warnings() async throws {
        let forge = try Forge(["a.y4m"])
        let failed = try await forge.run("--on-complete", "sh -c 'echo one; echo no route >&2; exit 7'")
        #expect(failed.status == 0 && failed.stdout.isEmpty)
        #expect(failed.error == "forgebatch: --on-complete sh: ended with status 7: no route\n")
        let missing = try await forge.run("--on-complete", "nowhere-to-be-found --now")
        #expect(missing.status == 0)
        #expect(
            missing.error
                == "forgebatch: --on-complete nowhere-to-be-found: ended with status 127: nowhere-to-be-found: No such file or directory\n"
        )
        let pid = forge.home.appending("pid")
        let late = try await forge.run(
            "--on-complete", "sh -c 'echo $$ > \(pid.display); sleep 1000 & wait'", "--hook-timeout", "1s")
        #expect(late.status == 0)
        #expect(late.error == "forgebatch: --on-complete sh: took too long and was ended\n")
        try await goes(pid)
        // One that reads nothing of much, and one that writes without end.
        let flood = try await forge.run(
            "--on-complete",
            "sh -c 'i=0; while [ $i -lt 2000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done'")
        #expect(flood.status == 0 && flood.stderr.isEmpty && flood.stdout.isEmpty)
        #expect(try await forge.run("--on-complete", "true").stderr.isEmpty)
    }

    /// The process that wrote its number there is gone.
    private func goes(_ file: RawPath) async throws {
        // It may have been ended before it could write.
        guard let bytes = try? Files.read(file), bytes.last == 0x0a else { return }
        let number = try #require(Int32(String(decoding: bytes.dropLast(), as: UTF8.self)))
        try await eventually("the command is gone") { !Processes.isAlive(number) }
    }

    @Test("A command ends with its run: at a signal, and when the run is killed", arguments: [SIGTERM, SIGKILL])
    func ends(signal: Int32) async throws {
        let forge = try Forge(["a.y4m"])
        let pid = forge.home.appending("pid")
        let run = try forge.start("--on-complete", "sh -c 'echo $$ > \(pid.display); sleep 1000'")
        try await eventually("the command runs") { (try? Files.read(pid))?.last == 0x0a }
        // The lock is free by then.
        #expect(!Files.isLocked(forge.layout.lock))
        run.send(signal)
        let result = await run.result()
        if signal == SIGTERM {
            #expect(result.status == 0)
            #expect(result.error == "forgebatch: --on-complete sh: was ended, because the run was told to stop\n")
        }
        try await goes(pid)
    }

    @Test("A run that a signal stops tells so")
    func stopped() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start("--grace", "0", "--on-failure", "sh \(try script(forge))")
        _ = try await run.holdWorker(of: "a.y4m")
        run.send(SIGTERM)
        #expect(await run.result().status == 143)
        let told = try JSONReader.parse(try Files.read(forge.home.appending("input")))
        #expect(told["exit_status"]?.int == 143 && told["stopped"]?.string == "SIGTERM")
    }

    @Test(
        "A command that only a shell would understand is refused, and so is one without an end",
        arguments: [
            ("echo $HOME", "$ means something to a shell alone"), ("a | b", "| means something"), ("a; b", "; means"),
            ("a > b", "> means"), ("echo `a`", "` means"), ("a 'b", "has no end"), ("a \"b", "has no end"),
            ("a \\", "has no end"), ("", "A command is wanted"), ("  ", "A command is wanted"), ("''", "is wanted"),
        ])
    func refused(command: String, why: String) async throws {
        let forge = try Forge()
        let result = try await forge.run("--on-failure", command)
        #expect(result.status == 64 && result.error.contains(why), "\(result.error)")
    }

    @Test("Files name commands as text or as a list of words, but not one that is only found in the working directory")
    func files() async throws {
        let forge = try Forge(["a.y4m"])
        let work = forge.home.appending("work")
        try Files.makeDirectory(work)
        let hook = try script(forge)
        let file = work.appending("forgebatch.yaml")
        func run(_ flags: String..., environment: [String: String] = [:]) async throws -> ProcessResult {
            try await forge.forgebatch(
                (["run", "../in", "-o", "../out"] + flags).map { RawPath($0) }, environment: environment
            ) { $0.directory = work }
        }
        try forge.write("on-complete: [sh, '\(hook)', \"it's\", 'a b', '$x']\n", to: file)
        let found = try await run()
        #expect(found.status == 78 && calls(forge).isEmpty)
        #expect(found.error.contains("forgebatch.yaml: on-complete: a file that is only found"), "\(found.error)")
        #expect(try await run("--config", "forgebatch.yaml").status == 0)
        #expect(try text(forge, "words") == "<it's><a b><$x>")
        Files.remove(file)
        let home = forge.home.appending("home/.config/forgebatch/config.yaml")
        try forge.write("on-complete: sh '\(hook)' user\n", to: home)
        let user = ["HOME": forge.home.appending("home").display]
        #expect(try await run(environment: user).status == 0)
        #expect(try text(forge, "words") == "<user>")
        #expect(try await run(environment: ["FORGEBATCH_ON_COMPLETE": "sh \(hook) environment"]).status == 0)
        #expect(try text(forge, "words") == "<environment>")
        // A run that it starts would start it again.
        #expect(try !text(forge, "environment").contains("FORGEBATCH_ON_"))
        // A home folder at the beginning, as in every path.
        #expect(
            try await run("--on-complete", "~/nothing", environment: user).error.contains("/home/nothing: ended with"))
    }

    @Test("Neither the record nor the report shows a command, which may hold a password")
    func secret() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0, "--on-complete", "true s3cret-1", "--on-failure=true s3cret-2", "-v")
        let grep = try await #require(ExternalProgram.find("grep")).run(["-r", "s3cret", forge.output.display])
        #expect(grep.status == 1, "\(grep.text)")
        let record = try Files.read(forge.layout.latest.appending("run.json"))
        #expect(String(decoding: record, as: UTF8.self).contains(#""--no-config","-v"]"#))
    }

    @Test("forgebatch hook is for forgebatch itself")
    func byHand() async throws {
        let result = try await Forge().forgebatch("hook")
        #expect(result.status == 70 && result.error.contains("for forgebatch itself"))
    }
}
