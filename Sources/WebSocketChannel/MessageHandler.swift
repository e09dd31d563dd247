internal import NIOCore
internal import NIOWebSocket

/// The last handler: messages leave the pipeline here towards a session, and its texts enter it.
///
/// A sender waits here while the socket has no room, so a client that does not read holds up its sender and nobody else,
/// and at most one text a sender lies beyond the channel's high-water mark.
final class MessageHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame
    typealias Backpressure = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark
    typealias Producer = NIOAsyncSequenceProducer<WebSocketMessage, Backpressure, Demand>
    typealias Sender = CheckedContinuation<Void, any Error>

    /// Passes the consumer's wish for more on to the event loop.
    struct Demand: NIOAsyncSequenceProducerDelegate {
        let wanted: @Sendable () -> Void
        func produceMore() { wanted() }
        func didTerminate() { wanted() }
    }

    private let source: Producer.Source
    private let ended: EventLoopPromise<WebSocketCloseCode?>
    private var context: ChannelHandlerContext?
    private var isEnded = false
    private var isPaused = false
    private var hasHeldRead = false
    private var waiting: [(id: UInt64, sender: Sender)] = []
    /// Senders that gave up before their text arrived here.
    private var givenUp: Set<UInt64> = []

    init(source: Producer.Source, ended: EventLoopPromise<WebSocketCloseCode?>) {
        self.source = source
        self.ended = ended
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(nil)
        self.context = nil
    }

    // MARK: Inwards

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !isEnded else { return }
        let message: WebSocketMessage =
            frame.opcode == .text
            ? .text(String(buffer: frame.data)) : .binary(Array(frame.data.readableBytesView))
        if case .stopProducing = source.yield(message) { isPaused = true }
    }

    /// A client far ahead of its session is not read on, and so its own socket fills up.
    func read(context: ChannelHandlerContext) {
        if isPaused && !isEnded { hasHeldRead = true } else { context.read() }
    }

    func resumeReading() {
        isPaused = false
        guard hasHeldRead else { return }
        hasHeldRead = false
        context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let ending = event as? FrameRules.Ending { finish(ending.code) }
        context.fireUserInboundEventTriggered(event)
    }

    /// What the aggregator refuses ends the connection with a code; the error itself goes nowhere.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let code: WebSocketCloseCode =
            switch error as? NIOWebSocketFrameAggregator.Error {
            case .accumulatedFrameSizeIsTooLarge: .tooLarge
            case .tooManyFragments, .nonFinalFragmentSizeIsTooSmall: .policy
            case .receivedNewFrameWithoutFinishingPrevious, .didReceiveFragmentBeforeReceivingTextOrBinaryFrame:
                .protocolError
            case nil: .serverError
            }
        close(code, reason: "")
    }

    private func finish(_ code: WebSocketCloseCode?) {
        guard !isEnded else { return }
        isEnded = true
        source.finish()
        ended.succeed(code)
        resumeAll(.failure(WebSocketClosed()))
        // What else the client sends must be seen, so that its close frame is.
        resumeReading()
    }

    // MARK: Outwards

    /// Sends a message (nil: nothing) and resumes the sender when the socket has room for more.
    func send(_ frame: WebSocketFrame?, id: UInt64, sender: Sender) {
        guard givenUp.remove(id) == nil else { return sender.resume(throwing: CancellationError()) }
        guard let context, !isEnded else { return sender.resume(throwing: WebSocketClosed()) }
        if let frame { context.writeAndFlush(wrapOutboundOut(frame), promise: nil) }
        if isEnded {
            sender.resume(throwing: WebSocketClosed())
        } else if context.channel.isWritable {
            sender.resume()
        } else {
            waiting.append((id, sender))
        }
    }

    func giveUp(_ id: UInt64) {
        if let place = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: place).sender.resume(throwing: CancellationError())
        } else if !isEnded {
            givenUp.insert(id)
        }
    }

    func close(_ code: WebSocketCloseCode, reason: String) {
        guard let context, !isEnded else { return }
        let frame = FrameRules.closeFrame(code, reason: reason, allocator: context.channel.allocator)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resumeAll(.success(())) }
        context.fireChannelWritabilityChanged()
    }

    private func resumeAll(_ result: Result<Void, any Error>) {
        let senders = waiting
        waiting = []
        for (_, sender) in senders { sender.resume(with: result) }
    }
}
