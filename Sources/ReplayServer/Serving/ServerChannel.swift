internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import WebSocketChannel

/// What a connection's first request has made of it. It fails when the connection ends before.
typealias Negotiation = EventLoopFuture<Negotiated>

enum Negotiated: Sendable {
    case http(HTTPConnection)
    case webSocket(WebSocketConnection)
}

/// Makes the pipeline of each connection and serves it: the place where HTTP and WebSockets share a port.
struct ServerChannel: Sendable {
    let responder: Responder
    let options: ServerOptions
    /// The rules for a connection that reached the server at this address.
    let upgrade: @Sendable (SocketAddress?) -> UpgradeRules
    let register: ConnectionRegister
    let open: OpenChannels

    func setup(_ channel: any Channel) -> EventLoopFuture<Negotiation> {
        channel.eventLoop.makeCompletedFuture {
            let address = Self.countedAddress(channel)
            let (register, verdict) = (register, register.enter(address))
            channel.closeFuture.whenComplete { _ in register.leave(address, after: verdict) }
            guard verdict == .welcome else {
                if verdict == .full {
                    try channel.pipeline.syncOperations.addHandler(TooManyConnections(limits: options.limits))
                } else {
                    channel.close(promise: nil)
                }
                return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
            }
            defer { open.add(channel) }
            return try negotiate(channel)
        }
    }

    func serve(_ negotiation: Negotiation) async {
        switch try? await negotiation.get() {
        case .http(let connection): await connection.serve(responder)
        case .webSocket(let connection): await connection.run()
        case nil: break
        }
    }

    /// Nil for loopback, which has no limit by itself.
    private static func countedAddress(_ channel: any Channel) -> String? {
        guard let address = channel.remoteAddress?.ipAddress else { return nil }
        return address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.") ? nil : address
    }

    private func negotiate(_ channel: any Channel) throws -> Negotiation {
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = options.limits.headerBytes
        decoding.maxHeaderListSize = options.limits.headerBytes
        let memory = QuiesceRecorder()
        let stop = NIOLoopBound(memory, eventLoop: channel.eventLoop)
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding))
        let watch = RequestWatch(limits: options.limits, safety: AnswerFields())
        let bytes = ByteWatch(watch)
        let gate = HandshakeValidator(rules: upgrade(channel.localAddress), limits: options.webSocketLimits)
        let negotiation = NIOTypedHTTPServerUpgradeHandler<Negotiated>(
            httpEncoder: encoder,
            // The decoder goes last: what it still holds belongs to the WebSocket.
            extraHTTPHandlers: [gate, watch, bytes, decoder],
            upgradeConfiguration: .init(
                upgraders: [
                    WebSocketUpgrade.upgrader(
                        gate: gate, limits: options.webSocketLimits, eventLoop: channel.eventLoop,
                        transform: { connection in
                            if stop.value.isStopping { connection.session.close(.goingAway) }
                            return .webSocket(connection)
                        })
                ],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture { .http(try HTTPConnection(channel)) }
                }))
        let pipeline = channel.pipeline.syncOperations
        for handler in [memory, encoder, bytes, decoder, watch, gate, negotiation] as [any ChannelHandler] {
            try pipeline.addHandler(handler)
        }
        return negotiation.upgradeResultFuture
    }
}

/// The connections, which are told when the server stops: by `ChannelShouldQuiesceEvent`, as NIO's own handlers expect.
final class OpenChannels: Sendable {
    private struct State {
        var isStopping = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }
    private let state = Mutex(State())

    func add(_ channel: any Channel) {
        let isStopping = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = channel
            return state.isStopping
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { state in _ = state.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }
        if isStopping { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// Tells all, and those that are still to come.
    func stop() {
        let channels = state.withLock { state in
            state.isStopping = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
}

/// Remembers that the server is stopping, for a connection that is just becoming a WebSocket: its handlers of before are
/// gone then, and those of after not there yet.
final class QuiesceRecorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var isStopping = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isStopping = true }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Tells a client that there is no room, without reading what it wants.
final class TooManyConnections: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: ServerLimits
    private let linger = LingeringClose()

    init(limits: ServerLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { answer(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        answer(context)
        context.fireChannelActive()
    }

    private func answer(_ context: ChannelHandlerContext) {
        let (_, fields, body) = AnswerFields().encoded(
            .error(503, "there are too many connections, try again later", fields: ["retry-after": "5"]))
        var bytes = ByteBuffer(string: "HTTP/1.1 503 Service Unavailable\r\n")
        for (name, value) in fields { bytes.writeString("\(name): \(value)\r\n") }
        bytes.writeString("\r\n")
        bytes.writeBytes(body)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
        linger.begin(
            context: context, after: written.futureResult, limit: .milliseconds(Int64(limits.lingerTime)))
    }

    func handlerRemoved(context: ChannelHandlerContext) { linger.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed || event is ChannelShouldQuiesceEvent {
            context.close(promise: nil)
        }
    }
}
