internal import Bytes
internal import HTTPTypes

/// Which answer a path means, and by which methods. Paths are matched as they were sent, segment by segment: nothing is
/// normalised, so no two spellings of a path mean the same file.
struct Routes: Sendable {
    /// A request as routes see it.
    struct Call: Sendable {
        let method: HTTPRequest.Method
        /// What stands in the path for the pattern's `*`, percent-decoded, in order.
        var parts: [String] = []
        /// For a pattern that ends in `**`: what follows, as it was sent.
        var rest = ""
        let query: Query
        /// The whole body, read when asked for.
        let body: @Sendable () async throws(Refusal) -> [UInt8]
    }

    typealias Handler = @Sendable (Call) async throws(Refusal) -> Reply

    private struct Route: Sendable {
        let pattern: [Substring]
        var handlers: [HTTPRequest.Method: Handler]
    }

    private var routes: [Route] = []

    /// Adds an answer to `GET` and `HEAD`.
    mutating func get(_ pattern: StaticString, _ handler: @escaping Handler) { on(.get, pattern, handler) }

    mutating func put(_ pattern: StaticString, _ handler: @escaping Handler) { on(.put, pattern, handler) }

    private mutating func on(_ method: HTTPRequest.Method, _ pattern: StaticString, _ handler: @escaping Handler) {
        let segments = "\(pattern)".split(separator: "/", omittingEmptySubsequences: false)
        if let place = routes.firstIndex(where: { $0.pattern == segments }) {
            routes[place].handlers[method] = handler
        } else {
            routes.append(Route(pattern: segments, handlers: [method: handler]))
        }
    }

    /// The answer to a request. `path` is as it was sent, without its query.
    ///
    /// - Throws: ``Refusal`` with 404 for a path that means nothing, 405 for a method that it does not have.
    func answer(_ path: String, _ call: Call) async throws(Refusal) -> Reply {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        for route in routes {
            guard let (parts, rest) = Routes.match(route.pattern, segments) else { continue }
            guard let handler = route.handlers[call.method == .head ? .get : call.method] else {
                throw Refusal(
                    status: 405, detail: "\(Escape.visible(call.method.rawValue)) is not possible here",
                    allow: Routes.allowed(route))
            }
            var call = call
            (call.parts, call.rest) = (parts, rest)
            return try await handler(call)
        }
        throw .notFound("nothing at \(Escape.visible(String(path.prefix(200))))")
    }

    /// The methods that a path has, for the `allow` of an answer; nil for a path that means nothing.
    func methods(_ path: String) -> String? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        return routes.first { Routes.match($0.pattern, segments) != nil }.map { Routes.allowed($0) }
    }

    private static func allowed(_ route: Route) -> String {
        var names = ["OPTIONS"]
        if route.handlers[.get] != nil { names += ["GET", "HEAD"] }
        if route.handlers[.put] != nil { names.append("PUT") }
        return names.sorted().joined(separator: ", ")
    }

    private static func match(_ pattern: [Substring], _ segments: [Substring]) -> (parts: [String], rest: String)? {
        var parts: [String] = []
        for (place, wanted) in pattern.enumerated() {
            if wanted == "**" { return (parts, segments[min(place, segments.count)...].joined(separator: "/")) }
            guard place < segments.count else { return nil }
            if wanted == "*" {
                guard let part = PercentEncoding.decode(segments[place]), !part.isEmpty else { return nil }
                parts.append(part)
            } else if wanted != segments[place] {
                return nil
            }
        }
        return pattern.count == segments.count ? (parts, "") : nil
    }
}

/// RFC 3986, section 2.1.
enum PercentEncoding {
    /// Nil for broken escapes and what is not UTF-8 without them.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        bytes(text, plusIsSpace: plusIsSpace).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Nil for broken escapes.
    static func bytes(_ text: some StringProtocol, plusIsSpace: Bool = false) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+"), plusIsSpace {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

extension Query {
    /// What stands behind the question mark of a request.
    init(_ text: some StringProtocol) {
        self.init(
            text.split(separator: "&").map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                func side(_ place: Int) -> String {
                    place < sides.count ? PercentEncoding.decode(sides[place], plusIsSpace: true) ?? "\u{fffd}" : ""
                }
                return (side(0), side(1))
            })
    }
}
