import Bytes
import Glibc
import ReplayServer
import TestSupport
import Testing
import WebSocketChannel

/// Runs something that blocks, on a thread of its own: the server under test needs the others.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try #require(try await poll(within: 0) { try body() })
}

/// A client that sends what it is told to, byte for byte, and blocks for answers, until it is clear that none comes.
final class RawClient {
    let descriptor: Int32
    private var received: [UInt8] = []
    private(set) var hasEnded = false

    init(_ port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: Int(Patience.hang), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Silence() }
    }

    deinit { close(descriptor) }

    /// Sends as much as the server takes.
    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: 0x4000))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Ends the connection now, while the object still lives.
    func cut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Makes closing a reset.
    func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads on; false at the end of the stream or when nothing came in time.
    private func fill() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else {
            hasEnded = count == 0 || errno == ECONNRESET
            return false
        }
        received += buffer[..<count]
        return true
    }

    /// All that comes until the server ends the stream.
    func readToEnd() -> String {
        while fill() {}
        return String(decoding: received, as: UTF8.self)
    }

    func take(_ count: Int) -> [UInt8]? {
        while received.count < count { guard fill() else { return nil } }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    struct Response {
        var status: Int
        var fields: [String: String]
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        /// The sentence of an error, which is a JSON object of that alone.
        var detail: String? {
            guard fields["content-type"] == "application/json", let json = try? JSONReader.parse(body) else {
                return nil
            }
            return json.members?.count == 1 ? json["detail"]?.string : nil
        }
    }

    /// The connection ended, or nothing came for long.
    struct Silence: Error {}

    /// The next response, by its Content-Length.
    func response(isHead: Bool = false) throws -> Response {
        let end = Array("\r\n\r\n".utf8)
        var size = received.firstRange(of: end)
        while size == nil {
            // Those who ask until there is an answer expect to be refused before.
            guard fill() else { throw Silence() }
            size = received.firstRange(of: end)
        }
        let head = String(decoding: take(try #require(size).upperBound) ?? [], as: UTF8.self)
        let lines = head.split(separator: "\r\n")
        let status = try #require(Int(lines[0].split(separator: " ")[1]))
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = String(parts[1].drop { $0 == " " })
            #expect(fields.updateValue(value, forKey: parts[0].lowercased()) == nil, "\(parts[0]) twice")
        }
        if status == 100 { return try response(isHead: isHead) }
        let length = Int(fields["content-length"] ?? "0") ?? 0
        let body = isHead || status == 204 || status == 304 || status == 101 ? [] : try #require(take(length))
        return Response(status: status, fields: fields, body: body)
    }

    static func request(_ line: String, _ port: Int, _ fields: [String] = [], body: String = "") -> String {
        ([line + " HTTP/1.1", "Host: 127.0.0.1:\(port)"] + fields).joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    // MARK: WebSocket

    static let upgrade = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]

    func open(_ path: String, _ port: Int, _ fields: [String] = []) throws -> Response {
        send(Self.request("GET \(path)", port, Self.upgrade + fields))
        return try response()
    }

    /// A masked frame of at most 125 bytes.
    func sendFrame(_ opcode: UInt8, _ body: [UInt8]) {
        send([0x80 | opcode, 0x80 | UInt8(body.count), 1, 2, 3, 4] + body.enumerated().map { $1 ^ UInt8($0 & 3 + 1) })
    }

    /// The next frame; nil at the end.
    func frame() -> (opcode: UInt8, body: [UInt8])? {
        guard let head = take(2) else { return nil }
        var size = Int(head[1])
        if size == 126 { size = take(2).map { Int($0[0]) << 8 | Int($0[1]) } ?? 0 }
        return take(size).map { (head[0] & 15, $0) }
    }
}

/// Runs a server for as long as `body` takes, and stops it as a signal would.
@discardableResult
func withServer<Value: Sendable>(
    _ change: (inout ServerOptions) -> Void = { _ in }, routes: [WebRoute] = [],
    webSocket: @escaping WebSocketRoute = { _ in .notHere }, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> Value {
    var options = ServerOptions()
    options.stopsOnSignals = false
    change(&options)
    let (ports, ready) = AsyncStream.makeStream(of: Int.self)
    return try await withThrowingTaskGroup(of: Value?.self) { [options] group in
        group.addTask {
            try await ReplayHTTPServer.run(options, routes: routes, webSocket: webSocket) { ready.yield($0.port) }
            return nil
        }
        group.addTask {
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { return nil }
            return try await body(port)
        }
        defer { group.cancelAll() }
        while let result = try await group.next() { if let result { return result } }
        throw CancellationError()
    }
}
