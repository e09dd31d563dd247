import NIOHTTP1
import Testing

@testable import WebSocketChannel

/// The opening handshake, request by request.
@Suite struct HandshakeTests {
    private static func head(
        method: HTTPMethod = .GET, version: HTTPVersion = .http1_1,
        _ change: (inout HTTPHeaders) -> Void = { (_: inout HTTPHeaders) in }
    ) -> HTTPRequestHead {
        var fields: HTTPHeaders = [
            "Host": "127.0.0.1:80", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
        ]
        change(&fields)
        return HTTPRequestHead(version: version, method: method, uri: "/ws", headers: fields)
    }

    @Test func `a proper request is in order, in whatever case and list`() {
        #expect(Handshake.refusal(Self.head()) == nil)
        let odd = Self.head {
            $0.replaceOrAdd(name: "upgrade", value: "h2c, WebSocket")
            $0.replaceOrAdd(name: "connection", value: "keep-alive, UPGRADE")
            $0.replaceOrAdd(name: "sec-websocket-version", value: " 13  ")
            $0.replaceOrAdd(name: "content-length", value: "0")
        }
        #expect(Handshake.isAsked(odd))
        #expect(Handshake.refusal(odd) == nil)
    }

    @Test(arguments: ["Host", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
    func `a request without one of its fields is refused`(name: String) {
        #expect(Handshake.refusal(Self.head { $0.remove(name: name) })?.status == 400)
    }

    @Test(arguments: [
        ("Host", "other"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Content-Length", "4"),
        ("Transfer-Encoding", "chunked"),
    ])
    func `a field too much is refused`(name: String, value: String) {
        #expect(Handshake.refusal(Self.head { $0.add(name: name, value: value) })?.status == 400)
    }

    @Test(arguments: [
        "", "short", "dG9vIHNob3J0", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25j-Q==",
        "dGhlIHNhbXBsZSBub25jZSEh",
    ])
    func `a key that is not 16 bytes in Base64 is refused`(key: String) {
        let refusal = Handshake.refusal(Self.head { $0.replaceOrAdd(name: "Sec-WebSocket-Key", value: key) })
        #expect(refusal?.status == 400)
    }

    @Test(arguments: ["12", "0", "8, 13", "14", "x"])
    func `another version is answered by 426 and the one that is spoken`(version: String) {
        let refusal = Handshake.refusal(Self.head { $0.replaceOrAdd(name: "Sec-WebSocket-Version", value: version) })
        #expect(refusal?.status == 426)
        #expect(refusal?.fields == ["sec-websocket-version": "13"])
    }

    @Test func `other methods and older HTTP are refused`() {
        #expect(Handshake.refusal(Self.head(method: .POST))?.status == 405)
        #expect(Handshake.refusal(Self.head(method: .POST))?.fields == ["allow": "GET"])
        #expect(Handshake.refusal(Self.head(method: .HEAD))?.status == 405)
        #expect(Handshake.refusal(Self.head(version: .http1_0))?.status == 400)
    }

    @Test func `a request that asks for something else, or nothing, is no handshake`() {
        #expect(!Handshake.isAsked(Self.head { $0.remove(name: "Upgrade") }))
        #expect(!Handshake.isAsked(Self.head { $0.replaceOrAdd(name: "Upgrade", value: "h2c") }))
    }
}
