internal import Bytes
internal import CLimits

/// A socket that is a process's standard input, over which descriptors go with its request.
struct RequestSocket: Sendable {
    private static let pause = Duration.milliseconds(5)

    private let ours: FileDescriptor
    /// The end that the process gets.
    let theirs: FileDescriptor

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        let failed = fb_socket_pair(&ends)
        guard failed == 0 else { throw SystemError("socketpair", RawPath("standard input"), code: failed) }
        (ours, theirs) = (FileDescriptor(ends[0]), FileDescriptor(ends[1]))
    }

    func close() { Files.close(ours) }

    /// Sends a request, the descriptors with its first byte. A process that does not read any more is told by how it ends.
    ///
    /// - Parameter isOver: asked while there is no room.
    /// - Throws: `SystemError` when it could not be sent.
    func send(_ request: [UInt8], _ descriptors: [FileDescriptor], isOver: () -> Bool) async throws(SystemError) {
        let numbers = descriptors.map(\.number)
        var sent = 0
        while sent < request.count {
            let count = sent == 0 ? Int32(numbers.count) : 0
            let done = request[sent...].withUnsafeBytes {
                fb_send_descriptors(ours.number, $0.baseAddress, $0.count, numbers, count)
            }
            if done > 0 {
                sent += done
                continue
            }
            let error = SystemError("sendmsg", RawPath("standard input"), code: Int32(clamping: -done))
            if error.isDisconnected { return }
            guard error.wouldWait else { throw error }
            if isOver() { return }
            try? await Task.sleep(for: RequestSocket.pause)
        }
    }
}
