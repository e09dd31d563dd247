import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import WebSocketChannel

/// An upgraded connection without a socket and with a clock that a test moves.
struct Line {
    let channel = NIOAsyncTestingChannel()
    let session: WebSocketSession

    init(_ limits: WebSocketLimits = WebSocketLimits()) async throws {
        let channel = channel
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        session = try await channel.testingEventLoop.executeInContext {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(WebSocketFrameEncoder())
            try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.message)))
            return try WebSocketSession.install(on: channel, limits: limits)
        }
    }

    var isOpen: Bool { channel.isActive }

    /// A client's frame, right or wrong.
    static func frame(
        _ opcode: UInt8, _ body: [UInt8] = [], isLast: Bool = true, reserved: UInt8 = 0, isMasked: Bool = true,
        claims: UInt64? = nil
    ) -> [UInt8] {
        let size = claims ?? UInt64(body.count)
        var bytes = [(isLast ? 0x80 : 0) | reserved << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch size {
        case ..<126: bytes.append(mask | UInt8(size))
        case ..<65536: bytes += [mask | 126, UInt8(size >> 8), UInt8(size & 0xff)]
        default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: size >> (56 - 8 * $0)) }
        }
        guard isMasked else { return bytes + body }
        let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        return bytes + key + body.enumerated().map { $1 ^ key[$0 & 3] }
    }

    static func text(_ text: String) -> [UInt8] { frame(1, Array(text.utf8)) }

    /// A close frame's body.
    static func code(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
        [UInt8(code >> 8), UInt8(code & 0xff)] + reason
    }

    /// Hands over what the client sends; once the connection has ended, that goes nowhere.
    func receive(_ bytes: [UInt8]) async throws {
        guard isOpen else { return }
        try await channel.writeInbound(ByteBuffer(bytes: bytes))
        await channel.testingEventLoop.run()
    }

    /// What a socket asks for after each reading.
    func readMore() async throws {
        let channel = channel
        try await channel.testingEventLoop.executeInContext { channel.pipeline.read() }
    }

    func fire(_ event: any Sendable) async throws {
        let channel = channel
        try await channel.testingEventLoop.executeInContext {
            channel.pipeline.fireUserInboundEventTriggered(event)
        }
        await channel.testingEventLoop.run()
    }

    struct Sent: Equatable, CustomStringConvertible {
        var opcode: UInt8
        var body: [UInt8]
        var description: String { "\(opcode):\(String(decoding: body, as: UTF8.self))" }

        static func close(_ code: UInt16) -> Sent { Sent(opcode: 8, body: Line.code(code)) }
    }

    /// The frames that the server has sent since the last look.
    func sent() async throws -> [Sent] {
        await channel.testingEventLoop.run()
        var bytes: [UInt8] = []
        while let piece = try await channel.readOutbound(as: ByteBuffer.self) { bytes += piece.readableBytesView }
        var frames: [Sent] = []
        var rest = bytes[...]
        while let first = rest.popFirst() {
            #expect(first & 0xf0 == 0x80, "a whole frame without reserved bits")
            let size = Int(rest.popFirst() ?? 0)
            #expect(size < 126, "a server masks nothing, and these tests ask for nothing long")
            frames.append(Sent(opcode: first & 0xf, body: Array(rest.prefix(size))))
            rest = rest.dropFirst(size)
        }
        return frames
    }

    func setWritable(_ isWritable: Bool) async throws {
        let channel = channel
        channel.isWritable = isWritable
        try await channel.testingEventLoop.executeInContext { channel.pipeline.fireChannelWritabilityChanged() }
    }

    func advance(_ seconds: Int64) async { await channel.testingEventLoop.advanceTime(by: .seconds(seconds)) }
}
