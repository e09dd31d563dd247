internal import Bytes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
package import WebSocketChannel

/// What lies at a path for those who want a WebSocket there.
package enum WebSocketOffer: Sendable {
    /// Serves the connection; when it returns, the connection is closed.
    case accept(@Sendable (WebSocketSession) async throws -> Void)
    case refuse(WebError)
    /// Not a WebSocket's path.
    case notHere
}

/// Asked for each opening handshake, and for each other request, too: a WebSocket's path is no page.
package typealias WebSocketRoute = @Sendable (WebRequest) async -> WebSocketOffer

/// Why the server could not begin.
package struct ServerError: Error, CustomStringConvertible, Equatable {
    package var description: String
}

/// Serves HTTP routes and WebSockets on one port.
package enum ReplayHTTPServer {
    /// Runs until it is stopped by a signal or cancelled: then WebSockets are closed with 1001, answers under way get
    /// ``ServerLimits/lingerTime``, and this returns.
    ///
    /// - Parameter onReady: called once with the port, when connections are accepted.
    /// - Throws: ``ServerError`` when it cannot listen.
    package static func run(
        _ options: ServerOptions, routes: [WebRoute], webSocket: @escaping WebSocketRoute,
        onReady: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let policy = AccessPolicy(
            boundHost: options.host, hosts: options.allowedHosts, origins: options.allowedOrigins)
        let responder = ServerResponder(
            policy: policy, limits: options.limits, routes: RouteTable.responder(routes, log: options.log),
            webSocket: webSocket, log: options.log)
        // Some descriptors are for files and the rest of the program.
        let room = max(16, Files.raiseDescriptorLimit() * 7 / 8 - 32)
        let register = ConnectionRegister(
            limit: min(options.limits.connections, room), perAddress: options.limits.connectionsPerAddress)
        let upgrade = upgradeRules(policy, webSocket, options.log)
        let application = Application(
            responder: responder,
            server: .init { responder in
                ServerChannel(responder: responder, options: options, upgrade: upgrade, register: register)
            },
            configuration: .init(address: .hostname(options.host, port: options.port), backlog: 1024),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? options.port) },
            logger: Logger(label: "server") { _ in SwiftLogNoOpLogHandler() })
        do {
            if options.stopsOnSignals {
                try await application.runService()
            } else {
                try await application.run()
            }
        } catch is CancellationError {
        } catch let error as IOError {
            let reason = SystemError("bind", RawPath("port"), code: error.errnoCode).reason
            throw ServerError(description: "cannot listen on \(options.host) port \(options.port): \(reason)")
        } catch let error as SocketAddressError {
            throw ServerError(description: "cannot listen on \(options.host) port \(options.port): \(error)")
        }
    }

    private static func upgradeRules(
        _ policy: AccessPolicy, _ webSocket: @escaping WebSocketRoute, _ log: @escaping @Sendable (String) -> Void
    ) -> UpgradeRules {
        UpgradeRules(
            decide: { head in await decide(head, policy, webSocket) },
            answer: { refusal, head, client in
                let path = Escape.visible(String(head.uri.prefix(200)))
                log("refused \(client?.ipAddress ?? "a client"): WebSocket \(path): \(refusal.status)")
                let origins = head.headers["origin"]
                let isAllowed = policy.refusal(host: head.headers.first(name: "host"), origins: origins) == nil
                let encoded = AnswerFields(origin: isAllowed ? origins.first : nil)
                    .encoded(.error(refusal.status, refusal.detail, fields: refusal.fields))
                return (encoded.fields, encoded.body)
            })
    }

    private static func decide(_ head: HTTPRequestHead, _ policy: AccessPolicy, _ webSocket: WebSocketRoute) async
        -> UpgradeDecision
    {
        let host = head.headers["host"]
        if let refusal = policy.refusal(host: host.count == 1 ? host[0] : nil, origins: head.headers["origin"]) {
            return .refuse(refusal)
        }
        let fields = Dictionary(head.headers.map { ($0.name, $0.value) }) { "\($0), \($1)" }
        let request = WebRequest(.get, head.uri, fields: fields)
        guard request.target.components != nil else { return .refuse(Refusal(404, "there is no WebSocket here")) }
        switch await webSocket(request) {
        case .accept(let handler): return .accept(handler)
        case .refuse(let error): return .refuse(Refusal(error.status, error.detail, fields: error.fields))
        case .notHere: return .refuse(Refusal(404, "there is no WebSocket here"))
        }
    }
}
