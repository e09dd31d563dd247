import Bytes
import Glibc
import ReplayServer
import Synchronization
import TestSupport
import Testing
import WebSocketChannel

/// WebSockets over real sockets, beside HTTP on the same port.
@Suite struct WebSocketTests {
    static let offer: WebSocketRoute = { request in
        switch request.target.path {
        case "/echo":
            .accept { session in
                for await message in session.messages {
                    if case .text(let text) = message { try await session.send(WebSocketText(text)) }
                }
            }
        case "/once": .accept { try await $0.send(WebSocketText("once")) }
        case "/broken": .accept { _ in throw HTTPTests.Broken() }
        case "/gone": .refuse(WebError(404, "there is no such job"))
        default: .notHere
        }
    }

    private func serve(
        _ change: @escaping @Sendable (inout ServerOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (Int) throws -> Void
    ) async throws {
        try await withServer(change, routes: HTTPTests.routes, webSocket: Self.offer) { port in
            try await onThread { try body(port) }
        }
    }

    @Test func `a WebSocket opens on the port of the pages, and echoes`() async throws {
        try await serve { port in
            let client = try RawClient(port)
            let answer = try client.open("/echo", port, ["Origin: http://127.0.0.1:\(port)"])
            #expect(answer.status == 101)
            // RFC 6455's own example.
            #expect(answer.fields["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            client.sendFrame(1, Array("hello".utf8))
            #expect(client.frame()?.body == Array("hello".utf8))
            client.sendFrame(9, [1, 2])
            let pong = client.frame()
            #expect(pong?.opcode == 10 && pong?.body == [1, 2])
            client.sendFrame(8, [3, 232])
            let close = client.frame()
            #expect(close?.opcode == 8 && close?.body == [3, 232])
            #expect(client.readToEnd() == "" && client.hasEnded)
        }
    }

    @Test func `frames that come with the request are not lost`() async throws {
        try await serve { port in
            let client = try RawClient(port)
            let request = Array(RawClient.request("GET /echo", port, RawClient.upgrade).utf8)
            client.send(request + [0x81, 0x82, 0, 0, 0, 0, 104, 105])
            #expect(try client.response().status == 101)
            #expect(client.frame()?.body == Array("hi".utf8))
        }
    }

    @Test(
        arguments: [
            ("/gone", [], 404), ("/none", [], 404), ("/echo/../echo", [], 404), ("/", [], 404),
            ("/echo", ["Origin: https://evil.example"], 403), ("/echo", ["Origin: null"], 403),
        ] as [(String, [String], Int)])
    func `a refusal is an answer before the handshake`(path: String, fields: [String], status: Int) async throws {
        try await serve { port in
            let client = try RawClient(port)
            let answer = try client.open(path, port, fields)
            #expect(answer.status == status)
            #expect(answer.detail != nil)
            #expect(client.readToEnd() == "" && client.hasEnded)
        }
    }

    @Test func `a foreign host, another version and a broken request are refused with their statuses`() async throws {
        try await serve { port in
            func ask(_ request: String) throws -> RawClient.Response {
                let client = try RawClient(port)
                client.send(request)
                return try client.response()
            }
            let fields = RawClient.upgrade.joined(separator: "\r\n")
            #expect(try ask("GET /echo HTTP/1.1\r\nHost: evil.example\r\n\(fields)\r\n\r\n").status == 421)
            let old = try ask(
                RawClient.request("GET /echo", port, RawClient.upgrade.map { $0.replacing("13", with: "8") }))
            #expect(old.status == 426)
            #expect(old.fields["sec-websocket-version"] == "13")
            #expect(try ask(RawClient.request("GET /echo", port, Array(RawClient.upgrade.dropLast()))).status == 400)
            #expect(try ask(RawClient.request("POST /echo", port, RawClient.upgrade)).status == 405)
            let plain = try ask(RawClient.request("GET /echo", port))
            #expect(plain.status == 426)
            #expect(plain.fields["upgrade"] == "websocket")
            #expect(try ask(RawClient.request("GET /gone", port)).detail == "there is no such job")
            #expect(try ask(RawClient.request("POST /echo", port)).status == 405)
        }
    }

    @Test func `only the first request of a connection becomes a WebSocket`() async throws {
        try await serve { port in
            let client = try RawClient(port)
            client.send(RawClient.request("GET /", port))
            #expect(try client.response().status == 200)
            #expect(try client.open("/echo", port).status == 426)
            #expect(client.readToEnd() == "" && client.hasEnded)
            let other = try RawClient(port)
            other.send(RawClient.request("GET /", port, ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"]))
            #expect(try other.response().status == 200)
        }
    }

    @Test func `a session that ends closes with 1000, one that fails with 1011`() async throws {
        try await serve { port in
            let once = try RawClient(port)
            #expect(try once.open("/once", port).status == 101)
            #expect(once.frame()?.body == Array("once".utf8))
            #expect(once.frame()?.body == [3, 232])
            let broken = try RawClient(port)
            #expect(try broken.open("/broken", port).status == 101)
            #expect(broken.frame()?.body == [3, 243])
        }
    }

    @Test func `a server that stops says 1001 to all and waits for nobody who is silent`() async throws {
        let clients = Mutex<[RawClientBox]>([])
        try await serve { port in
            for path in ["/echo", "/echo", "/echo"] {
                let client = try RawClient(port)
                #expect(try client.open(path, port).status == 101)
                clients.withLock { $0.append(RawClientBox(client)) }
            }
            // An idle connection, an unused one, and half a request.
            for text in [RawClient.request("GET /", port), "", "GET / H"] {
                let client = try RawClient(port)
                client.send(text)
                clients.withLock { $0.append(RawClientBox(client)) }
            }
        }
        for box in clients.withLock({ $0 }).prefix(3) {
            let close = try await onThread { box.client.frame().map { $0.body } ?? [] }
            #expect(close == [3, 233])
        }
    }

    @Test func `a client that answers no close is left after a while`() async throws {
        try await serve({ $0.webSocketLimits.closeLinger = 50 }) { port in
            let client = try RawClient(port)
            #expect(try client.open("/once", port).status == 101)
            #expect(client.frame()?.opcode == 1)
            #expect(client.frame()?.opcode == 8)
            #expect(client.readToEnd() == "" && client.hasEnded)
        }
    }

    @Test func `a sender goes at the pace of its client, and a session ends with it`() async throws {
        let sent = Atomic(0)
        let ended = Atomic(false)
        let text = WebSocketText(String(repeating: "x", count: 1000))
        let flood: WebSocketRoute = { _ in
            .accept { session in
                defer { ended.store(true, ordering: .relaxed) }
                while true {
                    try await session.send(text)
                    sent.add(1, ordering: .relaxed)
                }
            }
        }
        try await withServer(webSocket: flood) { port in
            let box = try await onThread {
                let client = try RawClient(port, receiveBuffer: 4096)
                _ = try client.open("/", port)
                return RawClientBox(client)
            }
            // Until nothing more goes out; 256 KiB and what the client's own kernel keeps.
            let stuck: Int? = try await poll {
                let before = sent.load(ordering: .relaxed)
                usleep(300_000)
                return before > 0 && sent.load(ordering: .relaxed) == before ? before : nil
            }
            #expect(try #require(stuck) < 400)
            // It reads: the sender goes on.
            try await onThread { for _ in 0..<1000 { #expect(box.client.frame()?.body.count == 1000) } }
            let isOpen = !ended.load(ordering: .relaxed)
            #expect(isOpen)
            box.end()
            let isOver: Bool? = try await poll { ended.load(ordering: .relaxed) ? true : nil }
            #expect(isOver == true)
        }
    }

    @Test func `a client that never reads is dropped, and holds nobody up`() async throws {
        let text = WebSocketText(String(repeating: "x", count: 1000))
        let isDropped = Atomic(false)
        let offer: WebSocketRoute = { request in
            guard request.target.path == "/flood" else { return await Self.offer(request) }
            return .accept { session in
                defer { isDropped.store(true, ordering: .relaxed) }
                while true { try await session.send(text) }
            }
        }
        try await withServer(
            { options in
                options.webSocketLimits.stallAfter = 400
                options.webSocketLimits.closeLinger = 100
            }, webSocket: offer
        ) { port in
            try await onThread {
                let slow = try RawClient(port, receiveBuffer: 4096)
                _ = try slow.open("/flood", port)
                let other = try RawClient(port)
                _ = try other.open("/echo", port)
                for number in 0..<100 {
                    other.sendFrame(1, Array("\(number)".utf8))
                    #expect(other.frame()?.body == Array("\(number)".utf8))
                }
                // Its end lies behind what it has not read, so only the server can tell.
                for _ in 0..<30_000 where !isDropped.load(ordering: .relaxed) { usleep(10_000) }
                let isOver = isDropped.load(ordering: .relaxed)
                #expect(isOver)
                withExtendedLifetime(slow) {}
            }
        }
    }
}

/// Hands a client from one thread to the next; they use it one after the other.
final class RawClientBox: @unchecked Sendable {
    // Nobody uses it before the one before is done.
    private(set) var client: RawClient
    init(_ client: RawClient) { self.client = client }
    func end() { client.cut() }
}
