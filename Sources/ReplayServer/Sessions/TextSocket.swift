/// Where a session sends its messages.
protocol TextSocket: Sendable {
    /// Sends one text message. Returns when there is room for more, which for a client that does not read may take until
    /// the connection is closed.
    ///
    /// - Throws: when the connection is closed.
    func send(_ text: [UInt8]) async throws
}
