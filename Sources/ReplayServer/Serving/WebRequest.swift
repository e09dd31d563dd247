package import Bytes

/// A request as routes see it: checked, decoded, and with its whole body.
package struct WebRequest: Sendable {
    package enum Method: String, Sendable, CaseIterable { case get = "GET", put = "PUT" }

    package var method: Method
    /// HEAD is served as GET whose body is left out.
    package var isHead: Bool
    package var target: RequestTarget
    /// What stands in the path for the `{name}`s of the route.
    package var parameters: [String: String]
    /// What stands in the path for the route's `**`: names of files, which need not be text.
    package var rest: [RawPath]
    /// At most the server's limit.
    package var body: [UInt8]
    private var fields: [String: String]

    /// - Parameter fields: values by names in any case.
    package init(
        _ method: Method, _ target: String, fields: [String: String] = [:], isHead: Bool = false,
        parameters: [String: String] = [:], rest: [RawPath] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.isHead = isHead
        self.target = RequestTarget(target)
        self.parameters = parameters
        self.rest = rest
        self.body = body
        self.fields = Dictionary(fields.map { ($0.key.lowercased(), $0.value) }) { "\($0), \($1)" }
    }

    /// A header field's value, several joined by commas; nil when it was not sent.
    package func header(_ name: String) -> String? { fields[name.lowercased()] }

    /// A member of the query, decoded.
    package func query(_ name: String) -> String? { target.query[name] }
}

/// A path, a method, and who answers.
package struct WebRoute: Sendable {
    package typealias Handler = @Sendable (WebRequest) async throws -> WebAnswer

    let method: WebRequest.Method
    let components: [String]
    let handler: Handler

    /// - Parameters:
    ///   - path: components are fixed, or `{name}` for any one. Behind fixed ones `**` stands for any number of names, of
    ///     which the last is a file's and so has no slash behind it.
    ///   - handler: throws ``WebError`` for an error with a sentence of its own; any other error is a 500.
    package init(_ method: WebRequest.Method, _ path: String, _ handler: @escaping Handler) {
        self.method = method
        components = path.split(separator: "/").map { String($0) }
        self.handler = handler
    }

    /// The path as the router writes it.
    var path: String { "/" + components.joined(separator: "/") }
}
