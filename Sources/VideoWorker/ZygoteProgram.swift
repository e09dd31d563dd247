internal import Bytes
internal import CLimits
internal import FrameTools
package import Jobs

/// The process that forks workers, and what looks at inputs: it has loaded what workers need, and never sees a request or a byte
/// of a video.
///
/// It takes no `Mutex` before it forks: on Linux, Swift keeps the number of a thread that took one, and a copy of the thread would
/// give the zygote's as its own. The kernel knows better as soon as another thread waits for the lock, and the copy dies.
package enum ZygoteProgram {
    /// What a process is behind ``main(warmUp:)``.
    package enum Outcome: Sendable {
        /// One that was forked to be this, with the standard streams of such a process.
        case forked(ForkRole)
        /// The one that forks, at its end, with its exit status: 0 when the run has closed its end or is gone, 70 when there
        /// was no socket, 71 when it cannot be read. 70 is also of a process that was forked to be what is not known.
        case ended(Int32)
    }

    /// Takes its socket from standard input and forks whenever it is asked to over it. Returns in each process that was
    /// forked, and in this one at its end.
    ///
    /// - Parameter others: called once before the first fork: what the run time is to look up for other roles than a worker's.
    ///   It takes no lock.
    package static func main(warmUp others: () -> Void) -> Outcome {
        Confinement.closeInherited()
        guard let control = socket() else { return .ended(WorkerProgram.refuse()) }
        warmUp()
        others()
        var role: UInt8 = 0
        switch fb_serve_forks(control.number, &role) {
        case 1: return ForkRole(rawValue: role).map { .forked($0) } ?? .ended(WorkerProgram.refuse())
        case 0: return .ended(0)
        default: return .ended(71)
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
