internal import NIOCore

/// Runs tasks on the thread of an event loop: a session that is woken there sends without changing threads, which is most
/// of what a message to a thousand clients costs.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        loop.execute { job.runSynchronously(on: executor) }
    }
}
