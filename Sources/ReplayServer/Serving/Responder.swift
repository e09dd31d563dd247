internal import Bytes
internal import NIOCore
internal import NIOHTTP1
internal import WebSocketChannel

/// Answers every request: who may ask, what is asked, and by which route.
struct Responder: Sendable {
    let policy: AccessPolicy
    let limits: ServerLimits
    let routes: [WebRoute]
    let webSocket: WebSocketRoute
    let log: @Sendable (String) -> Void

    /// - Parameters:
    ///   - requests: gives the request's body.
    ///   - local: the address at which the client reached the server.
    /// - Throws: when the connection ends before the body does.
    func answer(
        _ head: HTTPRequestHead, _ requests: inout RequestReader, client: SocketAddress?, local: SocketAddress?
    ) async throws -> WebAnswer {
        let origins = head.headers["origin"]
        let refusal = policy.refusal(host: head.host, origins: origins, reachedAt: local?.ipAddress)
        let fields = AnswerFields(origin: refusal == nil ? origins.first : nil)
        var answer: WebAnswer
        do {
            if let refusal { throw WebError(refusal.status, refusal.detail, fields: refusal.fields) }
            answer = try await self.answer(head, &requests, fields)
        } catch let error as WebError {
            answer = .error(error.status, error.detail, fields: error.fields)
        }
        if [400, 403, 413, 421].contains(answer.status) {
            let path = Escape.visible(String(head.uri.prefix(200)))
            log("refused \(client?.ipAddress ?? "a client"): \(head.method.rawValue) \(path): \(answer.status)")
        }
        fields.add(to: &answer)
        return answer
    }

    private func answer(
        _ head: HTTPRequestHead, _ requests: inout RequestReader, _ fields: AnswerFields
    ) async throws -> WebAnswer {
        if head.method == .OPTIONS { return options(head, fields) }
        guard head.uri.hasPrefix("/") else { throw WebError(400, "the request's target must begin with a slash") }
        var request = WebRequest(head)
        request.body = try await body(head, &requests)
        try await refuseWebSocketPath(request, head.method)
        return try await routed(request, head.method)
    }

    private func options(_ head: HTTPRequestHead, _ fields: AnswerFields) -> WebAnswer {
        if head.headers.contains(name: "access-control-request-method"), fields.origin != nil {
            return fields.preflight()
        }
        return WebAnswer(status: 204, fields: ["allow": "GET, HEAD, PUT, OPTIONS", "cache-control": "no-store"])
    }

    private func body(_ head: HTTPRequestHead, _ requests: inout RequestReader) async throws -> [UInt8] {
        let length = head.headers.first(name: "content-length").map { Int($0) ?? .max } ?? 0
        guard length <= limits.bodyBytes, let body = try await requests.body(limit: limits.bodyBytes) else {
            throw WebError(
                413, "a request's body has at most \(limits.bodyBytes) bytes", fields: ["connection": "close"])
        }
        return body
    }

    /// A WebSocket's path is nothing to be fetched.
    private func refuseWebSocketPath(_ request: WebRequest, _ method: HTTPMethod) async throws {
        switch await webSocket(request) {
        case .notHere: return
        case .accept where method != .GET && method != .HEAD:
            throw WebError(405, "a WebSocket is opened by GET", fields: ["allow": "GET"])
        case .accept:
            throw WebError(426, "this is the address of a WebSocket", fields: ["upgrade": "websocket"])
        case .refuse(let error): throw error
        }
    }

    private func routed(_ request: WebRequest, _ method: HTTPMethod) async throws -> WebAnswer {
        let found = routes.compactMap { route in route.filled(request).map { (route, $0) } }
        guard !found.isEmpty else { throw WebError(404, "there is no such page") }
        guard let (route, filled) = found.first(where: { $0.0.method.covers(method) }) else {
            let own = found.map(\.0.method)
            let names = (own.contains(.get) ? ["GET", "HEAD"] : []) + (own.contains(.put) ? ["PUT"] : [])
            let list = (names + ["OPTIONS"]).joined(separator: ", ")
            throw WebError(405, "that method is not for this path", fields: ["allow": list])
        }
        do {
            return try await route.handler(filled)
        } catch let error as WebError {
            throw error
        } catch {
            log("error at \(Escape.visible(request.target.path)): \(error)")
            throw WebError(500, "the server failed at this; its log tells more")
        }
    }
}

extension HTTPRequestHead {
    /// Nil when there is none, or more than one.
    var host: String? {
        let hosts = headers["host"]
        return hosts.count == 1 ? hosts[0] : nil
    }
}

extension WebRequest {
    /// A request without its body.
    init(_ head: HTTPRequestHead) {
        let fields = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { "\($0), \($1)" }
        self.init(head.method == .PUT ? .put : .get, head.uri, fields: fields, isHead: head.method == .HEAD)
    }
}

extension WebRequest.Method {
    fileprivate func covers(_ method: HTTPMethod) -> Bool {
        switch self {
        case .get: method == .GET || method == .HEAD
        case .put: method == .PUT
        }
    }
}

extension WebRoute {
    /// The request with what its path says in the route's open places, or nil when the path is not the route's.
    fileprivate func filled(_ request: WebRequest) -> WebRequest? {
        var request = request
        if components.last == "**" {
            let fixed = components.dropLast().map { RawPath($0) }
            guard let names = request.target.names, names.count > fixed.count, names.starts(with: fixed),
                !request.target.endsWithSlash
            else { return nil }
            request.rest = Array(names[fixed.count...])
            return request
        }
        guard let given = request.target.components, given.count == components.count else { return nil }
        for (component, given) in zip(components, given) {
            if component.hasPrefix("{") {
                request.parameters[String(component.dropFirst().dropLast())] = given
            } else if component != given {
                return nil
            }
        }
        return request
    }
}
