internal import Bytes
internal import Jobs
internal import Store

/// What stays of a run: `run.json`, a line of the history, and `latest`.
struct RunConclusion {
    let journal: RunJournal
    let scheduler: Scheduler
    let options: RunOptions
    let started: UTCTime
    /// Since the run began.
    let seconds: Double
    let exitStatus: Int32

    func write() throws(SystemError) {
        let layout = journal.layout
        let summary = summary
        var file = try RunDocumentWriter(layout.summary(run: journal.runID), document(summary))
        for record in journal.records { try file.append(record) }
        try file.publish()
        try History(layout).append([summary])
        try layout.setLatest(run: journal.runID)
    }

    private var summary: RunSummary {
        var run = RunSummary(id: journal.runID)
        run.version = options.version
        run.started = started.text
        run.finished = UTCTime.now.text
        run.seconds = RunJournal.milli(seconds)
        run.exitStatus = Int(exitStatus)
        run.isInterrupted = scheduler.interruption != nil
        run.stopped = scheduler.interruption?.text
        run.tally = journal.counts
        run.frames = scheduler.frames
        run.toolsFailed = journal.toolFailures.count
        run.processorSeconds = RunJournal.milli(scheduler.processorSeconds)
        run.settingsDigest = options.digest
        run.scope = options.scope
        run.baseline = options.baseline
        return run
    }

    /// What the run was told, and what it saw and did not process.
    private func document(_ summary: RunSummary) -> RunDocument {
        var document = RunDocument(summary, journal.plan, options)
        document.notes = journal.notes
        document.notStarted = scheduler.notStarted.map { RunDocument.Waiting(job: $0.id, path: $0.video.relative) }
        return document
    }
}

extension RunDocument {
    /// What a run was told, and what it saw when it was planned.
    init(_ summary: RunSummary, _ plan: Plan, _ options: RunOptions) {
        let discovery = plan.discovery
        self.init(summary)
        input = options.inputs.map(\.display)
        command = options.command.map { Escape.visible($0) }
        invocation = options.invocation
        invocation?.output = (try? Files.resolve(options.output)) ?? options.output
        workers = options.workers
        libraries = options.libraries.map { RunDocument.Library(name: $0.name, version: $0.version) }
        settings = .object(options.settings.map { JSON.Member($0.key, $0.value) })
        toolDescriptions = options.toolDescriptions
        plugins = options.plugins.compactMap(\.copy)
        roots = discovery.roots
        videosByRoot = discovery.finds.map(\.videos)
        // Of the others, the catalog has the answer.
        skip(
            plan.skipped.needingAttention.map { (job: $0.id, status: $0.status, runID: $0.runID ?? "") })
        seen = plan.seen
        tooYoung = discovery.young
        unread = discovery.unread
        unsupported = discovery.untaken.map { RunDocument.Unsupported(path: $0.relative, format: $0.format) }
        isLimited = plan.leftForLater > 0
    }
}
