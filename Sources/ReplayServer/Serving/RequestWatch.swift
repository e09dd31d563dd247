internal import Bytes
internal import NIOCore
internal import NIOHTTP1
internal import WebSocketChannel

/// Watches a connection's requests: header and body must come in time, an answer must be taken in time, what is no HTTP
/// gets an answer and an end, `Connection: close` is kept, and a connection that is not used is closed.
///
/// It stands behind the decoder; ``ByteWatch``, before it, tells when bytes come.
final class RequestWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Reading { case nothing, header, body }

    private let limits: ServerLimits
    private let safety: AnswerFields
    private var reading = Reading.header
    /// Requests that have come and have not been answered in full.
    private var unanswered = 0
    private var hasBegunAnswer = false
    private var closesAfterAnswer = false
    private var isStopping = false
    /// Waits for the answers before it.
    private var lastAnswer: WebAnswer?
    private var isClosing = false
    private var deadline: Scheduled<Void>?
    private var stall: Scheduled<Void>?
    private let linger = LingeringClose()
    private var context: ChannelHandlerContext?

    init(limits: ServerLimits, safety: AnswerFields) {
        self.limits = limits
        self.safety = safety
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        schedule(context, limits.headerTime)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        for timer in [deadline, stall] { timer?.cancel() }
        linger.cancel()
    }

    private func schedule(_ context: ChannelHandlerContext, _ time: Int) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(time))) {
            self.end(context, .error(408, "the request did not come in time"))
        }
    }

    private func scheduleIdle(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(limits.idleTime))) {
            context.close(promise: nil)
        }
    }

    // MARK: Requests

    func bytesArrived() {
        guard reading == .nothing, !isClosing, let context else { return }
        reading = .header
        schedule(context, limits.headerTime)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            reading = .body
            unanswered += 1
            schedule(context, limits.bodyTime)
            if unanswered == 1,
                head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
            {
                let ready = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(ready)), promise: nil)
            }
        case .body: break
        case .end:
            reading = .nothing
            deadline?.cancel()
            if unanswered == 0 { scheduleIdle(context) }
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        switch error {
        case HTTPParserError.headerOverflow: end(context, .error(431, "the request's header is too large"))
        case HTTPParserError.invalidMethod:
            let methods = ["allow": "GET, HEAD, PUT, OPTIONS"]
            end(context, .error(405, "that is no method of HTTP", fields: methods))
        case is HTTPParserError: end(context, .error(400, "that is no HTTP request"))
        default: context.close(promise: nil)
        }
    }

    /// Answers the request that is being read and ends the connection, once those before it have their answers.
    private func end(_ context: ChannelHandlerContext, _ answer: WebAnswer) {
        guard !isClosing, lastAnswer == nil else { return }
        let before = unanswered - (reading == .body ? 1 : 0)
        guard before == 0 else {
            lastAnswer = answer
            return
        }
        guard !hasBegunAnswer else { return context.close(promise: nil) }
        isClosing = true
        let (status, fields, body) = safety.encoded(answer)
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        beginLinger(context, written.futureResult)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.code >= 200:
            hasBegunAnswer = true
            closesAfterAnswer = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
            context.write(data, promise: promise)
        case .head, .body: context.write(data, promise: promise)
        case .end:
            hasBegunAnswer = false
            unanswered -= 1
            guard closesAfterAnswer else {
                context.write(data, promise: promise)
                if let answer = lastAnswer {
                    lastAnswer = nil
                    end(context, answer)
                } else if unanswered == 0, isStopping {
                    context.flush()
                    context.close(promise: nil)
                } else if unanswered == 0, reading == .nothing {
                    scheduleIdle(context)
                }
                return
            }
            let written = promise ?? context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(data, promise: written)
            isClosing = true
            beginLinger(context, written.futureResult)
        }
    }

    private func beginLinger(_ context: ChannelHandlerContext, _ written: EventLoopFuture<Void>) {
        deadline?.cancel()
        linger.begin(context: context, after: written, limit: .milliseconds(Int64(limits.lingerTime)))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stall?.cancel()
            stall = nil
        } else if stall == nil {
            let channel = context.channel
            stall = context.eventLoop.scheduleTask(in: .milliseconds(Int64(limits.stallTime))) {
                channel.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where isClosing: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent where unanswered == 0: context.close(promise: nil)
        case is ChannelShouldQuiesceEvent:
            isStopping = true
            let channel = context.channel
            stall?.cancel()
            stall = context.eventLoop.scheduleTask(in: .milliseconds(Int64(limits.lingerTime))) {
                channel.close(promise: nil)
            }
            context.fireUserInboundEventTriggered(event)
        default: context.fireUserInboundEventTriggered(event)
        }
    }
}

/// Tells a ``RequestWatch`` that bytes have come, which may be the beginning of a header.
final class ByteWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let watch: RequestWatch

    init(_ watch: RequestWatch) { self.watch = watch }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.bytesArrived()
        context.fireChannelRead(data)
    }
}
