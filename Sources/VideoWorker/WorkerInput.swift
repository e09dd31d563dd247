internal import Bytes
internal import CLimits
internal import Jobs

/// What a worker is given on its standard input.
struct WorkerInput {
    /// Descriptors that may come with a request.
    private static let most = 240

    var request: JobRequest
    /// What came with it, in order: of each external tool of the request the writing end of its frames, the reading end of
    /// its answers, and its control socket. None where standard input is a pipe.
    var descriptors: [FileDescriptor]

    /// Reads a request, a line, and the descriptors that come with it.
    ///
    /// - Parameter source: a pipe or a Unix socket.
    /// - Returns: nil when there is no request.
    static func read(from source: FileDescriptor = .standardInput) -> WorkerInput? {
        var line: [UInt8] = []
        var descriptors: [FileDescriptor] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while line.count < WorkerMessage.lineLimit, line.last != 0x0a {
            var numbers = [Int32](repeating: -1, count: most)
            var count: Int32 = 0
            let got = piece.withUnsafeMutableBytes {
                fb_receive(source.number, $0.baseAddress, $0.count, &numbers, Int32(most), &count)
            }
            descriptors += numbers.prefix(Int(count)).map { FileDescriptor($0) }
            guard got > 0 else {
                for one in descriptors { Files.close(one) }
                return nil
            }
            line += piece[..<got]
        }
        guard let request = (try? JSONReader.parse(line)).flatMap({ JobRequest($0) }) else {
            for one in descriptors { Files.close(one) }
            return nil
        }
        return WorkerInput(request: request, descriptors: descriptors)
    }
}
