internal import Bytes
internal import Dispatch

/// Waits for a descriptor without holding a thread.
enum Readiness {
    private static let queue = DispatchQueue(label: "forgebatch.readiness")

    /// Returns once there is something to read, or nothing more will come. A process's own descriptor is so when the process
    /// has ended.
    static func waitToRead(_ descriptor: FileDescriptor) async {
        await wait(DispatchSource.makeReadSource(fileDescriptor: descriptor.number, queue: queue))
    }

    /// Returns once there is room, or nobody reads any more.
    static func waitToWrite(_ descriptor: FileDescriptor) async {
        await wait(DispatchSource.makeWriteSource(fileDescriptor: descriptor.number, queue: queue))
    }

    private static func wait(_ source: any DispatchSourceProtocol) async {
        await withCheckedContinuation { continuation in
            source.setEventHandler { source.cancel() }
            // Only then may the descriptor be closed.
            source.setCancelHandler { continuation.resume() }
            source.resume()
        }
    }
}
