internal import NIOCore
internal import NIOHTTP1

/// A connection that speaks HTTP: its requests are answered one after the other.
struct HTTPConnection: Sendable {
    private let channel: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Takes over the channel's end. To be called on its event loop.
    init(_ channel: any Channel) throws {
        self.channel = try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }

    /// Serves the connection to its end.
    func serve(_ responder: Responder) async {
        // It throws when the client is gone, or an answer cannot be finished: there is nobody to tell.
        try? await channel.executeThenClose { inbound, outbound in
            var requests = RequestReader(inbound)
            while let head = try await requests.next() {
                let answer = try await responder.answer(
                    head, &requests, client: channel.channel.remoteAddress, local: channel.channel.localAddress)
                try await AnswerWriter.write(
                    answer, isHead: head.method == .HEAD, to: outbound, loop: channel.channel.eventLoop)
                guard head.isKeepAlive else { break }
            }
            outbound.finish()
            try await channel.channel.closeFuture.get()
        }
    }
}

/// Reads requests one after the other.
struct RequestReader {
    private var parts: NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    init(_ inbound: NIOAsyncChannelInboundStream<HTTPServerRequestPart>) { parts = inbound.makeAsyncIterator() }

    /// The next request's head, after what was not read of the one before; nil when there are no more.
    mutating func next() async throws -> HTTPRequestHead? {
        while let part = try await parts.next() {
            if case .head(let head) = part { return head }
        }
        return nil
    }

    /// The body of the request whose head came last, or nil when it is longer than the limit.
    mutating func body(limit: Int) async throws -> [UInt8]? {
        var body: [UInt8] = []
        while case .body(let piece)? = try await parts.next() {
            guard body.count + piece.readableBytes <= limit else { return nil }
            body.append(contentsOf: piece.readableBytesView)
        }
        return body
    }
}
