internal import NIOCore
internal import NIOWebSocket

/// The rules of RFC 6455 that NIO's decoder leaves to others: masks, reserved bits and opcodes, UTF-8, close codes, the
/// closing handshake; and what keeps a connection honest: pings to the silent, an end for the dead and the stalled.
///
/// It stands behind NIO's frame decoder and before the aggregator. Inwards go valid, unmasked data frames only.
final class FrameRules: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame
    typealias OutboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// Tells the handlers behind that no message will come or go any more.
    struct Ending: Sendable, Equatable {
        /// The code sent, or the peer's when the peer began; nil for none.
        var code: WebSocketCloseCode?
    }

    private let limits: WebSocketLimits
    private var isClosing = false
    private var text: UTF8Check?
    private var liveness: Liveness?
    private var livenessTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?
    private let linger = LingeringClose()
    /// The latest ping's body, answered when the socket has room: a flood of pings keeps one body.
    private var owedPong: ByteBuffer?
    private var hasUnflushed = false

    init(limits: WebSocketLimits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        liveness = Liveness(limits: limits, now: context.eventLoop.now)
        watchLiveness(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { stopTimers() }

    func channelInactive(context: ChannelHandlerContext) {
        stopTimers()
        end(context, code: nil)
        context.fireChannelInactive()
    }

    // MARK: From the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var frame = unwrapInboundIn(data)
        if isClosing {
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        }
        liveness?.heard(context.eventLoop.now)
        guard let mask = frame.maskKey, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return close(context, .protocolError)
        }
        frame.data.webSocketUnmask(mask)
        frame.maskKey = nil
        switch frame.opcode {
        case .ping: answerPing(context, frame.data)
        case .pong: break
        case .connectionClose: answerClose(context, frame.data)
        case .text, .binary, .continuation:
            guard isTextLegal(frame) else { return close(context, .badText) }
            context.fireChannelRead(wrapInboundOut(frame))
        default: close(context, .protocolError)
        }
    }

    /// UTF-8 is checked as it comes, not only when the message is whole.
    private func isTextLegal(_ frame: WebSocketFrame) -> Bool {
        if frame.opcode != .continuation { text = frame.opcode == .text ? UTF8Check() : nil }
        guard var check = text else { return true }
        let isLegal = check.accept(frame.data.readableBytesView) && (!frame.fin || check.isWhole)
        text = frame.fin ? nil : check
        return isLegal
    }

    private func answerPing(_ context: ChannelHandlerContext, _ body: ByteBuffer) {
        guard context.channel.isWritable else {
            owedPong = body
            return
        }
        // Flushed when all that has come is read: a flood of pings is answered by few system calls.
        context.write(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: body)), promise: nil)
        hasUnflushed = true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasUnflushed {
            hasUnflushed = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    private func answerClose(_ context: ChannelHandlerContext, _ body: ByteBuffer) {
        var rest = body
        guard let code = rest.readInteger(as: UInt16.self).map(WebSocketCloseCode.init(rawValue:)) else {
            return body.readableBytes == 0 ? close(context, nil) : close(context, .protocolError)
        }
        var check = UTF8Check()
        guard code.isLegal else { return close(context, .protocolError) }
        guard check.accept(rest.readableBytesView), check.isWhole else { return close(context, .badText) }
        close(context, code)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Whoever ends the stream gets no more answers.
            end(context, code: nil)
            context.close(promise: nil)
        case is ChannelShouldQuiesceEvent: close(context, .goingAway)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The decoder is dead after its first error and reports all later bytes as errors, too.
        guard !isClosing else { return }
        switch error {
        case NIOWebSocketError.invalidFrameLength: close(context, .tooLarge)
        case is NIOWebSocketError: close(context, .protocolError)
        default:
            end(context, code: nil)
            context.close(promise: nil)
        }
    }

    // MARK: To the client

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = unwrapOutboundIn(data)
        guard !isClosing else {
            promise?.fail(WebSocketClosed())
            return
        }
        if frame.opcode == .connectionClose {
            close(context, frame: frame)
            promise?.succeed()
        } else {
            context.write(data, promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stallTimer?.cancel()
            stallTimer = nil
            if let body = owedPong, !isClosing {
                owedPong = nil
                send(context, .pong, body)
            }
        } else if stallTimer == nil, !isClosing {
            stallTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.stallBeforeClose) {
                self.close(context, .goingAway)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    private func send(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ body: ByteBuffer) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: body)), promise: nil)
    }

    // MARK: Closing

    /// Sends a close frame (an empty one for nil) and ends the connection when the client answers, or soon anyway.
    private func close(_ context: ChannelHandlerContext, _ code: WebSocketCloseCode?) {
        close(context, frame: Self.closeFrame(code, allocator: context.channel.allocator))
    }

    private func close(_ context: ChannelHandlerContext, frame: WebSocketFrame) {
        guard !isClosing else { return }
        stopTimers()
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(frame), promise: written)
        end(context, code: frame.data.getInteger(at: frame.data.readerIndex).map(WebSocketCloseCode.init(rawValue:)))
        linger.begin(context: context, after: written.futureResult, limit: limits.linger)
    }

    private func end(_ context: ChannelHandlerContext, code: WebSocketCloseCode?) {
        guard !isClosing else { return }
        isClosing = true
        owedPong = nil
        context.fireUserInboundEventTriggered(Ending(code: code))
    }

    static func closeFrame(
        _ code: WebSocketCloseCode?, reason: String = "", allocator: ByteBufferAllocator
    ) -> WebSocketFrame {
        var body = allocator.buffer(capacity: 2 + reason.utf8.count)
        if let code {
            body.writeInteger(code.rawValue)
            body.writeString(reason)
        }
        return WebSocketFrame(fin: true, opcode: .connectionClose, data: body)
    }

    // MARK: Timers

    private func watchLiveness(_ context: ChannelHandlerContext) {
        guard let next = liveness?.next else { return }
        livenessTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) {
            self.livenessDue(context)
        }
    }

    private func livenessDue(_ context: ChannelHandlerContext) {
        guard !isClosing, let action = liveness?.due(context.eventLoop.now) else { return }
        switch action {
        case .none: break
        // Behind a full socket a ping would only add to what is stuck.
        case .ping where context.channel.isWritable: send(context, .ping, ByteBuffer())
        case .ping: break
        case .drop: return close(context, .goingAway)
        }
        watchLiveness(context)
    }

    private func stopTimers() {
        livenessTimer?.cancel()
        stallTimer?.cancel()
        linger.cancel()
    }
}
