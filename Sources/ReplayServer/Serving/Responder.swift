internal import Bytes
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import WebSocketChannel

/// What a request brings along through Hummingbird's router.
struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// The request in our own words, and where its route leaves the answer.
    var request = WebRequest(.get, "/")
    let answer = NIOLockedValueBox<WebAnswer?>(nil)

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// Answers every request: who may ask, what is asked, by which route, and how the answer becomes HTTP.
struct ServerResponder: HTTPResponder {
    let policy: AccessPolicy
    let limits: ServerLimits
    let routes: any HTTPResponder<ServerContext>
    let webSocket: WebSocketRoute
    let log: @Sendable (String) -> Void

    func respond(to request: Request, context: ServerContext) async throws -> Response {
        let origins = request.headers[values: .origin]
        let refusal = policy.refusal(host: request.head.authority, origins: origins)
        let fields = AnswerFields(origin: refusal == nil ? origins.first : nil)
        var answer: WebAnswer
        if let refusal {
            answer = .error(refusal.status, refusal.detail, fields: refusal.fields)
        } else {
            answer = try await self.answer(request, context, fields)
        }
        if [400, 403, 413, 421].contains(answer.status) {
            let path = Escape.visible(String((request.head.path ?? "").prefix(200)))
            let client = context.channel.remoteAddress?.ipAddress ?? "a client"
            log("refused \(client): \(request.method.rawValue) \(path): \(answer.status)")
        }
        fields.add(to: &answer)
        return AnswerWriter.response(answer, isHead: request.method == .head, channel: context.channel)
    }

    /// - Throws: an HTTP parser error in the body, which is answered below.
    private func answer(_ request: Request, _ context: ServerContext, _ fields: AnswerFields) async throws -> WebAnswer
    {
        do {
            if request.method == .options { return options(request, fields) }
            guard let target = request.head.path, target.hasPrefix("/") else {
                throw WebError(400, "the request's target must begin with a slash")
            }
            let body = try await collect(request)
            var web = WebRequest(request, target, body: body)
            try await refuseWebSocketPath(web, request.method)
            guard let components = web.target.components else { throw WebError(404, "there is no such page") }
            web.isHead = request.method == .head
            var context = context
            context.request = web
            return try await routed(request, "/" + components.joined(separator: "/"), context)
        } catch let error as WebError {
            return .error(error.status, error.detail, fields: error.fields)
        }
    }

    private func options(_ request: Request, _ fields: AnswerFields) -> WebAnswer {
        if request.headers[.accessControlRequestMethod] != nil, fields.origin != nil { return fields.preflight() }
        return WebAnswer(status: 204, fields: ["allow": "GET, HEAD, PUT, OPTIONS", "cache-control": "no-store"])
    }

    private func collect(_ request: Request) async throws -> [UInt8] {
        let error = WebError(
            413, "a request's body has at most \(limits.bodyBytes) bytes", fields: ["connection": "close"])
        if let length = request.headers[.contentLength], Int(length).map({ $0 > limits.bodyBytes }) ?? true {
            throw error
        }
        var body: [UInt8] = []
        for try await piece in request.body {
            body.append(contentsOf: piece.readableBytesView)
            guard body.count <= limits.bodyBytes else { throw error }
        }
        return body
    }

    /// A WebSocket's path is nothing to be fetched.
    private func refuseWebSocketPath(_ request: WebRequest, _ method: HTTPRequest.Method) async throws {
        switch await webSocket(request) {
        case .notHere: return
        case .accept where method != .get && method != .head:
            throw WebError(405, "a WebSocket is opened by GET", fields: ["allow": "GET"])
        case .accept:
            throw WebError(426, "this is the address of a WebSocket", fields: ["upgrade": "websocket"])
        case .refuse(let error): throw error
        }
    }

    private func routed(_ request: Request, _ path: String, _ context: ServerContext) async throws -> WebAnswer {
        var head = request.head
        head.path = path
        if !RouteTable.methods.contains(head.method) { head.method = RouteTable.anyOther }
        _ = try await routes.respond(to: Request(head: head, body: .init(buffer: .init())), context: context)
        return context.answer.withLockedValue { $0 } ?? .error(404, "there is no such page")
    }
}

extension WebRequest {
    fileprivate init(_ request: Request, _ target: String, body: [UInt8]) {
        var fields: [String: String] = [:]
        for field in request.headers {
            fields[field.name.canonicalName, default: ""] +=
                (fields[field.name.canonicalName] == nil ? "" : ", ") + field.value
        }
        self.init(request.method == .put ? .put : .get, target, fields: fields, body: body)
    }
}

/// The routes as Hummingbird's router takes them.
enum RouteTable {
    static let methods: [HTTPRequest.Method] = [.get, .head, .put]
    /// Stands for every method that no route has, so that the router tells unknown paths from unknown methods.
    static let anyOther = HTTPRequest.Method.trace

    static func responder(
        _ routes: [WebRoute], log: @escaping @Sendable (String) -> Void
    ) -> any HTTPResponder<ServerContext> {
        let router = Router(context: ServerContext.self)
        for (path, routes) in Dictionary(grouping: routes, by: \.routerPath) {
            for method in methods + [anyOther] {
                let route = routes.first { $0.method.covers(method) }
                let allowed = Set(routes.map(\.method))
                router.on(RouterPath(path), method: method) { _, context in
                    let answer = await answer(route, allowed, context.request, log)
                    context.answer.withLockedValue { $0 = answer }
                    return Response(status: .ok)
                }
            }
        }
        return router.buildResponder()
    }

    private static func answer(
        _ route: WebRoute?, _ allowed: Set<WebRequest.Method>, _ request: WebRequest, _ log: @Sendable (String) -> Void
    ) async -> WebAnswer {
        guard let route else {
            let names = (allowed.contains(.get) ? ["GET", "HEAD"] : []) + (allowed.contains(.put) ? ["PUT"] : [])
            let list = (names + ["OPTIONS"]).joined(separator: ", ")
            return .error(405, "that method is not for this path", fields: ["allow": list])
        }
        do {
            return try await route.handler(route.filled(request))
        } catch let error as WebError {
            return .error(error.status, error.detail, fields: error.fields)
        } catch {
            log("error at \(Escape.visible(request.target.path)): \(error)")
            return .error(500, "the server failed at this; its log tells more")
        }
    }
}

extension WebRequest.Method {
    fileprivate func covers(_ method: HTTPRequest.Method) -> Bool {
        switch self {
        case .get: method == .get || method == .head
        case .put: method == .put
        }
    }
}

extension WebRoute {
    fileprivate var routerPath: String {
        "/" + components.map { $0.hasPrefix("{") ? ":" + $0.dropFirst().dropLast() : $0 }.joined(separator: "/")
    }

    /// The request with what its path says in the route's open places.
    fileprivate func filled(_ request: WebRequest) -> WebRequest {
        var request = request
        let given = request.target.components ?? []
        for (index, component) in components.enumerated() where index < given.count {
            if component == "**" {
                request.rest = Array(given[index...])
            } else if component.hasPrefix("{") {
                request.parameters[String(component.dropFirst().dropLast())] = given[index]
            }
        }
        return request
    }
}
