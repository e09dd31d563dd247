import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("report, validate, worker, help and completions")
struct OtherCommandTests {
    /// All files of the report by their path.
    private func report(_ forge: Forge) throws -> [RawPath: [UInt8]] {
        var found: [RawPath: [UInt8]] = [:]
        func walk(_ folder: RawPath) throws {
            for name in try Files.list(folder) {
                let path = folder.appending(name)
                if try Files.status(path).kind == .directory {
                    try walk(path)
                } else {
                    found[path] = try Files.read(path)
                }
            }
        }
        try walk(forge.layout.report)
        return found
    }

    @Test("report makes the same bytes again, for any run, any pages, any templates")
    func report() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        let first = try #require(try forge.record()["run_id"]?.string)
        let firstIndex = try Files.read(forge.layout.report.appending("index.html"))
        try forge.addBroken("bad.mp4")
        try await forge.run(expecting: 3)
        let written = try report(forge)
        let again = try await forge.forgebatch("report", "out")
        #expect(again.status == 0 && again.stdout.isEmpty && again.stderr.isEmpty)
        #expect(try report(forge) == written)
        #expect(try await forge.forgebatch("report", "out", "--run", first).status == 0)
        #expect(try Files.read(forge.layout.report.appending("index.html")) != written.values.first)
        #expect(
            try String(decoding: Files.read(forge.layout.report.appending("index.html")), as: UTF8.self).contains(first)
        )
        #expect(!firstIndex.isEmpty)
        #expect(try await forge.forgebatch("report", "out", "--report", "basic").status == 0)
        func pages(_ files: [RawPath: [UInt8]]) -> Int {
            files.keys.count { $0.isInside(forge.layout.report.appending("v")) && $0.lowercasedExtension == "html" }
        }
        #expect(try pages(report(forge)) == pages(written) - 1)
        try forge.write("mine", to: forge.home.appending("look/index.mustache"))
        #expect(try await forge.forgebatch("report", "out", "--templates", "look").status == 0)
        #expect(try Files.read(forge.layout.report.appending("index.html")) == Array("mine".utf8))
    }

    @Test("report of what is no output folder is 66, one that cannot be written 5")
    func reportFails() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("report", "gone").status == 66)
        #expect(try await forge.forgebatch("report", "in").status == 66)
        try await forge.run(expecting: 0, "--report", "none")
        #expect(try await forge.forgebatch("report", "out", "--run", "20200101T000000Z-000000").status == 66)
        #expect(try await forge.forgebatch("report", "out", "--run", "../runs").status == 66)
        #expect(try await forge.forgebatch("report", "out", "--report", "all").status == 64)
        try forge.write("", to: forge.home.appending("plain"))
        let result = try await forge.forgebatch("report", "out", "--templates", "plain")
        #expect(result.status == 5 && result.error.contains("plain"))
    }

    @Test("validate finds a changed byte, a missing result and a foreign one; --json prints each breach")
    func validate() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try await forge.run(expecting: 0)
        let good = try await forge.forgebatch("validate", "out")
        #expect(good.status == 0 && good.output == "2 results and 1 log checked, no breach\n")
        let result = forge.layout.results.appending("a.y4m.json")
        #expect(
            try await forge.forgebatch("validate", "out/results/a.y4m.json").output == "1 result checked, no breach\n")
        var bytes = try Files.read(result)
        let digit = try #require(bytes.lastIndex { $0 >= 0x31 && $0 < 0x39 })
        bytes[digit] += 1
        try forge.write(bytes, to: result)
        Files.remove(forge.layout.results.appending("b.y4m.json"))
        try forge.write("{}", to: forge.layout.results.appending("c\u{1b}.json"))
        let bad = try await forge.forgebatch("validate", "out")
        #expect(bad.status == 3)
        #expect(bad.output.contains("a.y4m.json: its SHA-256 is not the catalog's"))
        #expect(bad.output.contains("b.y4m.json: in the catalog, but missing"))
        #expect(bad.output.contains("c\\u{1b}.json: not in the catalog"))
        let lines = try await forge.forgebatch("validate", "out", "--json").output.split(separator: "\n")
        let breaches = try lines.map { try JSONReader.parse(String($0)) }
        #expect(breaches.count >= 3 && breaches.allSatisfy { $0["path"]?.string != nil && $0["breach"]?.string != nil })
        #expect(try await forge.forgebatch("validate", "out/results/c\u{1b}.json").status == 3)
    }

    @Test("validate of what is missing or no output folder is 66")
    func validateFails() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("validate", "gone").status == 66)
        #expect(try await forge.forgebatch("validate", "in").status == 66)
        #expect(try await forge.forgebatch("validate").status == 64)
        #expect(try await forge.forgebatch("validate", "in/a.y4m").status == 3)
    }

    @Test("--version and the help of every command end with 0")
    func help() async throws {
        let forge = try Forge()
        for command in [
            "run", "report", "diff", "export", "validate", "prune", "tools", "plugin", "plugin new", "plugin check",
            "manifest", "manifest check", "formats", "doctor",
        ] {
            let path = command.split(separator: " ").map { String($0) }
            for words in [path + ["--help"], path + ["-h"], ["help"] + path] {
                let result = try await forge.forgebatch(words.map { RawPath($0) })
                #expect(
                    result.status == 0 && result.output.contains("USAGE: forgebatch \(command)")
                        && result.stderr.isEmpty)
            }
            #expect(try await forge.forgebatch((path + ["--version"]).map { RawPath($0) }).output == "0.1.0\n")
        }
        #expect(try await forge.forgebatch("--version").output == "0.1.0\n")
        let overview = try await forge.forgebatch()
        #expect(overview.output.contains("run") && overview.output.contains("validate"))
    }

    @Test("Completions name the commands", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) async throws {
        let forge = try Forge()
        let result = try await forge.forgebatch("--generate-completion-script", shell)
        #expect(result.status == 0 && result.output.contains("max-failures"))
        for command in [
            "run", "report", "diff", "export", "validate", "prune", "tools", "plugin", "manifest", "formats", "doctor",
        ] {
            #expect(result.output.contains(command))
        }
        #expect(result.stdout.count > 1000)
    }

    @Test("worker without an order says what it is and ends with 70")
    func worker() async throws {
        let forge = try Forge()
        for input in [Launch.Input.bytes([]), .closed, .bytes(Array("{}\n".utf8)), .bytes(Array("x\n".utf8))] {
            let result = try await forge.forgebatch("worker") { $0.input = input }
            #expect(result.status == 70 && result.stdout.isEmpty)
            #expect(result.error == "forgebatch: this subcommand is for forgebatch itself; use `forgebatch run`\n")
        }
    }
}
