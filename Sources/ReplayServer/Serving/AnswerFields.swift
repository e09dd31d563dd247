internal import NIOHTTP1

/// The header fields that every answer gets: for safety, and for pages of other origins that have access (CORS).
struct AnswerFields: Sendable {
    /// The origin that has access; nil when none was sent or it has none.
    var origin: String?

    func add(to answer: inout WebAnswer) {
        answer.fields["x-content-type-options"] = "nosniff"
        answer.fields["referrer-policy"] = "no-referrer"
        // A page of another site may not embed what it may not read. Ports do not make another site.
        answer.fields["cross-origin-resource-policy"] = "same-site"
        answer.fields["vary"] = (answer.fields["vary"].map { $0 + ", " } ?? "") + "Origin"
        guard let origin else { return }
        answer.fields["access-control-allow-origin"] = origin
        answer.fields["access-control-expose-headers"] = "ETag, Content-Range, Accept-Ranges, Allow"
    }

    /// What a browser asks before it lets a page send a request of its own.
    func preflight() -> WebAnswer {
        WebAnswer(
            status: 204,
            fields: [
                "access-control-allow-methods": "GET, HEAD, PUT, OPTIONS",
                "access-control-allow-headers": "Content-Type, X-API-Key, Range, If-Range, If-None-Match",
                "access-control-max-age": "600", "cache-control": "no-store",
            ])
    }

    /// An answer in memory that ends its connection, ready to be written.
    func encoded(_ answer: WebAnswer) -> (status: Int, fields: HTTPHeaders, body: [UInt8]) {
        var answer = answer
        add(to: &answer)
        let body = answer.body.flatMap { piece in if case .bytes(let bytes) = piece { bytes } else { [UInt8]() } }
        var fields = HTTPHeaders(answer.fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        fields.replaceOrAdd(name: "content-length", value: String(body.count))
        fields.replaceOrAdd(name: "connection", value: "close")
        return (answer.status, fields, body)
    }
}
