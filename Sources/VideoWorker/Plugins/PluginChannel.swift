internal import Bytes
internal import Frames
internal import Glibc
internal import Jobs
internal import Media

/// The three descriptors of a plugin's process: frames to it, answers from it, and the control of its process.
struct PluginDescriptors: Equatable, Sendable {
    let frames: FileDescriptor
    let answers: FileDescriptor
    let control: FileDescriptor

    func close() { for descriptor in [frames, answers, control] { Files.close(descriptor) } }
}

/// Bytes to a plugin and lines from it, without ever waiting for one of the two alone: a plugin that does not read while it
/// wants to be read would otherwise stop both for ever.
///
/// Not Sendable: it belongs to the worker's loop.
final class PluginChannel {
    /// Why nothing comes from the plugin any more.
    enum Loss: Equatable {
        /// It has closed its end.
        case closed
        /// A line that is longer than any answer.
        case endlessLine
        case failed(Int32)
    }

    /// Bytes of the longest line that is listened to.
    static let lineLimit = 16 << 20
    private static let pieceSize = 1 << 16
    /// As many as Linux takes in one call (UIO_MAXIOV).
    private static let mostStretches = 1024

    private let descriptors: PluginDescriptors
    private var outgoing: [FeedFrame] = []
    /// Bytes of the first of them that are sent.
    private var sent = 0
    private(set) var queued = 0
    private var lines = LineSplitter()
    private(set) var loss: Loss?
    private var isDeaf = false
    /// What is read goes here first.
    private var buffer = [UInt8](repeating: 0, count: PluginChannel.pieceSize)

    /// Takes the descriptors over, and closes them when it goes.
    init(_ descriptors: PluginDescriptors) {
        self.descriptors = descriptors
        for descriptor in [descriptors.frames, descriptors.answers, descriptors.control] {
            let flags = fcntl(descriptor.number, F_GETFL)
            if flags >= 0 { _ = fcntl(descriptor.number, F_SETFL, flags | O_NONBLOCK) }
        }
    }

    deinit { descriptors.close() }

    /// Puts bytes behind what is to be sent.
    func send(_ bytes: FeedFrame) {
        guard loss == nil, !isDeaf else { return }
        outgoing.append(bytes)
        queued += bytes.count
    }

    /// Sends nothing more, also not the rest of what was begun.
    func stopSending() {
        outgoing = []
        (queued, sent) = (0, 0)
        isDeaf = true
    }

    /// Waits until one of the channels can do something, and has it do so.
    ///
    /// - Parameter milliseconds: the longest time to wait.
    /// - Returns: the lines that came, of each channel in their order.
    static func turn(_ channels: [PluginChannel], wait milliseconds: Int32) -> [[[UInt8]]] {
        var polled: [pollfd] = []
        for channel in channels {
            let isLost = channel.loss != nil
            let wantsToWrite = !isLost && channel.queued > 0
            polled.append(
                pollfd(fd: isLost ? -1 : channel.descriptors.answers.number, events: Int16(POLLIN), revents: 0))
            polled.append(
                pollfd(fd: wantsToWrite ? channel.descriptors.frames.number : -1, events: Int16(POLLOUT), revents: 0))
        }
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return channels.map { _ in [] } }
        return channels.enumerated().map { index, channel in
            if polled[2 * index + 1].revents != 0 { channel.write() }
            return polled[2 * index].revents != 0 ? channel.read() : []
        }
    }

    /// Sends what there is room for.
    func write() {
        while let first = outgoing.first {
            let count = write(first)
            if count < 0 {
                if errno == EINTR { continue }
                // Nobody reads: what it still says is heard, and its end is told by that.
                if errno != EAGAIN { stopSending() }
                return
            }
            sent += count
            queued -= count
            if sent < first.count { return }
            outgoing.removeFirst()
            sent = 0
        }
    }

    /// Sends of one of them what there is room for.
    ///
    /// - Returns: bytes, or -1 with the reason in `errno`.
    private func write(_ frame: FeedFrame) -> Int {
        let number = descriptors.frames.number
        switch frame {
        case .bytes(let bytes):
            return bytes[sent...].withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
        case .picture(let picture):
            return withUnsafeTemporaryAllocation(of: iovec.self, capacity: PluginChannel.mostStretches) { stretches in
                var count = 0
                picture.forEachStretch(from: sent) { stretch in
                    stretches[count] = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: stretch.baseAddress), iov_len: stretch.count)
                    count += 1
                    return count < stretches.count
                }
                return writev(number, stretches.baseAddress, Int32(count))
            }
        }
    }

    private func read() -> [[UInt8]] {
        let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptors.answers.number, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno != EINTR, errno != EAGAIN { loss = .failed(errno) }
            return []
        }
        if count == 0 {
            loss = .closed
            return []
        }
        let found = lines.add(Array(buffer[..<count]))
        if lines.rest.count > PluginChannel.lineLimit || found.contains(where: { $0.count > PluginChannel.lineLimit }) {
            loss = .endlessLine
            return []
        }
        return found
    }

    // MARK: The end of its process

    /// Has the process ended, and hears how it ended.
    ///
    /// - Parameters:
    ///   - endsByItself: whether it seems to have ended: it may then say why before it is told to.
    ///   - seconds: the longest time to wait for the answer.
    func end(endsByItself: Bool, within seconds: Double) -> ToolEnd? {
        stopSending()
        if endsByItself, let end = answer(within: seconds) { return end }
        let demand = Array("stop\n".utf8)
        _ = demand.withUnsafeBytes { Glibc.write(descriptors.control.number, $0.baseAddress, $0.count) }
        return answer(within: seconds)
    }

    private func answer(within seconds: Double) -> ToolEnd? {
        let limit = monotonicNanoseconds() &+ UInt64(seconds * 1e9)
        var lines = LineSplitter()
        while monotonicNanoseconds() < limit {
            var polled = pollfd(fd: descriptors.control.number, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 50) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = buffer.withUnsafeMutableBytes {
                Glibc.read(descriptors.control.number, $0.baseAddress, $0.count)
            }
            if count == 0 { return nil }
            if count < 0 { continue }
            for line in lines.add(Array(buffer[..<count])) {
                if let end = ToolEnd(line: line) { return end }
            }
        }
        return nil
    }
}
