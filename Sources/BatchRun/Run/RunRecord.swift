internal import Bytes
internal import Jobs

/// What stays of a run: `run.json`, a line of the history, and `latest`.
struct RunRecord {
    let journal: RunJournal
    let scheduler: Scheduler
    let options: RunOptions
    let started: UTCTime
    /// Since the run began.
    let seconds: Double
    let exitStatus: Int32

    func write() throws(SystemError) {
        let layout = journal.layout
        let path = layout.summary(run: journal.runID)
        var file = try AtomicFile(path)
        // A line for all but the jobs and one for each of them, so that readers need not hold them all at once.
        try file.write(Array(JSONWriter.encode(document).dropLast()) + Array(",\"jobs\":[".utf8))
        for (index, record) in journal.records.enumerated() {
            try file.write(Array((index == 0 ? "\n" : ",\n").utf8) + record)
        }
        try file.write(Array("\n]}\n".utf8))
        try file.publish()
        let history = try LineFile(layout.history)
        try history.append(JSONWriter.encode(.object(head)))
        try history.sync()
        try Files.link(RawPath("runs/\(journal.runID)"), at: layout.latest)
    }

    private var head: [JSON.Member] {
        let signal: String? = scheduler.stop.map { $0.text }
        let members = JSON.members([
            "run_id": .string(journal.runID), "version": .string(options.version), "started": .string(started.text),
            "finished": .string(UTCTime.now.text), "seconds": .double((seconds * 1000).rounded() / 1000),
            "exit_status": .int(Int(exitStatus)), "interrupted": .bool(scheduler.stop != nil),
            "stopped": signal.map { .string($0) }, "counts": journal.counts.json, "frames": .int(scheduler.frames),
            "cpu_seconds": .double(RunJournal.milli(scheduler.processorSeconds)),
            "settings_digest": .string(options.digest),
            "scope": .string(options.scope), "baseline": options.baseline.map { .string($0) },
        ])
        return [JSON.Member("schema", "forgebatch/run/1")] + (members.members ?? [])
    }

    private var document: JSON {
        let rest = JSON.members([
            "input": .array(options.inputs.map { .string($0.display) }),
            "command": .array(options.command.map { .string(Escape.visible($0)) }), "workers": .int(options.workers),
            "libraries": .object(options.libraries.map { JSON.Member($0.name, .string($0.version)) }),
            "settings": .object(options.settings.map { JSON.Member($0.key, $0.value) }),
            "tools": .array(options.toolDescriptions),
            "notes": journal.notes.isEmpty ? nil : .array(journal.notes.map { .string($0) }),
            "roots": .array(journal.plan.discovery.roots.map(\.json)),
        ])
        return .object(head + (rest.members ?? []) + unprocessed)
    }

    /// What the run saw and did not process, so that any two runs can be compared exactly: 39 bytes a skipped video.
    private var unprocessed: [JSON.Member] {
        struct Group: Hashable { var runID: String, kind: SkippedJob.Kind }
        var groups: [Group: [JSON]] = [:]
        for skip in journal.plan.skipped {
            groups[Group(runID: skip.runID ?? "", kind: skip.kind), default: []].append(.string(skip.id.text))
        }
        let skipped = groups.sorted { ($0.key.runID, $0.key.kind.rawValue) < ($1.key.runID, $1.key.kind.rawValue) }.map
        {
            JSON.members([
                "run_id": $0.key.runID.isEmpty ? nil : .string($0.key.runID), "kind": .string($0.key.kind.rawValue),
                "jobs": .array($0.value),
            ])
        }
        let waiting = scheduler.notStarted.map { job in
            JSON.object([JSON.Member("job_id", .string(job.id.text))] + job.video.relative.members())
        }
        func paths(_ list: [RawPath]) -> JSON? { list.isEmpty ? nil : .array(list.map { .object($0.members()) }) }
        let discovery = journal.plan.discovery
        let untaken = discovery.untaken.map { file in
            JSON.object(file.relative.members() + [JSON.Member("format", .string(file.format))])
        }
        let members = JSON.members([
            "skipped": skipped.isEmpty ? nil : .array(skipped), "not_started": waiting.isEmpty ? nil : .array(waiting),
            "too_young": paths(discovery.young), "unread": paths(discovery.unread),
            "not_supported": untaken.isEmpty ? nil : .array(untaken),
            "limited": discovery.isLimited ? true : nil,
        ])
        return members.members ?? []
    }
}
