import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("Standard streams and terminals")
struct StreamTests {
    @Test("Off a terminal success prints nothing; a failure says what, why and where the report is, in 20 lines")
    func quiet() async throws {
        let forge = try Forge(["a.y4m"])
        let good = try await forge.run()
        #expect(good.stdout.isEmpty && good.stderr.isEmpty)
        for number in 0..<30 { try forge.addBroken("bad\(number).mp4") }
        let bad = try await forge.run()
        #expect(bad.status == 3 && bad.stdout.isEmpty)
        let lines = bad.error.split(separator: "\n")
        #expect(lines.count <= 20)
        #expect(lines.first?.contains("30 failed") == true)
        #expect(lines[1].hasPrefix("  bad0.mp4: ") && lines[1].count > 20)
        #expect(lines.contains { $0.hasSuffix(" more, in the report") })
        #expect(lines.last == "report: \(forge.output.display)/report/index.html")
    }

    @Test("Closed standard descriptors do not become files of the run")
    func closed() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.addBroken("bad.mp4")
        let result = try await forge.run("-v", "--json") {
            $0.input = .closed
            $0.output = .closed
            $0.error = .closed
        }
        #expect(result.status == 3)
        #expect(try forge.names() == ["a.y4m"])
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("A reader that went away does not stop the batch")
    func broken() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.addLong("b.y4m")
        let result = try await forge.run("-v", "--json", "--progress", "json") {
            $0.output = .broken
            $0.error = .broken
        }
        #expect(result.status == 0 && result.signal == nil)
        #expect(try forge.names() == ["a.y4m", "b.y4m"])
        #expect(try await forge.run("-n", adapt: { $0.output = .broken }).status == 0)
    }

    @Test("An environment of nothing but PATH is enough, and not even that is needed")
    func bare() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("run", "in", "-o", "out").status == 0)
        let result = try await forge.forgebatch("run", "in", "-o", "out", "--force") { $0.environment = [:] }
        #expect(result.status == 0 && result.stderr.isEmpty)
    }

    private func terminal(_ forge: Forge, _ flags: String..., environment: [String: String] = ["TERM": "xterm"])
        async throws -> ProcessResult
    {
        let words = ["run", "in", "-o", "out", "--force"] + flags
        return try await forge.forgebatch(words.map { RawPath($0) }, environment: environment) { $0.terminal = true }
    }

    @Test("On a terminal the display is drawn in place and gives way to the summary")
    func display() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let shown = try await terminal(forge)
        #expect(shown.status == 0)
        #expect(shown.output.contains("\u{1b}[2A\r") && shown.output.contains("0 of 1 video"))
        let end = try #require(shown.output.split(separator: "\u{1b}[J").last)
        #expect(end.hasPrefix("forgebatch: 1 video processed in ") && end.contains("\r\nreport: "))
        #expect(!end.contains("\u{1b}"))
        // No line is wider than the terminal.
        for line in shown.output.split(separator: "\r\n") {
            var text = ""
            var isEscape = false
            for scalar in line.unicodeScalars {
                if scalar == "\u{1b}" { isEscape = true }
                if !isEscape, scalar != "\r" { text.unicodeScalars.append(scalar) }
                if isEscape, scalar.properties.isAlphabetic { isEscape = false }
            }
            if !line.contains("report: ") { #expect(text.count <= 100) }
        }
    }

    @Test("NO_COLOR leaves the display but its colours, TERM=dumb and --progress none leave none of it")
    func plainTerminals() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        try forge.addBroken("bad.mp4")
        #expect(try await terminal(forge).output.contains("\u{1b}[31m1 failed"))
        let colorless = try await terminal(forge, environment: ["TERM": "xterm", "NO_COLOR": "1"])
        #expect(colorless.output.contains("\u{1b}[2A") && !colorless.output.contains("\u{1b}[31m"))
        for result in [
            try await terminal(forge, environment: ["TERM": "dumb"]), try await terminal(forge, environment: [:]),
            try await terminal(forge, "--progress", "none", "--color", "never"),
        ] { #expect(!result.output.contains("\u{1b}") && result.output.contains("1 failed")) }
    }

    @Test("SIGUSR1 prints where the run is, and the run goes on")
    func status() async throws {
        let forge = try Forge()
        try forge.addLong("a.y4m")
        let run = try forge.start()
        let worker = try await run.holdWorker(of: "a.y4m")
        run.send(SIGUSR1)
        try await eventually("a status is printed") { run.errorSoFar.contains("0 of 1 video") }
        #expect(run.errorSoFar.contains("a.y4m"))
        kill(worker, SIGCONT)
        #expect(await run.result().status == 0)
    }

    @Test("No name reaches a stream raw")
    func names() async throws {
        let forge = try Forge()
        let names = ["e\u{1b}[31m.mp4", "n\nl.mp4", "b\u{202e}4pm.mp4", "c\r.mp4", "z\u{200b}.mp4"].map { RawPath($0) }
        for name in names + [RawPath(bytes: [0xff, 0xfe] + Array(".mp4".utf8))] {
            try forge.write("no video", to: forge.input.appending(name))
        }
        try Files.link(RawPath("nowhere"), at: forge.input.appending("d\u{1b}.mp4"))
        let bad = ["\u{1b}", "\u{202e}", "\u{200b}", "\nl.mp4", "\u{fffd}"]
        func check(_ result: ProcessResult) {
            #expect(String(validating: result.stdout + result.stderr, as: UTF8.self) != nil)
            let text = result.output + result.error
            for part in bad { #expect(!text.contains(part), "\(part.debugDescription) in \(text.debugDescription)") }
        }
        let failed = try await forge.run("--fail-on", "any")
        check(failed)
        for shown in [
            "e\\u{1b}[31m.mp4", "n\\nl.mp4", "b\\u{202e}4pm.mp4", "c\\r.mp4", "\\xff\\xfe.mp4", "d\\u{1b}.mp4",
        ] {
            #expect(failed.error.contains(shown))
        }
        check(try await forge.run("-n"))
        check(try await forge.run("-v", "--retry-failed", "--progress", "plain"))
        let missing = try await forge.forgebatch([RawPath("run"), RawPath(bytes: [0x1b, 0xff])])
        check(missing)
        #expect(missing.status == 66 && missing.error.contains("\\u{1b}\\xff"))
        check(try await forge.forgebatch("run", "in", "--tools", "\u{1b}[31m"))
        check(try await forge.forgebatch("run", "in", "--jobs", "\u{1b}[31m"))
        check(try await forge.forgebatch("validate", "\u{1b}"))
    }
}
