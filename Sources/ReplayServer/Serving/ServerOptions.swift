package import WebSocketChannel

/// Where the server listens, whom it answers, and what it grants each.
package struct ServerOptions: Sendable {
    /// A name or an address; one of IPv6 may stand in brackets.
    package var host = "127.0.0.1"
    /// 0 lets the system pick.
    package var port = 0
    /// See ``AccessPolicy``.
    package var allowedHosts: [String] = []
    package var allowedOrigins: [String] = []
    package var limits = ServerLimits()
    package var webSocketLimits = WebSocketLimits()
    /// Whether SIGTERM and SIGINT stop the server. Without it only cancelling does.
    package var stopsOnSignals = true
    /// Gets a line for each request that is refused as hostile or impossible, and for each error of a route.
    package var log: @Sendable (String) -> Void = { _ in }

    package init() {}

    /// The host without brackets.
    var hostName: String { host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host }
}

/// What clients may cost, but for their WebSockets. Times are in milliseconds.
package struct ServerLimits: Sendable {
    /// Connections in all; the descriptors that a process may have bound them, too.
    package var connections = 8192
    /// Connections from one address that is not a loopback one.
    package var connectionsPerAddress = 128
    /// Bytes of a request's header fields.
    package var headerBytes = 32 << 10
    /// Bytes of a request's body.
    package var bodyBytes = 64 << 10
    /// From a connection's beginning, or the first byte of a later request, to the end of the header.
    package var headerTime = 5_000
    /// From the end of the header to the end of the body.
    package var bodyTime = 10_000
    /// Between an answer and the next request.
    package var idleTime = 60_000
    /// Without room in the socket of a client that takes its answer.
    package var stallTime = 30_000
    /// How long a client has to see an answer's end, and a stopping server waits for those being served.
    package var lingerTime = 1_500

    package init() {}
}
