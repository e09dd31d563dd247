internal import NIOCore

/// A whole message from a client: its fragments joined, its mask removed.
package enum WebSocketMessage: Sendable, Equatable {
    /// Valid UTF-8.
    case text(String)
    case binary([UInt8])
}

/// A text that goes out to clients: encoded once, shared by all who get it.
package struct WebSocketText: Sendable {
    let buffer: ByteBuffer

    package init(_ text: String) { buffer = ByteBuffer(string: text) }

    /// - Parameter utf8: valid UTF-8; a client closes the connection at anything else.
    package init(utf8: some Sequence<UInt8>) { buffer = ByteBuffer(bytes: utf8) }

    /// Bytes on the wire, without the frame's header.
    package var count: Int { buffer.readableBytes }
}

/// Why a connection ends: the number in a close frame.
package struct WebSocketCloseCode: Sendable, Equatable, RawRepresentable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let normal = Self(rawValue: 1000)
    package static let goingAway = Self(rawValue: 1001)
    package static let protocolError = Self(rawValue: 1002)
    package static let unacceptableData = Self(rawValue: 1003)
    package static let badText = Self(rawValue: 1007)
    package static let policy = Self(rawValue: 1008)
    package static let tooLarge = Self(rawValue: 1009)
    package static let serverError = Self(rawValue: 1011)

    /// Whether a peer may send this code: 1000 to 1003, 1007 to 1014, and the ranges for libraries and applications.
    package var isLegal: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// The connection is closing or closed, so nothing more can be sent.
package struct WebSocketClosed: Error, Equatable {
    package init() {}
}

/// What one client may cost, and how long it may be silent. Times are in milliseconds.
package struct WebSocketLimits: Sendable {
    /// Bytes of a client's message, in one frame or in fragments.
    package var message = 65_536
    /// Fragments of a client's message. Empty ones are legal, so the size alone bounds nothing.
    package var fragments = 4096
    /// Bytes that the kernel is asked to keep for a client that does not read. It keeps twice as many.
    package var socketBuffer = 65_536
    /// Messages a client may be ahead of the session that reads them; then its socket is not read.
    package var unread = 8
    /// After this long without a frame from the client it is pinged, and again after as long.
    package var pingAfter = 30_000
    /// After this long without a frame from the client it is closed with 1001.
    package var dropAfter = 75_000
    /// After this long without room in the socket the connection is closed.
    package var stallAfter = 30_000
    /// How long the client has to answer a close frame before the connection ends anyway.
    package var closeLinger = 1_500

    package init() {}

    var linger: TimeAmount { .milliseconds(Int64(closeLinger)) }
    /// The close frame of a stalled client waits behind what is stuck; the linger is the rest of the time.
    var stallBeforeClose: TimeAmount { .milliseconds(Int64(max(0, stallAfter - closeLinger))) }
}
