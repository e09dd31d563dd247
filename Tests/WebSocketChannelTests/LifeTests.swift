import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocketChannel

/// How long a connection lives, and how it ends. The clock is the test's own.
@Suite struct LifeTests {
    private let ping = Line.Sent(opcode: 9, body: [])

    @Test func `a silent client is pinged every 30 s and closed with 1001 at 75 s`() async throws {
        let line = try await Line()
        await line.advance(29)
        #expect(try await line.sent() == [])
        await line.advance(1)
        #expect(try await line.sent() == [ping])
        await line.advance(29)
        #expect(try await line.sent() == [])
        await line.advance(1)
        #expect(try await line.sent() == [ping])
        await line.advance(14)
        #expect(line.isOpen)
        await line.advance(1)
        #expect(try await line.sent() == [.close(1001)])
        #expect(!line.isOpen)
    }

    @Test(arguments: [1, 2, 9, 10] as [UInt8])
    func `any frame counts as a sign of life`(opcode: UInt8) async throws {
        let line = try await Line()
        for _ in 0..<20 {
            await line.advance(29)
            try await line.receive(Line.frame(opcode, [65]))
        }
        #expect(!(try await line.sent()).contains { $0.opcode == 9 || $0.opcode == 8 })
        await line.advance(30)
        #expect(try await line.sent() == [ping])
        try await line.receive(Line.frame(10))
        await line.advance(74)
        #expect(line.isOpen)
        await line.advance(1)
        #expect(try await line.sent().last == .close(1001))
    }

    @Test func `sending does not make up for a client's silence`() async throws {
        let line = try await Line()
        await line.advance(25)
        let frame = Line.Sent(opcode: 1, body: [65])
        async let done: Void = line.session.send(WebSocketText("A"))
        while try await line.sent() != [frame] { await Task.yield() }
        try await done
        await line.advance(5)
        #expect(try await line.sent() == [ping])
    }

    @Test func `a socket without room for 30 s ends the connection, one with room in between does not`() async throws {
        let line = try await Line()
        try await line.setWritable(false)
        await line.advance(28)
        #expect(line.isOpen)
        try await line.setWritable(true)
        try await line.setWritable(false)
        await line.advance(28)
        #expect(line.isOpen)
        await line.advance(2)
        #expect(!line.isOpen)
        #expect(try await line.sent().last == .close(1001))
    }

    @Test func `a client that is not written to for want of room is not pinged either`() async throws {
        var limits = WebSocketLimits()
        limits.stallAfter = 1_000_000
        let line = try await Line(limits)
        try await line.setWritable(false)
        await line.advance(74)
        #expect(try await line.sent() == [])
        await line.advance(1)
        #expect(try await line.sent() == [.close(1001)])
    }

    @Test func `a server that stops says 1001 to the client and an end to the session`() async throws {
        let line = try await Line()
        try await line.fire(ChannelShouldQuiesceEvent())
        #expect(try await line.sent() == [.close(1001)])
        #expect(await line.session.waitUntilClosing() == .goingAway)
        for await message in line.session.messages { Issue.record("\(message) after the end") }
    }

    @Test func `a stream that ends without a close frame ends the session without a code`() async throws {
        let line = try await Line()
        try await line.fire(ChannelEvent.inputClosed)
        #expect(!line.isOpen)
        #expect(await line.session.waitUntilClosing() == nil)
        await #expect(throws: WebSocketClosed.self) { try await line.session.send(WebSocketText("late")) }
    }

    @Test func `reading stops when the session is behind, and goes on when it catches up`() async throws {
        let line = try await Line()
        let reads = NIOLockedValueBox(0)
        let channel = line.channel
        try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandler(ReadCounter(reads), position: .first)
        }
        for _ in 0..<8 { try await line.receive(Line.text("x")) }
        let before = reads.withLockedValue { $0 }
        try await line.readMore()
        #expect(reads.withLockedValue { $0 } == before)
        var iterator = line.session.messages.makeAsyncIterator()
        for _ in 0..<8 { #expect(await iterator.next() == .text("x")) }
        await channel.testingEventLoop.run()
        #expect(reads.withLockedValue { $0 } == before + 1)
        try await line.readMore()
        #expect(reads.withLockedValue { $0 } == before + 2)
    }
}

private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private let count: NIOLockedValueBox<Int>

    init(_ count: NIOLockedValueBox<Int>) { self.count = count }

    func read(context: ChannelHandlerContext) {
        count.withLockedValue { $0 += 1 }
        context.read()
    }
}
