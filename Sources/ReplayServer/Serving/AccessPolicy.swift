internal import NIOCore
package import WebSocketChannel

/// Who may talk to the server: the defence against pages of other sites and against DNS rebinding.
///
/// A request must name a loopback host, the host the server was bound to, a listed one, or the very address at which the
/// client reached the server: no name leads there, so that is no DNS rebinding. An origin, when one is sent, must be that
/// host's own, a loopback origin of any port, or a listed one.
///
/// Behind a proxy that speaks TLS the pages of a host are https, whatever this server speaks.
package struct AccessPolicy: Sendable {
    private var hosts: Set<String>
    private var origins: Set<String>

    /// - Parameters:
    ///   - boundHost: what the server was told to listen on, without brackets; an address that stands for all does not
    ///     count.
    ///   - hosts: `name` for any port of that name, or `name:port`.
    ///   - origins: `scheme://name` or `scheme://name:port`.
    package init(boundHost: String, hosts: [String] = [], origins: [String] = []) {
        self.hosts = Set(hosts.map { Self.lowercased($0) })
        self.origins = Set(origins.map { Self.lowercased($0) })
        if !["0.0.0.0", "::", ""].contains(boundHost) {
            self.hosts.insert(boundHost.contains(":") ? "[\(boundHost.lowercased())]" : boundHost.lowercased())
        }
    }

    /// Why a request with these header fields is not served, nil when it is.
    ///
    /// - Parameters:
    ///   - host: nil when there was none, or more than one.
    ///   - reachedAt: the address at which the client reached the server, as text; nil when it is not known.
    package func refusal(host: String?, origins sent: [String], reachedAt: String? = nil) -> Refusal? {
        guard let host, let (name, _) = Self.split(host) else { return Refusal(400, "exactly one Host is needed") }
        let isNamed = Self.isLoopback(name) || hosts.contains(name) || hosts.contains(Self.lowercased(host))
        guard isNamed || reachedAt.map({ Self.isAddress(name, $0) }) == true else {
            return Refusal(421, "this server does not answer for that host; see --allow-host")
        }
        guard let origin = sent.first else { return nil }
        guard sent.count == 1, isAllowed(origin: origin, host: host) else {
            return Refusal(403, "pages of that origin have no access; see --allow-origin")
        }
        return nil
    }

    private func isAllowed(origin: String, host: String) -> Bool {
        let origin = Self.lowercased(origin)
        if origins.contains(origin) { return true }
        guard let end = origin.firstRange(of: "://")?.upperBound else { return false }
        let scheme = origin[..<end]
        guard scheme == "http://" || scheme == "https://", let (name, port) = Self.split(String(origin[end...])),
            let own = Self.split(host)
        else { return false }
        if Self.isLoopback(name) { return true }
        let usual = scheme == "https://" ? 443 : 80
        guard name == own.name else { return false }
        // A proxy may have left the port out of Host. Of a name that is listed any port is ours.
        return (port ?? usual) == (own.port ?? usual) || (own.port == nil && hosts.contains(name))
    }

    /// Whether a host's name is an address, and this one. An IPv4 address may have come in IPv6's form.
    private static func isAddress(_ name: String, _ address: String) -> Bool {
        func plain(_ text: some StringProtocol) -> String? {
            (try? SocketAddress(ipAddress: String(text), port: 0))?.ipAddress.map { text in
                text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
            }
        }
        let text = name.hasPrefix("[") ? name.dropFirst().dropLast() : name[...]
        guard let named = plain(text) else { return false }
        return named == plain(address)
    }

    /// 127.0.0.0/8, ::1 and the names that mean them by RFC 6761.
    private static func isLoopback(_ name: String) -> Bool {
        if name == "localhost" || name == "[::1]" || name.hasSuffix(".localhost") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil && !$0.hasPrefix("+") }
    }

    /// A host's name in lower case, without a dot at its end, and its port. Nil when it is none.
    private static func split(_ host: String) -> (name: String, port: Int?)? {
        let text = lowercased(host)
        var name = Substring(text)
        var port: Int?
        let colon = text.lastIndex(of: ":")
        if let colon, !text.hasSuffix("]"), text.hasPrefix("[") || text.firstIndex(of: ":") == colon {
            let digits = text[text.index(after: colon)...]
            guard let number = UInt16(digits), !digits.hasPrefix("+") else { return nil }
            port = Int(number)
            name = text[..<colon]
        }
        if name.hasSuffix(".") { name = name.dropLast() }
        let isIPv6 = name.hasPrefix("[") && name.hasSuffix("]")
        let isLegal = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"): isIPv6
            default: false
            }
        }
        return name.isEmpty || !isLegal ? nil : (String(name), port)
    }

    private static func lowercased(_ text: String) -> String { text.lowercased() }
}
