internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import WebSocketChannel

/// A connection and the outcome of its first request: HTTP, or a WebSocket.
struct ServerConnection: ServerChildChannelValue {
    enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case webSocket(WebSocketConnection)
    }

    let channel: any Channel
    /// Fails when the connection ends before.
    let outcome: EventLoopFuture<Outcome>
}

/// Makes the pipeline of each connection and serves it: the place where Hummingbird and WebSockets share a port.
struct ServerChannel: HTTPChannelHandler {
    let responder: HTTPChannelHandler.Responder
    let options: ServerOptions
    let upgrade: UpgradeRules
    let register: ConnectionRegister

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<ServerConnection> {
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
                return ServerConnection(
                    channel: channel, outcome: channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel))
            }
            return ServerConnection(channel: channel, outcome: try negotiate(channel, logger))
        }
    }

    func handle(value: ServerConnection, logger: Logger) async {
        let outcome = await withTaskCancellationHandler {
            try? await value.outcome.get()
        } onCancel: {
            value.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        switch outcome {
        case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
        case .webSocket(let connection): await connection.run()
        case nil: break
        }
    }

    /// Nil for loopback, which has no limit by itself.
    private static func countedAddress(_ channel: any Channel) -> String? {
        guard let address = channel.remoteAddress?.ipAddress else { return nil }
        return address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.") ? nil : address
    }

    private func negotiate(_ channel: any Channel, _ logger: Logger) throws -> EventLoopFuture<ServerConnection.Outcome>
    {
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = options.limits.headerBytes
        decoding.maxHeaderListSize = options.limits.headerBytes
        let memory = StopMemory()
        let stop = NIOLoopBound(memory, eventLoop: channel.eventLoop)
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding))
        let watch = RequestWatch(limits: options.limits, safety: AnswerFields())
        let bytes = ByteWatch(watch)
        let gate = UpgradeGate(rules: upgrade, limits: options.webSocketLimits)
        let idle = Duration.milliseconds(options.limits.idleTime)
        let negotiation = NIOTypedHTTPServerUpgradeHandler<ServerConnection.Outcome>(
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
                    channel.eventLoop.makeCompletedFuture { try Self.http(channel, idle: idle, logger) }
                }))
        let pipeline = channel.pipeline.syncOperations
        for handler in [memory, encoder, bytes, decoder, watch, gate, negotiation] as [any ChannelHandler] {
            try pipeline.addHandler(handler)
        }
        return negotiation.upgradeResultFuture
    }

    /// The rest of the pipeline of a connection that stays HTTP, as Hummingbird's own channel has it.
    private static func http(_ channel: any Channel, idle: Duration, _ logger: Logger) throws
        -> ServerConnection.Outcome
    {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: idle, logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }
}

/// Remembers that the server is stopping, for a connection that is just becoming a WebSocket: its handlers of before are
/// gone then, and those of after not there yet.
final class StopMemory: ChannelInboundHandler {
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
