package import Bytes

/// What a route answers. It becomes an HTTP response in one place, which adds length, date and the fields of safety.
package struct WebAnswer: Sendable {
    /// A stretch of a body. Files are read piece by piece as the client takes them.
    package enum Piece: Sendable {
        case bytes([UInt8])
        case file(OpenFile, Range<Int64>)
        /// Of what a compressed file unpacks to; one file is in one piece at most.
        case unpacked(OpenFile, Range<Int64>)

        var count: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, let range), .unpacked(_, let range): Int64(range.count)
            }
        }
    }

    package var status: Int
    /// Names in lower case.
    package var fields: [String: String]
    package var body: [Piece]

    package init(status: Int = 200, fields: [String: String] = [:], body: [Piece] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Bytes of the body.
    package var length: Int64 { body.reduce(0) { $0 + $1.count } }

    /// A JSON document, not to be kept by anybody.
    package static func json(_ value: JSON, status: Int = 200) -> WebAnswer {
        json(encoded: [.bytes(JSONWriter.encode(value))], status: status)
    }

    /// A JSON document that is written already, or lies in a file.
    package static func json(encoded: [Piece], status: Int = 200) -> WebAnswer {
        WebAnswer(
            status: status, fields: ["content-type": ContentType.json, "cache-control": "no-store"], body: encoded)
    }

    /// An error in the shape all errors have: `{"detail":"one sentence"}`.
    package static func error(_ status: Int, _ detail: String, fields: [String: String] = [:]) -> WebAnswer {
        var answer = json(.members(["detail": .string(detail)]), status: status)
        answer.fields.merge(fields) { _, new in new }
        return answer
    }

    /// A page, or anything else that is in memory.
    package static func bytes(_ bytes: [UInt8], type: String, cacheControl: String = "no-cache") -> WebAnswer {
        WebAnswer(fields: ["content-type": type, "cache-control": cacheControl], body: [.bytes(bytes)])
    }

    /// Sends the client elsewhere, with a request of the same method.
    package static func redirect(to path: String) -> WebAnswer {
        WebAnswer(status: 307, fields: ["location": path, "cache-control": "no-store"])
    }
}

/// Ends a route with an error answer.
package struct WebError: Error, Sendable, Equatable {
    package var status: Int
    package var detail: String
    package var fields: [String: String]

    package init(_ status: Int, _ detail: String, fields: [String: String] = [:]) {
        self.status = status
        self.detail = detail
        self.fields = fields
    }
}
