import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("doctor")
struct DoctorTests {
    private func findings(_ result: ProcessResult) throws -> [JSON] {
        #expect(result.stderr.isEmpty)
        let json = try JSONReader.parse(result.output)
        #expect(json["schema"]?.string == "forgebatch/doctor/1")
        let findings = try #require(json["findings"]?.array)
        #expect(json["ok"]?.bool == !findings.contains { $0["state"]?.string == "missing" })
        #expect(result.status == (json["ok"]?.bool == true ? 0 : 1))
        return findings
    }

    private func state(_ name: String, _ findings: [JSON]) -> String? {
        findings.first { $0["name"]?.string == name }?["state"]?.string
    }

    @Test("doctor says what the machine offers and what an output folder can, in words and with --json the same")
    func both() async throws {
        let forge = try Forge()
        let json = try await findings(forge.forgebatch("doctor", "new/out", "--json"))
        let text = try await forge.forgebatch("doctor", "new/out")
        #expect(text.status == 0 && text.stderr.isEmpty, "\(text.output)")
        let lines = text.output.split(separator: "\n")
        #expect(lines.filter { !$0.hasPrefix(" ") }.count == json.count)
        for finding in json {
            let name = try #require(finding["name"]?.string)
            let words = try #require(finding["text"]?.string)
            #expect(["ok", "warning", "missing"].contains(finding["state"]?.string ?? ""))
            #expect((finding["state"]?.string == "ok") == (finding["advice"] == nil), "\(finding)")
            // The space that is free changes meanwhile.
            guard name != "free space", name != "memory" else { continue }
            #expect(text.output.contains(words), "\(name)")
        }
        for name in [
            "kernel", "Landlock", "seccomp", "sandbox", "plugins", "FFmpeg", "formats", "decoders", "processors",
            "memory",
            "videos at once",
        ] {
            #expect(state(name, json) != nil, "\(name)")
        }
        for name in ["writing", "links", "lock", "long names", "times"] {
            #expect(state(name, json) == "ok", "\(name)")
        }
        // It cleans up after itself, the folders that it made included.
        #expect(try Files.list(forge.home) == [RawPath("in")])
        let without = try await findings(forge.forgebatch("doctor", "--json"))
        #expect(state("output folder", without) == nil && without.count < json.count)
    }

    @Test("An output folder that cannot be written is missing, and status 1")
    func readOnly() async throws {
        let forge = try Forge()
        try Files.makeDirectory(forge.output, durable: false)
        try forge.write("", to: forge.home.appending("file"))
        let plain = try await findings(forge.forgebatch("doctor", "file", "--json"))
        #expect(state("output folder", plain) == "missing")
        _ = forge.output.withCString { chmod($0, 0o500) }
        let result = try await forge.forgebatch("doctor", "out") { $0.heedPermissions() }
        #expect(result.status == 1)
        #expect(result.output.contains("missing  output folder"), "\(result.output)")
        #expect(result.output.contains("choose another folder with -o DIR"))
        #expect(try Files.list(forge.output) == [])
    }

    @Test("Too few open files for a run is missing, a short limit of a file's size a warning")
    func limits() async throws {
        let forge = try Forge()
        let command = "ulimit -n 20; ulimit -f 100; exec \(Forge.executable.display) doctor --json"
        var launch = Launch(RawPath("/bin/sh"), [RawPath("-c"), RawPath(command)])
        launch.directory = forge.home
        let findings = try findings(await RunningProcess.run(launch))
        #expect(state("open files", findings) == "missing")
        #expect(state("file size", findings) == "warning")
    }

    @Test(
        "Where a kernel confines, doctor has tried it",
        .enabled(if: Kernel.confines, "needs a kernel with Landlock (ABI 6) and seccomp"))
    func sandbox() async throws {
        let findings = try await findings(Forge().forgebatch("doctor", "--json"))
        for name in ["Landlock", "seccomp", "sandbox", "plugins"] { #expect(state(name, findings) == "ok", "\(name)") }
    }
}
