import Bytes
import Glibc
import TestSupport
import Testing

/// The whole server as a process: signals, and descriptors that run out.
@Suite struct EchoServerTests {
    private static let executable: RawPath = {
        let tests = (try? Files.linkTarget(RawPath("/proc/self/exe"))) ?? RawPath(".")
        let beside = tests.parent.appending("EchoServer")
        return Files.exists(beside) ? beside : Samples.root.appending(".build/debug/EchoServer")
    }()

    private func start(_ launch: Launch) async throws -> (RunningProcess, Int) {
        let process = try RunningProcess.start(launch)
        let port = try await poll {
            process.outputSoFar.split(separator: "\n").first?.split(separator: ":").last.flatMap { Int($0) }
        }
        return (process, try #require(port))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal stops it with 1001 to its clients and status 0`(signal: Int32) async throws {
        let (process, port) = try await start(Launch(Self.executable, []))
        let box = try await onThread {
            let client = try RawClient(port)
            #expect(try client.open("/echo", port).status == 101)
            return RawClientBox(client)
        }
        process.send(signal)
        let close = try await onThread { box.client.frame().map { $0.body } ?? [] }
        #expect(close == [3, 233])
        let result = await process.result()
        #expect(result.status == 0)
        #expect(!result.isOverdue)
    }

    @Test func `it serves again after more clients than it has descriptors`() async throws {
        let shell = Launch(
            RawPath("/bin/sh"),
            [RawPath("-c"), RawPath("ulimit -n 64; exec \"$0\""), Self.executable])
        let (process, port) = try await start(shell)
        try await onThread {
            var clients: [RawClient] = []
            for _ in 0..<150 { clients.append(try RawClient(port)) }
            clients.removeAll()
            for _ in 0..<6000 {
                let client = try RawClient(port)
                client.send(RawClient.request("GET /health", port))
                if let answer = try? client.response(), answer.status == 200 { return }
                usleep(50_000)
            }
            Issue.record("it never recovered")
        }
        process.send(SIGTERM)
        #expect(await process.result().status == 0)
    }

    @Test func `connections that come and go leave no descriptor behind`() async throws {
        let (process, port) = try await start(Launch(Self.executable, []))
        let descriptors = RawPath("/proc/\(process.pid)/fd")
        try await onThread {
            func churn(_ count: Int) throws {
                for number in 0..<count {
                    let client = try RawClient(port)
                    if number % 3 == 0 { _ = try client.open("/echo", port) } else { client.send("GET /ec") }
                    if number % 2 == 0 { client.reset() }
                }
            }
            try churn(20)
            usleep(200_000)
            let before = try Files.list(descriptors).count
            try churn(1000)
            // What a process opens for good, and late, is no leak of a thousand connections.
            for _ in 0..<3000 {
                if try Files.list(descriptors).count <= before + 4 { return }
                usleep(100_000)
            }
            Issue.record("\(try Files.list(descriptors).count) descriptors, \(before) before")
        }
        process.send(SIGTERM)
        #expect(await process.result().status == 0)
    }
}
