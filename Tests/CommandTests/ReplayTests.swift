import Bytes
import Glibc
import TestSupport
import Testing

/// The built server, over real sockets, by clients that share no code with it.
@Suite("replay")
struct ReplayTests {
    private static let python: ExternalProgram? = [ExternalProgram.checkoutPython, ExternalProgram.python]
        .compactMap { $0 }
        .first { (try? $0.runAndWait(["-c", "import websockets"]))?.status == 0 }

    private static let chromium = ["chromium", "chromium-browser", "google-chrome"].lazy
        .compactMap { ExternalProgram.find($0) }.first

    private static func script(_ name: String) -> String { Samples.root.appending("Tests").appending(name).display }

    @Test(
        "Every line of docs/protocol.md holds",
        .enabled(if: python != nil, "needs Python with websockets (make deps-test)"))
    func protocolChecks() async throws {
        let outcome = try await #require(ReplayTests.python)
            .run(
                [ReplayTests.script("scripts/protocol_check.py"), ExternalProgram.forgebatch.path.display])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }

    @Test(
        "Files that are served run nothing in a browser, have links that work whatever their names, and are given back",
        .enabled(if: ExternalProgram.python != nil && chromium != nil, "needs chromium and python3 (make deps-test)"))
    func served() async throws {
        let outcome = try await #require(ExternalProgram.python).run([
            ReplayTests.script("scripts/served_check.py"), ExternalProgram.forgebatch.path.display,
        ])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }

    /// Where `make deps-test` unpacks it, or where it is installed.
    private static let nginx: String? =
        ([ExternalProgram.find("nginx")?.path, RawPath("/usr/sbin/nginx")]
        .compactMap { $0 } + [Samples.root.appending(".nginx/usr/sbin/nginx")])
        .first { Files.exists($0) }?.display

    @Test(
        "The replay works behind nginx with TLS and a path, by the configuration of docs/replay.md",
        .enabled(
            if: python != nil && nginx != nil && chromium != nil && ExternalProgram.find("openssl") != nil,
            "needs nginx, openssl, chromium and Python with websockets (make deps-test)"))
    func proxy() async throws {
        let outcome = try await #require(ReplayTests.python).run(
            [
                ReplayTests.script("scripts/proxy_check.py"), ExternalProgram.forgebatch.path.display,
                #require(ReplayTests.nginx),
            ], seconds: 2 * ExternalProgram.patience)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }

    @Test(
        "A client of ForgeSyte's plan sees every video of a run, and of the next, come to its right end",
        .enabled(if: python != nil, "needs Python with websockets (make deps-test)"))
    func planClient() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await #require(ReplayTests.python)
            .run([
                ReplayTests.script("scripts/plan_client.py"), ExternalProgram.forgebatch.path.display,
                folder.path.display,
            ])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }

    @Test(
        "From a video to a client's result: e2e.sh passes, and a NaN or a missing key turns it red",
        .enabled(if: ExternalProgram.find("curl") != nil && ExternalProgram.python != nil, "needs curl and python3"),
        arguments: ["", "nan", "key"])
    func endToEnd(mutation: String) async throws {
        let bash = try #require(ExternalProgram.find("bash"))
        let outcome = try await bash.run([
            "-c", "MUTATE=\"$1\" exec \"$2\" \"$3\"", "bash", mutation, ReplayTests.script("e2e.sh"),
            ExternalProgram.forgebatch.path.display,
        ])
        #expect((outcome.status == 0) == mutation.isEmpty, "\(outcome.text)\(outcome.errorText)")
        if !mutation.isEmpty { #expect(outcome.errorText.contains("FAIL"), "\(outcome.errorText)") }
    }

    /// Starts a server and waits until it has said where it is.
    private func serving<Result>(
        _ forge: Forge, _ flags: String..., adapt: (inout Launch) -> Void = { _ in },
        _ body: (String, RunningProcess) async throws -> Result
    ) async throws -> Result {
        var launch = forge.launch((["replay", "out", "--port", "0"] + flags).map { RawPath($0) })
        adapt(&launch)
        let process = try RunningProcess.start(launch)
        defer { process.send(SIGTERM) }
        let address = try await poll { () throws -> String? in
            if process.hasEnded { throw Failed(reason: process.errorSoFar) }
            let line = process.outputSoFar.split(separator: " ").first { $0.hasPrefix("http://") }
            return line.map { String($0) }
        }
        return try await body(try #require(address), process)
    }

    private struct Failed: Error { let reason: String }

    @Test("--open hands the address to the desktop's browser, and does without one")
    func browser() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        let opener = forge.home.appending("bin/xdg-open")
        try forge.write("#!/bin/sh\nprintf %s \"$1\" > '\(forge.home.display)/opened'\n", to: opener)
        _ = try await #require(ExternalProgram.find("chmod")).run(["755", opener.display])
        let opened = forge.home.appending("opened")
        try await serving(
            forge, "--open",
            adapt: { $0.environment["PATH"] = "\(forge.home.display)/bin:/usr/bin:/bin" }
        ) { address, _ in
            let said = try await poll { (try? Files.read(opened)).flatMap { $0.isEmpty ? nil : $0 } }
            #expect(said.map { String(decoding: $0, as: UTF8.self) + "/" } == address)
        }
        try await serving(forge, "--open", adapt: { $0.environment["PATH"] = "/nowhere" }) { _, process in
            let said = try await poll { process.errorSoFar.contains("xdg-open") ? true : nil }
            #expect(said == true)
        }
    }

    @Test("--host listens on another address and says what that means; one that is not ours is a clear error")
    func host() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        try await serving(forge, "--host", "0.0.0.0") { address, process in
            #expect(address.hasPrefix("http://127.0.0.1:"))
            #expect(process.errorSoFar.contains("0.0.0.0 is open to the network"))
        }
        try await serving(forge, "--host", "127.0.0.2") { address, process in
            #expect(address.hasPrefix("http://127.0.0.2:") && process.errorSoFar.isEmpty)
        }
        let foreign = try await forge.forgebatch("replay", "out", "--port", "0", "--host", "192.0.2.1")
        #expect(foreign.status == 1 && foreign.error.contains("192.0.2.1"))
        let unknown = try await forge.forgebatch("replay", "out", "--port", "0", "--host", "nowhere.invalid")
        #expect(unknown.status == 1)
        #expect(
            unknown.error
                == "forgebatch: cannot listen on nowhere.invalid port 0: no address is known by that name\n")
    }

    @Test("What cannot be served is refused before anything listens")
    func refusals() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("replay", "in").status == 66)
        try await forge.run(expecting: 0)
        #expect(try await forge.forgebatch("replay", "out", "--run", "2020").status == 66)
        for wrong in [
            ["--port", "70000"], ["--speed", "0"], ["--speed", "fast"], ["--max-idle", "0"], ["--from", "x"],
            ["--allow-origin", "example.org"], ["--allow-origin", "https://example.org/"],
        ] {
            let result = try await forge.forgebatch((["replay", "out"] + wrong).map { RawPath($0) })
            #expect(result.status == 64, "\(wrong)")
        }
    }
}
