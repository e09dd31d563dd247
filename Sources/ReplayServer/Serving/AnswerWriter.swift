internal import Bytes
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import NIOPosix

/// Turns an answer into a response of Hummingbird's.
enum AnswerWriter {
    /// Bytes of a file that are in memory at once.
    private static let pieceSize = 64 << 10

    static func response(_ answer: WebAnswer, isHead: Bool, channel: any Channel) -> Response {
        var fields = HTTPFields()
        for (name, value) in answer.fields.sorted(by: { $0.key < $1.key }) {
            guard let name = HTTPField.Name(name) else { preconditionFailure("no field's name: \(name)") }
            fields[name] = value
        }
        let hasNoBody = answer.status == 204 || answer.status == 304
        if !hasNoBody { fields[.contentLength] = String(answer.length) }
        var response = Response(
            status: .init(code: answer.status), headers: fields,
            body: isHead || hasNoBody ? .init() : body(answer, channel))
        if hasNoBody { response.headers[.contentLength] = nil }
        return response
    }

    private static func body(_ answer: WebAnswer, _ channel: any Channel) -> ResponseBody {
        if case .bytes(let bytes)? = answer.body.first, answer.body.count == 1 {
            return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        }
        let pieces = answer.body
        return ResponseBody(contentLength: Int(answer.length)) { writer in
            for piece in pieces {
                switch piece {
                case .bytes(let bytes): try await writer.write(ByteBuffer(bytes: bytes))
                case .file(let file, let range): try await write(file, range, to: writer, channel)
                }
            }
            try await writer.finish(nil)
        }
    }

    /// Reads on a thread that may wait for the disk, and writes at the client's pace.
    private static func write(
        _ file: OpenFile, _ range: Range<Int64>, to writer: any ResponseBodyWriter, _ channel: any Channel
    ) async throws {
        var writer = writer
        var offset = range.lowerBound
        while offset < range.upperBound {
            let (start, count) = (offset, Int(min(Int64(pieceSize), range.upperBound - offset)))
            let bytes = try await NIOThreadPool.singleton.runIfActive { try file.read(at: start, count: count) }
            // The length is promised: a file that became shorter ends the connection instead.
            guard bytes.count == count else { throw ShortFile() }
            try await writer.write(ByteBuffer(bytes: bytes))
            // A writer off the event loop runs ahead of it otherwise, and what it wrote piles up.
            try await channel.eventLoop.submit {}.get()
            offset += Int64(count)
        }
    }

    private struct ShortFile: Error {}
}
