internal import Bytes
internal import Dispatch
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
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
    /// - Parameter onReady: called once, when connections are accepted.
    /// - Throws: ``ServerError`` when it cannot listen.
    package static func run(
        _ options: ServerOptions, routes: [WebRoute], webSocket: @escaping WebSocketRoute,
        onReady: @escaping @Sendable (ListeningPlace) async -> Void
    ) async throws {
        let policy = AccessPolicy(
            boundHost: options.hostName, hosts: options.allowedHosts, origins: options.allowedOrigins)
        let responder = Responder(
            policy: policy, limits: options.limits, routes: routes, webSocket: webSocket, log: options.log)
        // Some descriptors are for files and the rest of the program.
        let room = max(16, Files.raiseDescriptorLimit() * 7 / 8 - 32)
        let register = ConnectionRegister(
            limit: min(options.limits.connections, room), perAddress: options.limits.connectionsPerAddress)
        let open = OpenChannels()
        let server = ServerChannel(
            responder: responder, options: options, upgrade: upgradeRules(policy, webSocket, options.log),
            register: register, open: open)
        let listener = try await listen(server, options)
        let stop = { @Sendable in
            listener.channel.close(promise: nil)
            open.stop()
        }
        let signals = options.stopsOnSignals ? [SIGTERM, SIGINT].map { signalSource($0, stop) } : []
        defer { for signal in signals { signal.cancel() } }
        // A task of its own, so that answers under way are not cancelled with this one.
        let serving = Task {
            await withDiscardingTaskGroup { group in
                try? await listener.executeThenClose { connections in
                    for try await connection in connections { group.addTask { await server.serve(connection) } }
                }
            }
        }
        await withTaskCancellationHandler {
            await onReady(ListeningPlace(listener.channel, options))
            await serving.value
        } onCancel: {
            stop()
        }
    }

    private static func listen(_ server: ServerChannel, _ options: ServerOptions) async throws(ServerError)
        -> NIOAsyncChannel<Negotiation, Never>
    {
        let reason: String
        do {
            return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .bind(host: options.hostName, port: options.port) { server.setup($0) }
        } catch let error as IOError {
            reason = SystemError("bind", RawPath("port"), code: error.errnoCode).reason
        } catch is SocketAddressError.UnknownHost {
            reason = "no address is known by that name"
        } catch {
            reason = "\(error)"
        }
        throw ServerError(description: "cannot listen on \(options.host) port \(options.port): \(reason)")
    }

    /// Calls back at a signal, which does nothing else from then on.
    private static func signalSource(_ number: Int32, _ handler: @escaping @Sendable () -> Void)
        -> any DispatchSourceSignal
    {
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        return source
    }

    private static func upgradeRules(
        _ policy: AccessPolicy, _ webSocket: @escaping WebSocketRoute, _ log: @escaping @Sendable (String) -> Void
    ) -> @Sendable (SocketAddress?) -> UpgradeRules {
        { local in
            let access = { @Sendable (head: HTTPRequestHead) in
                policy.refusal(host: head.host, origins: head.headers["origin"], reachedAt: local?.ipAddress)
            }
            return UpgradeRules(
                decide: { head in await decide(head, access(head), webSocket) },
                answer: { refusal, head, client in
                    let path = Escape.visible(String(head.uri.prefix(200)))
                    log("refused \(client?.ipAddress ?? "a client"): WebSocket \(path): \(refusal.status)")
                    let encoded = AnswerFields(origin: access(head) == nil ? head.headers["origin"].first : nil)
                        .encoded(.error(refusal.status, refusal.detail, fields: refusal.fields))
                    return (encoded.fields, encoded.body)
                })
        }
    }

    private static func decide(_ head: HTTPRequestHead, _ refusal: Refusal?, _ webSocket: WebSocketRoute) async
        -> UpgradeDecision
    {
        if let refusal { return .refuse(refusal) }
        let request = WebRequest(head)
        guard request.target.components != nil else { return .refuse(Refusal(404, "there is no WebSocket here")) }
        switch await webSocket(request) {
        case .accept(let handler): return .accept(handler)
        case .refuse(let error): return .refuse(Refusal(error.status, error.detail, fields: error.fields))
        case .notHere: return .refuse(Refusal(404, "there is no WebSocket here"))
        }
    }
}
