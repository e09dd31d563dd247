internal import Bytes
internal import Jobs
internal import Store

/// The result of a job as it is served: what it says, whichever form the file has.
struct ResultFile: Sendable {
    let entry: CatalogEntry
    private let file: OpenFile
    /// Bytes that a compressed file unpacks to; nil for another one.
    private let unpackedSize: Int64?

    /// Nil when the file is gone, or cannot be read.
    init?(_ entry: CatalogEntry, in layout: OutputLayout) {
        let path = layout.root.appending(entry.result)
        guard let file = try? OpenFile.named(path) else { return nil }
        self.entry = entry
        self.file = file
        guard OutputLayout.isCompressed(entry.result) else {
            unpackedSize = nil
            return
        }
        guard let size = entry.contentSize ?? ResultFile.measure(path) else { return nil }
        unpackedSize = size
    }

    /// What a result unpacks to that the catalog does not tell the size of.
    private static func measure(_ path: RawPath) -> Int64? {
        guard let content = try? ContentReader(path) else { return nil }
        while let piece = try? content.read(1 << 17) { if piece.isEmpty { return content.count } }
        return nil
    }

    var path: RawPath { file.path }

    /// Bytes of what it says.
    var size: Int64 { unpackedSize ?? file.size }

    /// All that it says, as a stretch of an answer.
    var piece: WebAnswer.Piece { unpackedSize.map { .unpacked(file, 0..<$0) } ?? .file(file, 0..<file.size) }

    /// The answer to a request for the result. A client that takes gzip gets a compressed file as it is; parts are always
    /// of what it says.
    func answer(to request: WebRequest) -> WebAnswer {
        let tag = "\"\(entry.sha256)\""
        guard let unpackedSize else {
            return FileAnswer.make(file, for: request, as: .shown(ContentType.json), entityTag: tag)
        }
        var answer: WebAnswer
        let takesPacked = ContentCoding.takesGzip(request.header("accept-encoding"))
        let knows = EntityTag.isNamed(tag, in: request.header("if-none-match"))
        if takesPacked, !knows, request.header("range") == nil {
            let own = "\"\(entry.sha256)-gzip\""
            answer = FileAnswer.make(file, for: request, as: .shown(ContentType.json), entityTag: own)
            answer.fields["accept-ranges"] = nil
            if answer.status == 200 { answer.fields["content-encoding"] = "gzip" }
        } else {
            answer = FileAnswer.make(
                file, for: request, as: .shown(ContentType.json), entityTag: tag, contentSize: unpackedSize)
        }
        answer.fields["vary"] = "Accept-Encoding"
        return answer
    }
}

/// How a client takes the bytes of an answer (RFC 9110, section 12.5.3).
enum ContentCoding {
    /// Whether an `Accept-Encoding` field names gzip and does not refuse it.
    static func takesGzip(_ field: String?) -> Bool {
        func weight(_ parts: ArraySlice<Substring>) -> Double {
            let value = parts.lazy.map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
                .first { $0.hasPrefix("q=") }
            return value.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
        }
        var weights: [String: Double] = [:]
        for entry in (field ?? "").split(separator: ",") {
            let parts = entry.split(separator: ";")
            guard let name = parts.first?.filter({ $0 != " " && $0 != "\t" }).lowercased() else { continue }
            weights[name] = weight(parts.dropFirst())
        }
        return (weights["gzip"] ?? weights["x-gzip"] ?? weights["*"] ?? 0) > 0
    }
}
