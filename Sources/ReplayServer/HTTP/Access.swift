/// Who may use the server: the names it may be called by, and the pages that may call it.
///
/// A browser sends a page's requests to any address that the page names, this machine's own included. What tells them
/// apart is `Origin`, and, for a name that was made to point here, `Host`.
struct Access: Sendable {
    private let hosts: Set<String>
    private let origins: Set<String>

    /// - Parameters:
    ///   - hosts: names and addresses besides those of the machine itself
    ///   - origins: such as `https://example.org`
    init(hosts: [String], origins: [String]) {
        self.hosts = Set(hosts.map { $0.lowercased() })
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// Whether `Host` names this server.
    func allows(host: String?) -> Bool {
        guard let host, let name = Access.name(host.lowercased()[...]) else { return false }
        return Access.isLoopback(name) || hosts.contains(name)
    }

    /// Whether a page of an origin may use the server, which was called `host`. Without an origin it is no page.
    func allows(origin: String?, host: String?) -> Bool {
        guard let origin = origin?.lowercased() else { return true }
        if origins.contains(origin) { return true }
        guard let mark = origin.firstRange(of: "://") else { return false }
        let (scheme, authority) = (origin[..<mark.lowerBound], origin[mark.upperBound...])
        guard scheme == "http" || scheme == "https", let name = Access.name(authority) else { return false }
        return Access.isLoopback(name) || (scheme == "http" && authority == host?.lowercased() ?? "")
    }

    /// The name or address of a `host:port`; nil when it is none.
    private static func name(_ authority: Substring) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            return rest.isEmpty || isPort(rest) ? String(authority[...end]) : nil
        }
        guard let colon = authority.firstIndex(of: ":") else { return authority.isEmpty ? nil : String(authority) }
        return isPort(authority[colon...]) ? String(authority[..<colon]) : nil
    }

    /// A colon and digits.
    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.count <= 6 && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Whether a name means the machine itself: `localhost`, `127.0.0.0/8` or `[::1]`.
    static func isLoopback(_ name: String) -> Bool {
        if name == "localhost" || name == "[::1]" || name == "::1" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
