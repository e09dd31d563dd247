import Bytes
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import ReplayServer

/// HTTP over real sockets: every refusal has a sentence, and every limit holds.
@Suite struct HTTPTests {
    struct Broken: Error {}

    static let routes = [
        WebRoute(.get, "/") { _ in .bytes(Array("<html>".utf8), type: ContentType.html) },
        WebRoute(.get, "/v1/jobs/{id}") { request in
            .json(
                .members([
                    "id": .string(request.parameters["id"] ?? ""), "limit": request.query("limit").map { .string($0) },
                ]))
        },
        WebRoute(.get, "/v1/jobs/{id}/result") { _ in throw WebError(409, "not yet") },
        WebRoute(.get, "/report/**") { request in .json(.array(request.rest.map { .string($0.display) })) },
        WebRoute(.put, "/v1/replay") { request in .bytes(request.body, type: "text/plain") },
        WebRoute(.get, "/v1/replay") { _ in .json(.members(["playing": true])) },
        WebRoute(.get, "/broken") { _ in throw Broken() },
    ]

    /// Sends one request and takes its response.
    private func ask(
        _ line: String, _ fields: [String] = [], body: String = "",
        _ change: @escaping @Sendable (inout ServerOptions) -> Void = { _ in }
    ) async throws -> RawClient.Response {
        try await withServer(change, routes: Self.routes) { port in
            try await onThread {
                let client = try RawClient(port)
                client.send(RawClient.request(line, port, fields, body: body))
                return try client.response(isHead: line.hasPrefix("HEAD"))
            }
        }
    }

    @Test func `a route gets its path's parts, decoded, and its query`() async throws {
        let answer = try await ask("GET /v1/jobs/a%20b?limit=5")
        #expect(answer.status == 200)
        #expect(answer.text == #"{"id":"a b","limit":"5"}"#)
        #expect(answer.fields["content-type"] == "application/json")
        #expect(answer.fields["cache-control"] == "no-store")
        #expect(answer.fields["x-content-type-options"] == "nosniff")
        #expect(answer.fields["referrer-policy"] == "no-referrer")
        #expect(answer.fields["cross-origin-resource-policy"] == "same-site")
        #expect(answer.fields["vary"] == "Origin")
        #expect(answer.fields["date"] != nil)
        #expect(try await ask("GET /report/a/b%20c").text == #"["a","b c"]"#)
        #expect(try await ask("GET /report/%2e%2ea/%252e%252e/%5c/%ff").text == #"["..a","%2e%2e","\\","\\xff"]"#)
        #expect(try await ask("GET /").text == "<html>")
    }

    @Test func `HEAD is GET without the body`() async throws {
        let answer = try await ask("HEAD /v1/jobs/x")
        #expect(answer.status == 200)
        #expect(answer.fields["content-length"] == "10")
        #expect(try await ask("HEAD /none").status == 404)
    }

    @Test(arguments: [
        ("GET /none", 404), ("GET /v1/jobs", 404), ("GET /report", 404), ("GET /v1/jobs/a/b", 404),
        ("GET //v1/replay", 404), ("GET /v1/../v1/replay", 404), ("GET /report/%2e%2e/x", 404),
        ("GET /report/a/b/", 404), ("GET /report/a%2fb", 404), ("GET /report/a%00", 404),
        ("GET /v1/jobs/a/result", 409), ("GET /broken", 500), ("POST /v1/replay", 405),
        ("DELETE /v1/jobs/a", 405), ("PUT /v1/jobs/a", 405), ("PATCH /", 405), ("TRACE /", 405), ("PROPFIND /", 405),
        ("FOO /", 405), ("DELETE /none", 404), ("CONNECT a.example:80", 400),
    ])
    func `an error is a status and one sentence`(line: String, status: Int) async throws {
        let answer = try await ask(line)
        #expect(answer.status == status)
        #expect(answer.detail?.isEmpty == false)
        #expect(answer.fields["cache-control"] == "no-store")
        #expect((answer.fields["allow"] != nil) == (status == 405))
    }

    @Test func `the methods that a path has are named`() async throws {
        #expect(try await ask("DELETE /v1/replay").fields["allow"] == "GET, HEAD, PUT, OPTIONS")
        #expect(try await ask("PUT /").fields["allow"] == "GET, HEAD, OPTIONS")
        let options = try await ask("OPTIONS /")
        #expect(options.status == 204)
        #expect(options.fields["allow"] == "GET, HEAD, PUT, OPTIONS")
        #expect(options.fields["content-length"] == nil)
    }

    @Test func `a failure of a route is told to the log, not to the client`() async throws {
        let lines = Mutex<[String]>([])
        let answer = try await ask("GET /broken") { options in
            options.log = { line in lines.withLock { $0.append(line) } }
        }
        #expect(!answer.text.contains("Broken"))
        #expect(lines.withLock { $0 }.contains { $0.contains("Broken") && $0.contains("/broken") })
    }

    @Test func `a body is taken up to the limit, whole or in chunks`() async throws {
        let body = String(repeating: "a", count: 65536)
        #expect(try await ask("PUT /v1/replay", ["Content-Length: 65536"], body: body).text == body)
        let chunks = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        #expect(try await ask("PUT /v1/replay", ["Transfer-Encoding: chunked"], body: chunks).text == "abcde")
        let expecting = try await ask("PUT /v1/replay", ["Content-Length: 2", "Expect: 100-continue"], body: "ok")
        #expect(expecting.text == "ok")
        let tooLong = try await ask("PUT /v1/replay", ["Content-Length: 65537"], body: body + "a")
        #expect(tooLong.status == 413)
        let chunk = "10000\r\n" + body + "\r\n"
        let tooMany = try await ask("PUT /v1/replay", ["Transfer-Encoding: chunked"], body: chunk + chunk)
        #expect(tooMany.status == 413)
        #expect(tooMany.detail != nil)
    }

    @Test(arguments: [
        ("X: " + String(repeating: "a", count: 33000), 431), ("Content-Length: 1\r\nContent-Length: 2", 400),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked", 400), ("Content-Length: -1", 400), ("X: a\0b", 400),
        ("X: a\r\n b", 400), ("Host: again", 400),
    ])
    func `a header that cannot be is refused`(field: String, status: Int) async throws {
        let answer = try await ask("PUT /v1/replay", [field], body: "x")
        #expect(answer.status == status)
        #expect(answer.detail != nil)
    }

    @Test func `hosts and origins are looked at on every path, and the log hears of it`() async throws {
        let lines = Mutex<[String]>([])
        try await withServer(
            { options in
                options.log = { line in lines.withLock { $0.append(line) } }
            }, routes: Self.routes
        ) { port in
            try await onThread {
                for path in ["/", "/none", "/v1/replay"] {
                    let client = try RawClient(port)
                    client.send("GET \(path) HTTP/1.1\r\nHost: evil.example\r\n\r\n")
                    #expect(try client.response().status == 421)
                    client.send("GET \(path) HTTP/1.1\r\n\r\n")
                    #expect(try client.response().status == 400)
                    client.send(RawClient.request("GET \(path)", port, ["Host: localhost"]))
                    #expect(try client.response().status == 400)
                    client.send(RawClient.request("GET \(path)", port, ["Origin: https://evil.example"]))
                    let foreign = try client.response()
                    #expect(foreign.status == 403)
                    #expect(foreign.fields["access-control-allow-origin"] == nil)
                }
            }
        }
        #expect(lines.withLock { $0 }.filter { $0.contains("421") }.count == 3)
    }

    @Test func `an origin that has access is echoed, on errors too, and may ask before`() async throws {
        let origin = "Origin: http://localhost:3000"
        for line in ["GET /", "GET /none", "DELETE /", "GET /broken"] {
            #expect(try await ask(line, [origin]).fields["access-control-allow-origin"] == "http://localhost:3000")
        }
        #expect(try await ask("GET /").fields["access-control-allow-origin"] == nil)
        let preflight = try await ask("OPTIONS /v1/replay", [origin, "Access-Control-Request-Method: PUT"])
        #expect(preflight.status == 204)
        #expect(preflight.fields["access-control-allow-methods"] == "GET, HEAD, PUT, OPTIONS")
        for name in ["Content-Type", "X-API-Key"] {
            #expect(preflight.fields["access-control-allow-headers"]?.contains(name) == true)
        }
    }

    @Test func `requests in a row are answered in order, also when the last is rubbish`() async throws {
        try await withServer(routes: Self.routes) { port in
            try await onThread {
                let client = try RawClient(port)
                client.send(
                    (1...20).map { RawClient.request("GET /v1/jobs/\($0)", port) }.joined() + "rub bish\r\n\r\n")
                for number in 1...20 { #expect(try client.response().text == #"{"id":"\#(number)"}"#) }
                #expect(try client.response().status == 405)
                #expect(client.readToEnd() == "")
                #expect(client.hasEnded)
            }
        }
    }

    @Test func `a request that does not come in time is given up, the first and later ones`() async throws {
        try await withServer(
            { options in
                options.limits.headerTime = 100
                options.limits.bodyTime = 100
            }, routes: Self.routes
        ) { port in
            try await onThread {
                for start in [
                    "", "GET / HT", RawClient.request("PUT /v1/replay", port, ["Content-Length: 3"], body: "a"),
                ] {
                    let client = try RawClient(port)
                    client.send(start)
                    #expect(try client.response().status == 408)
                    #expect(client.readToEnd() == "" && client.hasEnded)
                }
                let client = try RawClient(port)
                client.send(RawClient.request("GET /", port))
                #expect(try client.response().status == 200)
                client.send("GE")
                #expect(try client.response().status == 408)
            }
        }
    }

    @Test func `a connection that is not used ends, and one that its client ends, too`() async throws {
        try await withServer({ $0.limits.idleTime = 200 }, routes: Self.routes) { port in
            try await onThread {
                let client = try RawClient(port)
                client.send(RawClient.request("GET /", port))
                #expect(try client.response().status == 200)
                #expect(client.readToEnd() == "" && client.hasEnded)
                let closing = try RawClient(port)
                closing.send(RawClient.request("GET /", port, ["Connection: close"]))
                #expect(try closing.response().status == 200)
                #expect(closing.readToEnd() == "" && closing.hasEnded)
                let half = try RawClient(port)
                half.send(RawClient.request("GET /", port))
                half.finishSending()
                #expect(try half.response().status == 200)
                #expect(half.readToEnd() == "" && half.hasEnded)
            }
        }
    }

    @Test func `a connection too many is told so, and there is room again when others leave`() async throws {
        try await withServer({ $0.limits.connections = 3 }, routes: Self.routes) { port in
            try await onThread {
                var clients: [RawClient] = []
                for _ in 0..<3 {
                    let client = try RawClient(port)
                    client.send(RawClient.request("GET /", port))
                    #expect(try client.response().status == 200)
                    clients.append(client)
                }
                let extra = try RawClient(port)
                let refused = try extra.response()
                #expect(refused.status == 503)
                #expect(refused.detail != nil)
                #expect(extra.readToEnd() == "" && extra.hasEnded)
                clients.removeAll()
                for _ in 0..<3000 {
                    let client = try RawClient(port)
                    client.send(RawClient.request("GET /", port))
                    if let answer = try? client.response(), answer.status == 200 { return }
                }
                Issue.record("no room was made")
            }
        }
    }

    @Test func `an answer of pieces and files is as long as it says, and read as it is taken`() async throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try AtomicFile.write(bytes, to: folder.path.appending("big.mp4"), durable: false)
        let root = FolderRoot(folder.path)
        let routes = [
            WebRoute(.get, "/files/**") { FileAnswer.make(try root.open($0.rest), for: $0) },
            WebRoute(.get, "/joined") { _ in
                let file = try root.open(["big.mp4"])
                return .json(encoded: [.bytes(Array("[".utf8)), .file(file, 5..<200_005), .bytes(Array("]".utf8))])
            },
        ]
        try await withServer(routes: routes) { port in
            try await onThread {
                let client = try RawClient(port, receiveBuffer: 4096)
                client.send(RawClient.request("GET /files/big.mp4", port))
                let whole = try client.response()
                #expect(whole.body == bytes)
                // A name proves nothing.
                #expect(whole.fields["content-type"] == "application/octet-stream")
                #expect(whole.fields["content-disposition"] == "attachment; filename*=UTF-8''big.mp4")
                let tag = try #require(whole.fields["etag"])
                client.send(RawClient.request("GET /files/big.mp4", port, ["Range: bytes=-7", "If-Range: \(tag)"]))
                let tail = try client.response()
                #expect(tail.status == 206 && tail.body == bytes.suffix(7))
                client.send(RawClient.request("GET /files/big.mp4", port, ["If-None-Match: \(tag)"]))
                #expect(try client.response().status == 304)
                client.send(RawClient.request("HEAD /files/big.mp4", port))
                #expect(try client.response(isHead: true).fields["content-length"] == "3000000")
                client.send(RawClient.request("GET /files/big.mp4", port, ["Range: bytes=0-1,4-5"]))
                #expect(try client.response().status == 416)
                client.send(RawClient.request("GET /joined", port))
                #expect(try client.response().body == Array("[".utf8) + bytes[5..<200_005] + Array("]".utf8))
                client.send(RawClient.request("GET /files/none", port))
                #expect(try client.response().detail == "there is no such file")
            }
        }
    }

    @Test func `a stopped server finishes the answer under way, ends what is idle, and takes nobody in`() async throws {
        let hasBegun = Mutex(false)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let routes = [
            WebRoute(.get, "/slow") { _ in
                hasBegun.withLock { $0 = true }
                for await _ in released {}
                return .json(.members(["cancelled": .bool(Task.isCancelled)]))
            },
            WebRoute(.get, "/") { _ in WebAnswer(status: 204) },
        ]
        let (ports, ready) = AsyncStream.makeStream(of: Int.self)
        var options = ServerOptions()
        options.stopsOnSignals = false
        options.limits.lingerTime = 60_000
        let server = Task { [options] in
            try await ReplayHTTPServer.run(options, routes: routes, webSocket: { _ in .notHere }) {
                ready.yield($0.port)
            }
        }
        let port = try #require(await ports.first { _ in true })
        try await onThread {
            let idle = try RawClient(port)
            idle.send(RawClient.request("GET /", port))
            #expect(try idle.response().status == 204)
            let busy = try RawClient(port)
            busy.send(RawClient.request("GET /slow", port))
            for _ in 0..<300_000 where !hasBegun.withLock({ $0 }) { usleep(1000) }
            server.cancel()
            #expect(idle.readToEnd() == "" && idle.hasEnded)
            var isOpen = true
            for _ in 0..<300_000 where isOpen {
                isOpen = (try? RawClient(port)) != nil
                if isOpen { usleep(1000) }
            }
            #expect(!isOpen)
            release.finish()
            #expect(try busy.response().text == #"{"cancelled":false}"#)
            #expect(busy.readToEnd() == "" && busy.hasEnded)
        }
        try await server.value
    }

    @Test func `HTTP 1 0 gets one answer, and more when it asks to stay`() async throws {
        try await withServer(routes: Self.routes) { port in
            try await onThread {
                let client = try RawClient(port)
                client.send("GET /v1/jobs/a HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
                #expect(try client.response().text == #"{"id":"a"}"#)
                client.send("GET /v1/jobs/b HTTP/1.0\r\nHost: localhost\r\n\r\n")
                #expect(try client.response().text == #"{"id":"b"}"#)
                #expect(client.readToEnd() == "" && client.hasEnded)
            }
        }
    }

    @Test func `a name without an address is an error with a sentence`() async throws {
        await #expect(
            throws: ServerError(
                description: "cannot listen on nowhere.invalid port 0: no address is known by that name")
        ) {
            try await withServer({ $0.host = "nowhere.invalid" }, routes: Self.routes) { _ in }
        }
    }

    @Test func `an address in brackets is that address, and the one it is reached at is its host`() async throws {
        try await withServer({ $0.host = "127.0.0.1" }, routes: Self.routes) { port in
            try await onThread {
                let client = try RawClient(port)
                client.send("GET / HTTP/1.1\r\nHost: 192.0.2.1:\(port)\r\n\r\n")
                #expect(try client.response().status == 421)
            }
        }
        let (addresses, ready) = AsyncStream.makeStream(of: ListeningPlace.self)
        var options = ServerOptions()
        (options.stopsOnSignals, options.host) = (false, "[::1]")
        let server = Task { [options] in
            try await ReplayHTTPServer.run(options, routes: Self.routes, webSocket: { _ in .notHere }) {
                ready.yield($0)
            }
        }
        let place = try #require(await addresses.first { _ in true })
        #expect(place.addresses == ["http://[::1]:\(place.port)"] && !place.isOpen)
        server.cancel()
        try await server.value
    }

    @Test func `a port that is taken is an error with a sentence`() async throws {
        try await withServer(routes: Self.routes) { port in
            await #expect(
                throws: ServerError(description: "cannot listen on 127.0.0.1 port \(port): Address already in use")
            ) {
                try await withServer({ $0.port = port }) { _ in }
            }
        }
    }

    @Test func `addresses are counted apart, loopback not at all`() {
        let register = ConnectionRegister(limit: 5, perAddress: 2)
        #expect(register.enter("10.0.0.1") == .welcome)
        #expect(register.enter("10.0.0.1") == .welcome)
        #expect(register.enter("10.0.0.1") == .full)
        #expect(register.enter("10.0.0.2") == .welcome)
        for verdict in [.welcome, .welcome, .full, .full, .full, .overfull] as [ConnectionRegister.Verdict] {
            #expect(register.enter(nil) == verdict)
        }
        register.leave("10.0.0.1", after: .welcome)
        #expect(register.enter("10.0.0.1") == .welcome)
        register.leave(nil, after: .full)
        #expect(register.enter("10.0.0.3") == .full)
    }
}
