/// Answers with a file: whole, a range of it, or the news that the client has it already.
package enum FileAnswer {
    /// - Parameters:
    ///   - type: by the file's name when nil.
    ///   - entityTag: with its quotation marks; of size and time when nil.
    ///   - size: the bytes of the file to serve; all of it when nil.
    ///   - contentSize: what a compressed file unpacks to, where that is served; nil serves the file as it is.
    package static func make(
        _ file: OpenFile, for request: WebRequest, type: String? = nil, entityTag: String? = nil, size: Int64? = nil,
        contentSize: Int64? = nil
    ) -> WebAnswer {
        let size = contentSize ?? min(size ?? file.size, file.size)
        func piece(_ range: Range<Int64>) -> WebAnswer.Piece {
            contentSize == nil ? .file(file, range) : .unpacked(file, range)
        }
        let tag = entityTag ?? file.entityTag
        var answer = WebAnswer(
            fields: [
                "etag": tag, "accept-ranges": "bytes", "cache-control": "no-cache",
                "content-type": type ?? ContentType.of(file.path),
            ])
        if EntityTag.isNamed(tag, in: request.header("if-none-match")) {
            answer.status = 304
            answer.fields["content-type"] = nil
            return answer
        }
        // RFC 9110 defines ranges for GET alone.
        let isAsked = !request.isHead && EntityTag.permitsRange(tag, request.header("if-range"))
        switch ByteRange(isAsked ? request.header("range") : nil, size: size) {
        case .whole: answer.body = [piece(0..<size)]
        case .part(let range):
            answer.status = 206
            answer.fields["content-range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            answer.body = [piece(range)]
        case .refused:
            return .error(
                416, "one range within the file's \(size) bytes can be had",
                fields: ["content-range": "bytes */\(size)", "accept-ranges": "bytes"])
        }
        return answer
    }
}
