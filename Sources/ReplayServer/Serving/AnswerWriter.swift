internal import Bytes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Turns an answer into the parts of a response.
enum AnswerWriter {
    /// Bytes of a file that are in memory at once.
    private static let pieceSize = 64 << 10
    /// The same of what is unpacked and not sent.
    private static let skippedSize = 1 << 20

    /// - Throws: when the client is gone, or a file has become shorter than its answer says. The connection is of no use
    ///   then.
    static func write(
        _ answer: WebAnswer, isHead: Bool, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        loop: any EventLoop
    ) async throws {
        var fields = HTTPHeaders(answer.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        let hasNoBody = answer.status == 204 || answer.status == 304
        if !hasNoBody { fields.replaceOrAdd(name: "content-length", value: String(answer.length)) }
        fields.add(name: "date", value: UTCTime.now.httpDate)
        let status = HTTPResponseStatus(statusCode: answer.status)
        var waiting: [HTTPServerResponsePart] = [
            .head(HTTPResponseHead(version: .http1_1, status: status, headers: fields))
        ]
        for piece in isHead || hasNoBody ? [] : answer.body {
            switch piece {
            case .bytes(let bytes): waiting.append(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
            case .file(let file, let range):
                try await outbound.write(contentsOf: waiting)
                waiting.removeAll()
                try await write(file, range, to: outbound, loop)
            case .unpacked(let file, let range):
                try await outbound.write(contentsOf: waiting)
                waiting.removeAll()
                try await write(UnpackedFile(file), range, to: outbound, loop)
            }
        }
        try await outbound.write(contentsOf: waiting + [.end(nil)])
    }

    /// Reads on a thread that may wait for the disk, and writes at the client's pace.
    private static func write(
        _ file: OpenFile, _ range: Range<Int64>, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>,
        _ loop: any EventLoop
    ) async throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let (start, count) = (offset, Int(min(Int64(pieceSize), range.upperBound - offset)))
            let bytes = try await NIOThreadPool.singleton.runIfActive { try file.read(at: start, count: count) }
            // The length is promised: a file that became shorter ends the connection instead.
            guard bytes.count == count else { throw ShortFile() }
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
            // A writer off the event loop runs ahead of it otherwise, and what it wrote piles up.
            try await loop.submit {}.get()
            offset += Int64(count)
        }
    }

    /// The same of a compressed file, which has to be unpacked from its beginning.
    private static func write(
        _ file: UnpackedFile, _ range: Range<Int64>,
        to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, _ loop: any EventLoop
    ) async throws {
        var offset: Int64 = 0
        while offset < range.upperBound {
            let isBefore = offset < range.lowerBound
            let end = isBefore ? range.lowerBound : range.upperBound
            let count = Int(min(Int64(isBefore ? skippedSize : pieceSize), end - offset))
            let bytes = try await NIOThreadPool.singleton.runIfActive { try file.read(count) }
            guard bytes.count == count else { throw ShortFile() }
            offset += Int64(count)
            if isBefore { continue }
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
            try await loop.submit {}.get()
        }
    }

    private struct ShortFile: Error {}
}
