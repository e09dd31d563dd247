internal import Bytes
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Turns requests into answers: who may ask, what the path means, and how a reply becomes HTTP.
struct Responder: HTTPResponder {
    typealias Context = BasicRequestContext

    let routes: Routes
    let access: Access

    /// Bytes of the longest body that is read.
    private static let bodyLimit = 64 << 10
    /// Bytes of a file that are in memory at once.
    private static let piece = 1 << 17

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let host = request.head.authority
        let origin = request.headers[.origin]
        var response: Response
        do throws(Refusal) {
            guard access.allows(host: host) else {
                throw Refusal(status: 421, detail: "this server is not called that; --allow-host adds a name")
            }
            guard access.allows(origin: origin, host: host) else {
                throw Refusal(status: 403, detail: "pages of this origin may not use this server; see --allow-origin")
            }
            response = try await answer(request)
        } catch {
            response = Responder.refusal(error)
            if error.status == 403 || error.status == 421 { return Responder.finished(response, request, nil) }
        }
        return Responder.finished(response, request, origin)
    }

    private func answer(_ request: Request) async throws(Refusal) -> Response {
        let path = request.head.path ?? ""
        let mark = path.firstIndex(of: "?") ?? path.endIndex
        if request.method == .options { return try preflight(String(path[..<mark]), request) }
        let body: @Sendable () async throws(Refusal) -> [UInt8] = { () async throws(Refusal) in
            do {
                return Array(buffer: try await request.body.collect(upTo: Responder.bodyLimit))
            } catch {
                throw Refusal(status: 413, detail: "the body is longer than 64 KiB")
            }
        }
        let call = Routes.Call(method: request.method, query: Query(path[mark...].dropFirst()), body: body)
        let reply = try await routes.answer(String(path[..<mark]), call)
        return try Responder.response(reply, request)
    }

    /// What a browser asks before it sends a page's request.
    private func preflight(_ path: String, _ request: Request) throws(Refusal) -> Response {
        guard let methods = routes.methods(path) else { throw .notFound("nothing at \(Escape.visible(path))") }
        var headers: HTTPFields = [.allow: methods]
        if request.headers[.accessControlRequestMethod] != nil {
            headers[.accessControlAllowMethods] = methods
            headers[.accessControlAllowHeaders] = "Content-Type, X-API-Key, Range"
            headers[.accessControlMaxAge] = "600"
        }
        return Response(status: .noContent, headers: headers)
    }

    // MARK: Replies

    private static func response(_ reply: Reply, _ request: Request) throws(Refusal) -> Response {
        switch reply {
        case .json(let value): return json(.ok, value)
        case .content(let bytes, let type): return content(.ok, bytes, type, HTTPFields())
        case .file(let file): return try self.file(file, request)
        case .document(let head, let file):
            let descriptor = try open(file)
            let size = Int64(head.count) + file.size + 1
            let fields: HTTPFields = [.contentType: MediaType.json, .cacheControl: "no-store"]
            return streamed(.ok, fields, size) { writer in
                try await writer.write(ByteBuffer(bytes: head))
                try await send(descriptor, 0..<file.size, &writer)
                try await writer.write(ByteBuffer(string: "}"))
            }
        }
    }

    private static func json(_ status: HTTPResponse.Status, _ value: JSON) -> Response {
        content(status, JSONWriter.encode(value), MediaType.json, [.cacheControl: "no-store"])
    }

    private static func content(
        _ status: HTTPResponse.Status, _ bytes: [UInt8], _ type: String, _ fields: HTTPFields
    ) -> Response {
        var fields = fields
        fields[.contentType] = type
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func refusal(_ refusal: Refusal) -> Response {
        var response = json(HTTPResponse.Status(code: refusal.status), ["detail": .string(refusal.detail)])
        if let allow = refusal.allow { response.headers[.allow] = allow }
        return response
    }

    private static func file(_ file: ServedFile, _ request: Request) throws(Refusal) -> Response {
        let tag = "\"\(file.tag)\""
        var fields: HTTPFields = [.eTag: tag, .acceptRanges: "bytes", .cacheControl: "no-cache"]
        if let name = file.name { fields[.contentDisposition] = "inline; filename=\"\(name)\"" }
        if let known = request.headers[.ifNoneMatch], EntityTags.contain(known, tag) {
            return Response(status: .notModified, headers: fields)
        }
        fields[.contentType] = file.type
        let range = ByteRange(request.headers[.range], if: request.headers[.ifRange], tag: tag, size: file.size)
        switch range {
        case .unsatisfiable:
            var response = refusal(Refusal(status: 416, detail: "the file has \(file.size) bytes"))
            response.headers[.contentRange] = "bytes */\(file.size)"
            return response
        case .part(let part):
            fields[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.size)"
            return try streamed(.partialContent, fields, file, part)
        case .whole: return try streamed(.ok, fields, file, 0..<file.size)
        }
    }

    private static func streamed(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, _ file: ServedFile, _ range: Range<Int64>
    ) throws(Refusal) -> Response {
        let descriptor = try open(file)
        return streamed(status, fields, Int64(range.count)) { try await send(descriptor, range, &$0) }
    }

    private static func streamed(
        _ status: HTTPResponse.Status, _ fields: HTTPFields, _ size: Int64,
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        let body = ResponseBody(contentLength: Int(size)) { writer in
            try await write(&writer)
            try await writer.finish(nil)
        }
        return Response(status: status, headers: fields, body: body)
    }

    /// An open file, closed when the answer that holds it is gone.
    private final class OpenFile: Sendable {
        let descriptor: Int32
        let path: RawPath
        init(_ path: RawPath) throws(SystemError) {
            self.path = path
            descriptor = try Files.openUnlinked(path)
        }
        deinit { Files.close(descriptor) }
    }

    private static func open(_ file: ServedFile) throws(Refusal) -> OpenFile {
        do throws(SystemError) {
            return try OpenFile(file.path)
        } catch {
            throw .notFound("the file cannot be read: \(error.reason)")
        }
    }

    private static func send(_ file: OpenFile, _ range: Range<Int64>, _ writer: inout any ResponseBodyWriter)
        async throws
    {
        var place = range.lowerBound
        while place < range.upperBound {
            let count = Int(min(Int64(piece), range.upperBound - place))
            let bytes = try Files.read(file.descriptor, at: place, count: count, path: file.path)
            // A file that was cut meanwhile: the length that was promised cannot be kept, so the connection ends.
            guard !bytes.isEmpty else { throw SystemError("read", file.path, code: 5) }
            try await writer.write(ByteBuffer(bytes: bytes))
            place += Int64(bytes.count)
        }
    }

    // MARK: For every answer

    private static func finished(_ response: Response, _ request: Request, _ origin: String?) -> Response {
        var response = response
        response.headers[.xContentTypeOptions] = "nosniff"
        if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
        if let origin {
            response.headers[.accessControlAllowOrigin] = origin
            response.headers[.accessControlExposeHeaders] = "ETag, Content-Range, Accept-Ranges"
        }
        response.headers[.vary] = "Origin"
        guard request.method == .head else { return response }
        if let length = response.body.contentLength { response.headers[.contentLength] = "\(length)" }
        response.body = ResponseBody()
        return response
    }
}
