import NIOCore
import TestSupport
import Testing

@testable import WebSocketChannel

/// What a client may send, and what ends its connection with which code.
@Suite struct FrameTests {
    struct Breach: CustomTestStringConvertible, Sendable {
        var what: String
        var frames: [[UInt8]]
        var code: UInt16
        var testDescription: String { what }
    }

    static let breaches: [Breach] = {
        let frame = { Line.frame($0, $1) }
        var all = [
            Breach(what: "unmasked text", frames: [Line.frame(1, [65], isMasked: false)], code: 1002),
            Breach(what: "unmasked ping", frames: [Line.frame(9, [65], isMasked: false)], code: 1002),
            Breach(what: "unmasked close", frames: [Line.frame(8, [3, 232], isMasked: false)], code: 1002),
            Breach(what: "ping of 126 bytes", frames: [frame(9, Array(repeating: 0, count: 126))], code: 1002),
            Breach(what: "close of 126 bytes", frames: [frame(8, Array(repeating: 3, count: 126))], code: 1002),
            Breach(what: "fragmented ping", frames: [Line.frame(9, [1], isLast: false)], code: 1002),
            Breach(what: "stray continuation", frames: [frame(0, [65])], code: 1002),
            Breach(
                what: "message within a message", frames: [Line.frame(1, [65], isLast: false), frame(1, [65])],
                code: 1002),
            Breach(what: "close of one byte", frames: [frame(8, [3])], code: 1002),
            Breach(what: "close with bad UTF-8", frames: [frame(8, Line.code(1000, [0xff]))], code: 1007),
            Breach(what: "close with a cut character", frames: [frame(8, Line.code(1000, [0xc3]))], code: 1007),
            Breach(
                what: "text that turns bad in its last fragment",
                frames: [Line.frame(1, [65], isLast: false), frame(0, [0xed, 0xa0, 0x80])], code: 1007),
            Breach(
                what: "text that ends inside a character",
                frames: [Line.frame(1, [0xe2], isLast: false), frame(0, [0x82])], code: 1007),
            Breach(
                what: "bad text in a fragment before the last", frames: [Line.frame(1, [0xc0, 0xaf], isLast: false)],
                code: 1007),
            Breach(what: "frame past the limit", frames: [Line.frame(2, claims: 65537)], code: 1009),
            Breach(what: "frame of 1 GiB", frames: [Line.frame(2, claims: 1 << 30)], code: 1009),
            Breach(what: "frame of 2^63-1 bytes", frames: [Line.frame(2, claims: 1 << 63 - 1)], code: 1009),
            Breach(what: "frame of 2^63 bytes and more", frames: [Line.frame(2, claims: 1 << 63 + 5)], code: 1009),
            Breach(
                what: "message past the limit",
                frames: [
                    Line.frame(2, Array(repeating: 1, count: 40000), isLast: false),
                    frame(0, Array(repeating: 1, count: 40000)),
                ], code: 1009),
            Breach(
                what: "more fragments than the limit",
                frames: [Line.frame(1, isLast: false)]
                    + Array(repeating: Line.frame(0, isLast: false), count: 4096), code: 1008),
        ]
        for bit in [1, 2, 4] as [UInt8] {
            all.append(Breach(what: "reserved bit \(bit)", frames: [Line.frame(1, [65], reserved: bit)], code: 1002))
        }
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8] {
            all.append(Breach(what: "opcode \(opcode)", frames: [frame(opcode, [])], code: 1002))
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] as [UInt16] {
            all.append(Breach(what: "close code \(code)", frames: [frame(8, Line.code(code))], code: 1002))
        }
        for bytes in [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xc3]] as [[UInt8]] {
            all.append(Breach(what: "text \(bytes)", frames: [frame(1, bytes)], code: 1007))
        }
        return all
    }()

    @Test(arguments: breaches)
    func `a breach of the rules ends the connection with its code`(breach: Breach) async throws {
        let line = try await Line()
        for frame in breach.frames { try await line.receive(frame) }
        let sent = try await line.sent()
        #expect(sent == [.close(breach.code)])
        #expect(!line.isOpen)
    }

    @Test(arguments: breaches.filter { $0.frames.count == 1 })
    func `a breach is seen however its bytes are cut`(breach: Breach) async throws {
        let line = try await Line()
        for byte in breach.frames[0] { try await line.receive([byte]) }
        #expect(try await line.sent() == [.close(breach.code)])
    }

    @Test func `messages come whole, in order, and free of their masks`() async throws {
        let line = try await Line()
        try await line.receive(Line.text("one") + Line.frame(2, [0, 255]) + Line.frame(1))
        let whole = Array("κόσμε 🎬".utf8)
        // Cut inside a character, with an empty fragment and a ping between.
        try await line.receive(Line.frame(1, Array(whole[..<3]), isLast: false) + Line.frame(0, isLast: false))
        try await line.receive(Line.frame(9, [7]) + Line.frame(0, Array(whole[3...])))
        try await line.receive(Line.frame(8, Line.code(1000)))
        var messages: [WebSocketMessage] = []
        for await message in line.session.messages { messages.append(message) }
        #expect(messages == [.text("one"), .binary([0, 255]), .text(""), .text("κόσμε 🎬")])
        #expect(try await line.sent() == [.init(opcode: 10, body: [7]), .close(1000)])
    }

    @Test func `a message of exactly the limit is taken, whole and in fragments`() async throws {
        let line = try await Line()
        let half = [UInt8](repeating: 97, count: 32768)
        try await line.receive(Line.frame(2, half + half))
        try await line.receive(Line.frame(2, half, isLast: false) + Line.frame(0, half))
        try await line.receive(Line.frame(8))
        var sizes: [Int] = []
        for await case .binary(let bytes) in line.session.messages { sizes.append(bytes.count) }
        #expect(sizes == [65536, 65536])
    }

    @Test(arguments: [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999] as [UInt16])
    func `a legal close code is echoed, and that is the end`(code: UInt16) async throws {
        let line = try await Line()
        try await line.receive(
            Line.frame(8, Line.code(code, Array("why".utf8))) + Line.frame(9, [1]) + Line.text("late"))
        #expect(try await line.sent() == [.close(code)])
        #expect(!line.isOpen)
    }

    @Test func `an empty close is answered by an empty close`() async throws {
        let line = try await Line()
        try await line.receive(Line.frame(8))
        #expect(try await line.sent() == [.init(opcode: 8, body: [])])
    }

    @Test func `every ping is answered while the socket has room, and only the last one when it had none`() async throws
    {
        let line = try await Line()
        try await line.receive((0..<3).flatMap { Line.frame(9, [$0]) })
        #expect(try await line.sent() == (0..<3).map { .init(opcode: 10, body: [$0]) })
        try await line.setWritable(false)
        try await line.receive((10..<200).flatMap { Line.frame(9, [$0]) })
        #expect(try await line.sent() == [])
        try await line.setWritable(true)
        #expect(try await line.sent() == [.init(opcode: 10, body: [199])])
    }

    @Test func `a pong that nobody asked for is nothing`() async throws {
        let line = try await Line()
        try await line.receive(Line.frame(10, [1, 2, 3]))
        #expect(try await line.sent() == [])
        #expect(line.isOpen)
    }

    @Test func `UTF-8 is what the standard library takes for it, wherever it is cut`() {
        let edges: [UInt8] = [
            0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
            0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
        ]
        var count = 0
        func look(_ bytes: [UInt8]) {
            let expected = String(validating: bytes, as: UTF8.self) != nil
            for cut in 0...bytes.count {
                var check = UTF8Check()
                let isLegal = check.accept(bytes[..<cut]) && check.accept(bytes[cut...]) && check.isWhole
                if isLegal != expected { Issue.record("\(bytes) cut at \(cut)") }
            }
            count += 1
        }
        for a in edges {
            look([a])
            for b in edges {
                look([a, b])
                for c in edges {
                    look([a, b, c])
                    if a >= 0xf0 { for d in edges { look([a, b, c, d]) } }
                }
            }
        }
        #expect(count > 90_000)
    }
}
