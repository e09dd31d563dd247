package import NIOCore
package import NIOHTTP1

/// What is to become of a request for a WebSocket that is in order.
package enum UpgradeDecision: Sendable {
    case accept(@Sendable (WebSocketSession) async throws -> Void)
    case refuse(Refusal)
}

/// The questions that the gate asks the server it stands in.
package struct UpgradeRules: Sendable {
    /// Asked for each request that is a proper opening handshake.
    package var decide: @Sendable (HTTPRequestHead) async -> UpgradeDecision
    /// Header fields and body of a refusal, but for its length and the connection's end.
    package var answer: Answer

    package typealias Answer =
        @Sendable (Refusal, HTTPRequestHead, _ client: SocketAddress?) -> (
            fields: HTTPHeaders, body: [UInt8]
        )

    package init(
        decide: @escaping @Sendable (HTTPRequestHead) async -> UpgradeDecision,
        answer: @escaping Answer
    ) {
        self.decide = decide
        self.answer = answer
    }
}

/// Stands before NIO's upgrade handler and refuses by an HTTP answer, which that one cannot: it closes without a word.
///
/// Only a connection's first request may become a WebSocket. Requests that do not ask for one pass, freed of other
/// upgrades; and one with several Host fields, or none, passes without any, so that nobody behind picks one of them.
package final class HandshakeValidator: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case first
        /// Parts that came while the decision is being made.
        case deciding([HTTPServerRequestPart])
        case passing
        case refused
        case gone
    }

    private let rules: UpgradeRules
    private let limits: WebSocketLimits
    private var state = State.first
    private let linger = LingeringClose()
    /// Who serves the connection once it is a WebSocket.
    private(set) var handler: (@Sendable (WebSocketSession) async throws -> Void)?

    package init(rules: UpgradeRules, limits: WebSocketLimits) {
        self.rules = rules
        self.limits = limits
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        state = .gone
        linger.cancel()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch (state, part) {
        case (.first, .head(let head)) where Handshake.isAsked(head): open(context, head)
        case (.first, .head(let head)), (.passing, .head(let head)):
            state = .passing
            context.fireChannelRead(wrapInboundOut(.head(Self.plain(head))))
        case (.deciding(let parts), _): state = .deciding(parts + [part])
        case (.passing, _), (.first, _): context.fireChannelRead(data)
        case (.refused, _), (.gone, _): break
        }
    }

    private func open(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        if let refusal = Handshake.refusal(head) { return refuse(context, refusal, head) }
        state = .deciding([])
        let rules = rules
        context.eventLoop.makeFutureWithTask { await rules.decide(head) }
            .assumeIsolated()
            .whenSuccess { self.decided(context, $0, head) }
    }

    private func decided(_ context: ChannelHandlerContext, _ decision: UpgradeDecision, _ head: HTTPRequestHead) {
        guard case .deciding(let parts) = state else { return }
        switch decision {
        case .refuse(let refusal): refuse(context, refusal, head)
        case .accept(let handler):
            self.handler = handler
            state = .passing
            for part in [.head(head)] + parts { context.fireChannelRead(wrapInboundOut(part)) }
            context.fireChannelReadComplete()
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ refusal: Refusal, _ head: HTTPRequestHead) {
        state = .refused
        var (fields, body) = rules.answer(refusal, head, context.channel.remoteAddress)
        for (name, value) in refusal.fields { fields.replaceOrAdd(name: name, value: value) }
        fields.replaceOrAdd(name: "content-length", value: String(body.count))
        fields.replaceOrAdd(name: "connection", value: "close")
        let answer = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: refusal.status), headers: fields)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        linger.begin(context: context, after: written.futureResult, limit: limits.linger)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .refused = state, event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private static func plain(_ head: HTTPRequestHead) -> HTTPRequestHead {
        var head = head
        if head.headers["host"].count != 1 { head.headers.remove(name: "host") }
        if head.headers.contains(name: "upgrade") {
            // The decoder stops reading after a request that wants to be something else.
            head.headers.remove(name: "upgrade")
            head.headers.replaceOrAdd(name: "connection", value: "close")
        }
        return head
    }
}
