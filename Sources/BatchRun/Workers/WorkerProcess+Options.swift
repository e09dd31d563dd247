internal import Bytes
internal import Jobs

extension WorkerProcess {
    /// A worker by the settings of a run.
    init(_ request: JobRequest, _ options: RunOptions, kill: KillSwitch) {
        var child = ChildProcess(
            program: options.worker, arguments: options.workerArguments, lineLimit: WorkerMessage.lineLimit)
        child.zygotes = options.zygotes
        self.init(
            child: child, request: request,
            deadlines: Deadlines(
                stall: options.stall, timeout: options.timeout, size: request.size,
                hasPlugins: !request.workedTools.isEmpty),
            kill: kill)
    }
}

extension JobRequest {
    /// What a worker is told of a job by the settings of a run.
    init(
        _ job: PlannedJob, _ options: RunOptions, tools: [Tool] = [], kept: [String] = [], threads: Int = 1,
        stills: Bool = false
    ) {
        let (video, status) = (job.video, job.video.status)
        self.init(
            job: job.id, input: video.path, relative: video.relative, root: options.output, result: job.result,
            tools: tools, kept: kept, threads: threads, nice: options.nice, memory: options.memory,
            timeout: options.timeout, sandbox: options.sandbox, progressInterval: options.progressInterval,
            stills: stills, size: status.size, modified: status.modified, inode: status.inode)
    }
}
