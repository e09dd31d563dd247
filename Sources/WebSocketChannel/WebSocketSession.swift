internal import NIOConcurrencyHelpers
package import NIOCore
internal import NIOWebSocket

/// One open WebSocket connection, as whoever serves it sees it.
///
/// ```
/// for await message in session.messages {
///     if message == .text("ping") { try await session.send(WebSocketText("pong")) }
/// }
/// ```
/// Pings, pongs, close frames and all rules of the protocol are dealt with below. Sessions do not hold each other up.
package final class WebSocketSession: Sendable {
    /// The client's messages, to be read by one reader. The sequence ends when the connection does.
    ///
    /// Somebody has to read it: a client whose messages nobody takes is soon not read at all.
    package struct Messages: AsyncSequence, Sendable {
        package typealias Element = WebSocketMessage
        fileprivate let producer: MessageHandler.Producer

        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let iterator: MessageHandler.Producer.AsyncIterator
            package mutating func next() async -> WebSocketMessage? { await iterator.next() }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(iterator: producer.makeAsyncIterator()) }
    }

    package let messages: Messages
    private let channel: any Channel
    private let edge: NIOLoopBound<MessageHandler>
    private let ended: EventLoopFuture<WebSocketCloseCode?>
    private let nextID = NIOLockedValueBox<UInt64>(0)

    private init(
        channel: any Channel, edge: NIOLoopBound<MessageHandler>, ended: EventLoopFuture<WebSocketCloseCode?>,
        producer: MessageHandler.Producer
    ) {
        self.channel = channel
        self.edge = edge
        self.ended = ended
        messages = Messages(producer: producer)
    }

    /// Adds the handlers of an upgraded connection behind NIO's frame coders. Called on the channel's event loop.
    package static func install(on channel: any Channel, limits: WebSocketLimits) throws -> WebSocketSession {
        let ended = channel.eventLoop.makePromise(of: WebSocketCloseCode?.self)
        let resume = NIOLoopBoundBox<(() -> Void)?>(nil, eventLoop: channel.eventLoop)
        let eventLoop = channel.eventLoop
        let made = MessageHandler.Producer.makeSequence(
            backPressureStrategy: .init(lowWatermark: max(1, limits.unread / 4), highWatermark: limits.unread),
            finishOnDeinit: true, delegate: .init(wanted: { eventLoop.execute { resume.value?() } }))
        let edge = MessageHandler(source: made.source, ended: ended)
        resume.value = { [weak edge] in edge?.resumeReading() }
        do {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(FrameRules(limits: limits))
            try pipeline.addHandler(
                NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: limits.fragments,
                    maxAccumulatedFrameSize: limits.message))
            try pipeline.addHandler(edge)
        } catch {
            ended.fail(error)
            throw error
        }
        return WebSocketSession(
            channel: channel, edge: NIOLoopBound(edge, eventLoop: eventLoop), ended: ended.futureResult,
            producer: made.sequence)
    }

    /// Whether the socket has room. A hint for those who can leave something out: it may change at any moment.
    package var isWritable: Bool { channel.isWritable }

    /// The client's address, without its port; nil when the system does not tell.
    package var clientAddress: String? { channel.remoteAddress?.ipAddress }

    /// Sends a text and returns when there is room for another: the caller goes at the client's pace.
    ///
    /// Each call is a round trip to the connection's event loop, so that no caller runs ahead of it.
    /// - Throws: ``WebSocketClosed``, or `CancellationError` while it waits (the text may have been sent).
    package func send(_ text: WebSocketText) async throws {
        try await exchange(WebSocketFrame(fin: true, opcode: .text, data: text.buffer))
    }

    /// Sends a binary message, as ``send(_:)`` sends a text.
    package func send(binary bytes: [UInt8]) async throws {
        try await exchange(WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: bytes)))
    }

    /// Waits until the socket has room. Throws as ``send(_:)`` does.
    package func waitUntilWritable() async throws { try await exchange(nil) }

    private func exchange(_ frame: WebSocketFrame?) async throws {
        let id = nextID.withLockedValue { next in
            next += 1
            return next
        }
        let (loop, edge) = (channel.eventLoop, edge)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (sender: MessageHandler.Sender) in
                if loop.inEventLoop {
                    edge.value.send(frame, id: id, sender: sender)
                } else {
                    loop.execute { edge.value.send(frame, id: id, sender: sender) }
                }
            }
        } onCancel: {
            loop.execute { edge.value.giveUp(id) }
        }
    }

    /// Begins the closing handshake; nothing can be sent afterwards. Only the first call counts.
    ///
    /// - Parameter reason: at most 123 bytes.
    package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") {
        precondition(reason.utf8.count <= 123, "a close frame holds 125 bytes")
        let edge = edge
        channel.eventLoop.execute { edge.value.close(code, reason: reason) }
    }

    /// Waits until the connection closes or begins to, and returns the code in the first close frame, if there was one.
    package func waitUntilClosing() async -> WebSocketCloseCode? { (try? await ended.get()) ?? nil }

    /// Serves the connection to its very end.
    ///
    /// The handler runs on the connection's event loop, so it must not block: many connections share one. Its task is
    /// cancelled when the connection ends, from whichever side. When the handler returns first, the
    /// connection is closed with 1000; when it throws, with 1011. Cancelling this closes it with 1001.
    package func run(_ handler: @escaping @Sendable (WebSocketSession) async throws -> Void) async {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: LoopExecutor(channel.eventLoop)) {
                    do {
                        try await handler(self)
                        self.close()
                    } catch is WebSocketClosed {
                        self.close(.goingAway)
                    } catch is CancellationError {
                        self.close(.goingAway)
                    } catch {
                        self.close(.serverError)
                    }
                }
                _ = await waitUntilClosing()
                group.cancelAll()
            }
            try? await channel.closeFuture.get()
        } onCancel: {
            close(.goingAway)
        }
    }
}
