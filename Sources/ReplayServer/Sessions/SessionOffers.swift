internal import Bytes
internal import Jobs
internal import WebSocketChannel

extension ReplayAPI {
    /// The WebSockets of the contract.
    func offer(_ request: WebRequest) async -> WebSocketOffer {
        guard let path = request.target.components, !request.target.path.hasSuffix("/") else { return .notHere }
        do throws(WebError) {
            switch path.count {
            case 3 where path[..<2] == ["ws", "jobs"], 4 where path[..<3] == ["v1", "ws", "jobs"]:
                let from = try sequenceNumber(request)
                let asked = try await job(path[path.count - 1], run: request.query("run"))
                if let kept = asked.kept {
                    return .accept { try await ClientSession($0).serve { try await $0.send(kept.event) } }
                }
                // A late client is told how things stand, not how they came to be so.
                await asked.feed.whenLoadedToNow()
                let session = JobSession(asked.feed, asked.job, from, hasNamedRun: request.query("run") != nil)
                let library = library
                return .accept { try await ClientSession($0).serve { try await session.run($0, in: library) } }
            case 4 where path[..<3] == ["v1", "ws", "runs"]:
                let from = try sequenceNumber(request)
                let feed = try run(path[3])
                return .accept { try await ClientSession($0).serve { try await RunSession(feed, from).run($0) } }
            default: return .notHere
            }
        } catch {
            return .refuse(error)
        }
    }

    private func sequenceNumber(_ request: WebRequest) throws(WebError) -> Int? {
        request.query("from") == nil ? nil : try request.number("from", 0...Int.max, default: 0)
    }
}

/// A client's connection: its pings are answered while a session sends.
struct ClientSession: TextSocket {
    private let session: WebSocketSession
    private static let pong = WebSocketText("{\"type\":\"pong\"}")

    init(_ session: WebSocketSession) { self.session = session }

    func send(_ text: [UInt8]) async throws { try await session.send(WebSocketText(utf8: text)) }

    /// Runs what sends, until the client goes or the server does.
    func serve(_ body: @escaping @Sendable (ClientSession) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body(self) }
            for await message in session.messages where ClientSession.isPing(message) {
                try await session.send(ClientSession.pong)
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// `{"type":"ping"}` with any other members, or the plain text. Whatever else a client says is ignored.
    static func isPing(_ message: WebSocketMessage) -> Bool {
        guard case .text(let text) = message else { return false }
        if text == "ping" { return true }
        guard text.utf8.contains(UInt8(ascii: "{")), let json = try? JSONReader.parse(Array(text.utf8)) else {
            return false
        }
        return json["type"]?.string == "ping"
    }
}
