internal import Bytes
internal import CLimits
internal import FrameTools
internal import Jobs

/// The process that forks workers: it has loaded what they need, and never sees a request or a byte of a video.
package enum ZygoteProgram {
    /// Takes its socket from standard input and forks whenever it is asked to over it.
    ///
    /// - Returns: nil in each process that was forked, whose standard streams are then a worker's; the exit status in this
    ///   one, when the run has closed its end or is gone, 70 when there was no socket.
    package static func main() -> Int32? {
        Confinement.closeInherited()
        guard let control = socket() else { return WorkerProgram.refuse() }
        warmUp()
        switch fb_serve_forks(control.number) {
        case 1: return nil
        case 0: return 0
        default: return 71
        }
    }

    /// Has the run time look up once what each worker needs: reading a request and setting up its tools. The request is made up.
    private static func warmUp() {
        let name = RawPath("warm-up.json")
        let tools = ToolRegistry.all.map { JobRequest.Tool(id: $0.id, settings: [:]) }
        let request = JobRequest(
            job: JobID(video: name), input: name, relative: name, root: name, result: name, tools: tools, threads: 1,
            nice: 0, memory: .standard, timeout: nil, sandbox: .auto, progressInterval: 0, stills: false, size: 0,
            modified: 0, inode: 0)
        guard let read = (try? JSONReader.parse(request.encode())).flatMap({ JobRequest($0) }) else { return }
        _ = try? ToolPass(read.tools)
        _ = WorkerMessage.finished(JobOutcome(kind: .completed)).encode()
    }

    private static func socket() -> FileDescriptor? {
        var byte: UInt8 = 0
        var number: Int32 = -1
        var count: Int32 = 0
        guard fb_receive(FileDescriptor.standardInput.number, &byte, 1, &number, 1, &count) == 1, count == 1 else {
            return nil
        }
        return FileDescriptor(number)
    }
}
