package import Bytes

/// Answers with a file: whole, a range of it, or the news that the client has it already.
package enum FileAnswer {
    /// What a browser may make of a file.
    package enum Use: Sendable, Equatable {
        /// A page of ours, which brings its own policy, or a part of one.
        case page
        /// Shown as this type, and nothing in it runs.
        case shown(String)
        /// Saved, never shown.
        case saved

        /// For a file that is anybody's: shown when nothing can run in what its name says, else saved.
        package static func of(_ name: RawPath) -> Use { ContentType.inert(name).map { .shown($0) } ?? .saved }
    }

    /// - Parameters:
    ///   - use: by the file's name when nil, as for a file that is anybody's.
    ///   - entityTag: with its quotation marks; of size and time when nil.
    ///   - size: the bytes of the file to serve; all of it when nil.
    ///   - contentSize: what a compressed file unpacks to, where that is served; nil serves the file as it is.
    package static func make(
        _ file: OpenFile, for request: WebRequest, as use: Use? = nil, entityTag: String? = nil, size: Int64? = nil,
        contentSize: Int64? = nil
    ) -> WebAnswer {
        let size = contentSize ?? min(size ?? file.size, file.size)
        func piece(_ range: Range<Int64>) -> WebAnswer.Piece {
            contentSize == nil ? .file(file, range) : .unpacked(file, range)
        }
        let tag = entityTag ?? file.entityTag
        let use = use ?? .of(file.path)
        var answer = WebAnswer(fields: fields(use, file.path))
        answer.fields.merge(["etag": tag, "accept-ranges": "bytes", "cache-control": "no-cache"]) { $1 }
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

    private static func fields(_ use: Use, _ path: RawPath) -> [String: String] {
        switch use {
        case .page: return ["content-type": ContentType.of(path)]
        case .shown(let type): return ["content-type": type, "content-security-policy": "sandbox"]
        case .saved:
            // Without a name the browser takes the last part of the address.
            let name = path.lastComponent
            let parameter = name.text.map { _ in "; filename*=UTF-8''\(Escape.urlPath(name.bytes))" } ?? ""
            return [
                "content-type": ContentType.bytes, "content-security-policy": "sandbox",
                "content-disposition": "attachment\(parameter)",
            ]
        }
    }
}
