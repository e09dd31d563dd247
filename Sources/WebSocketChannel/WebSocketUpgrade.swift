package import NIOCore
package import NIOHTTP1
internal import NIOWebSocket

/// A connection that has become a WebSocket, and who serves it.
package struct WebSocketConnection: Sendable {
    package let session: WebSocketSession
    private let handler: @Sendable (WebSocketSession) async throws -> Void

    fileprivate init(
        session: WebSocketSession, handler: @escaping @Sendable (WebSocketSession) async throws -> Void
    ) {
        self.session = session
        self.handler = handler
    }

    /// Serves the connection to its end.
    package func run() async { await session.run(handler) }
}

/// Makes the WebSocket side of NIO's HTTP upgrade.
package enum WebSocketUpgrade {
    /// The upgrader of one connection: it takes what its gate lets through.
    ///
    /// - Parameter transform: makes the result of the connection's negotiation.
    package static func upgrader<Outcome: Sendable>(
        gate: HandshakeValidator, limits: WebSocketLimits, eventLoop: any EventLoop,
        transform: @escaping @Sendable (WebSocketConnection) -> Outcome
    ) -> any NIOTypedHTTPServerProtocolUpgrader<Outcome> {
        let gate = NIOLoopBound(gate, eventLoop: eventLoop)
        return NIOTypedWebSocketServerUpgrader<Outcome>(
            maxFrameSize: limits.message, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in
                channel.setOption(.socketOption(.so_sndbuf), value: .init(limits.socketBuffer)).flatMapThrowing {
                    guard let handler = gate.value.handler else { throw WebSocketClosed() }
                    let session = try WebSocketSession.install(on: channel, limits: limits)
                    return transform(WebSocketConnection(session: session, handler: handler))
                }
            })
    }
}
