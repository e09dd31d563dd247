package import NIOHTTP1

/// Why a request is not served, before it has become a WebSocket.
package struct Refusal: Sendable, Equatable {
    package var status: Int
    /// One sentence.
    package var detail: String
    /// Header fields that belong to the status, such as `allow`.
    package var fields: [String: String]

    package init(_ status: Int, _ detail: String, fields: [String: String] = [:]) {
        self.status = status
        self.detail = detail
        self.fields = fields
    }
}

/// The opening handshake of RFC 6455, section 4.2.1: what a request must have.
package enum Handshake {
    /// Whether the request wants to become a WebSocket.
    package static func isAsked(_ head: HTTPRequestHead) -> Bool { has("upgrade", "websocket", head) }

    /// What is wrong with the request, nil when nothing is.
    package static func refusal(_ head: HTTPRequestHead) -> Refusal? {
        let fields = head.headers
        guard head.method == .GET else {
            return Refusal(405, "a WebSocket is opened by GET", fields: ["allow": "GET"])
        }
        guard head.version.major == 1, head.version.minor >= 1 else {
            return Refusal(400, "a WebSocket is opened by HTTP/1.1")
        }
        guard fields["host"].count == 1 else { return Refusal(400, "exactly one Host is needed") }
        guard has("connection", "upgrade", head) else { return Refusal(400, "Connection: Upgrade is missing") }
        guard fields["transfer-encoding"].isEmpty, fields["content-length"].allSatisfy({ $0 == "0" }) else {
            return Refusal(400, "the opening request of a WebSocket has no body")
        }
        let versions = fields[canonicalForm: "sec-websocket-version"]
        guard !versions.isEmpty else { return Refusal(400, "Sec-WebSocket-Version is missing") }
        guard versions == ["13"] else {
            return Refusal(426, "only version 13 is spoken here", fields: ["sec-websocket-version": "13"])
        }
        let keys = fields[canonicalForm: "sec-websocket-key"]
        guard keys.count == 1, isKey(keys[0]) else {
            return Refusal(400, "Sec-WebSocket-Key must be 16 bytes in Base64")
        }
        return nil
    }

    private static func has(_ name: String, _ token: String, _ head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: name].contains { $0.lowercased() == token }
    }

    /// 16 bytes in Base64 are 22 digits and two signs of padding.
    private static func isKey(_ text: Substring) -> Bool {
        text.utf8.count == 24 && text.hasSuffix("==")
            && text.utf8.dropLast(2).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}
