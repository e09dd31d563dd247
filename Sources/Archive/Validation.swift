package import Bytes
package import Jobs
internal import Store

/// What a check of an output folder or a result found.
package struct Validation: Sendable {
    package struct Breach: Sendable {
        package var path: RawPath
        package var text: String
    }
    package private(set) var breaches: [Breach] = []
    package private(set) var results = 0
    package private(set) var logs = 0

    /// Checks one result document.
    package static func result(_ path: RawPath) throws(SystemError) -> Validation {
        var validation = Validation()
        _ = try validation.check(path)
        return validation
    }

    /// Checks everything in an output folder: each result against the schema and the catalog's hash, logs, records.
    package static func folder(_ layout: OutputLayout) throws -> Validation {
        var validation = Validation()
        var last: [JobID: CatalogEntry] = [:]
        // Results that were taken back, and may not be removed yet.
        var retired: Set<RawPath> = []
        let catalog = try layout.catalogLines.reader()
        while let entry = try catalog.next() {
            if entry.isCleared { retired.insert(entry.result) }
            JobLines.apply(entry, to: &last)
        }
        var known = Dictionary(last.values.map { ($0.result, $0) }) { first, _ in first }
        last = [:]
        if catalog.broken > 0 { validation.add(layout.catalog, "\(catalog.broken) lines are not strict JSON") }
        for line in catalog.foreign { validation.add(layout.catalog, "a line is no entry: \(line)") }
        let unjoined = try UnjoinedResults(layout)
        if Files.exists(layout.results) {
            // The last that is in the catalog: the two forms of a result follow each other.
            var seen: RawPath?
            try ResultFiles.forEach(layout.results) { path in
                let sha256 = try validation.check(path)
                let name = layout.relative(path)
                guard let entry = known.removeValue(forKey: name) else {
                    if unjoined.holds(name, sha256) { return }
                    let other = OutputLayout.otherForm(name)
                    if retired.contains(name) || retired.contains(other) { return }
                    let isLeft = known[other] != nil || seen == other
                    return validation.add(
                        path, isLeft ? "not in the catalog, which names its other form" : "not in the catalog")
                }
                seen = name
                if let sha256, sha256 != entry.sha256, !unjoined.holds(name, sha256) {
                    validation.add(path, "its SHA-256 is not the catalog's")
                }
            }
        }
        for entry in known.values.sorted(by: { $0.result < $1.result }) {
            validation.add(layout.root.appending(entry.result), "in the catalog, but missing")
        }
        for path in PluginCopies.files(layout) {
            do {
                _ = try PluginCopy.read(path)
            } catch {
                validation.add(path, "\(error)")
            }
        }
        try validation.checkRuns(layout)
        return validation
    }

    private mutating func add(_ path: RawPath, _ text: String) { breaches.append(Breach(path: path, text: text)) }

    /// - Returns: the hash of its content, if it can be read.
    private mutating func check(_ path: RawPath) throws(SystemError) -> String? {
        results += 1
        let finding = try ResultCheck.check(path)
        for text in finding.breaches { add(path, text) }
        return finding.sha256
    }

    private mutating func checkRuns(_ layout: OutputLayout) throws {
        guard Files.exists(layout.runs) else { return }
        for name in try Files.list(layout.runs) {
            guard let id = name.text else { continue }
            let record = layout.summary(run: id)
            if Files.exists(record) {
                do {
                    let reader = try RunDocumentReader(record)
                    while try reader.nextJob() != nil {}
                } catch {
                    add(record, "not strict JSON: \(error)")
                }
            }
            try checkLog(layout, id, hasRecord: Files.exists(record))
        }
    }

    /// The rules of docs/protocol.md. A torn last line is what a killed writer leaves, and no breach; nor is a log without
    /// its last lines, where the run did not come to write its record.
    private mutating func checkLog(_ layout: OutputLayout, _ id: String, hasRecord: Bool) throws(SystemError) {
        let plain = layout.log(run: id)
        guard let path = RunLog.file(plain) else {
            // A run in shards has none before it is joined.
            if !RunFolders.isUnjoined(layout, run: id), let lack = RunLog.lack(layout, run: id) {
                add(layout.run(id), lack)
            }
            return
        }
        logs += 1
        do throws(SystemError) {
            try checkLines(RunLog.lines(plain), path, hasRecord: hasRecord)
        } catch {
            add(path, "it cannot be read: \(error.reason)")
        }
    }

    private mutating func checkLines(
        _ lines: LineReader, _ path: RawPath, hasRecord: Bool
    ) throws(SystemError) {
        var state = RunState()
        var seq = 0
        var number = 0
        var plan = LogPlan()
        while let line = try lines.next(), !lines.isTorn {
            number += 1
            let event: LogLine
            do throws(JSONError) {
                event = try LogLine.parse(line)
            } catch {
                add(path, "line \(number): \(error)")
                continue
            }
            if event.seq != seq + 1 { add(path, "line \(number): seq \(event.seq) after \(seq)") }
            seq = event.seq
            guard let change = state.apply(event.event) else { continue }
            if let text = plan.breach(event.event, change) { add(path, "line \(number): \(text)") }
            if change.isLate { add(path, "line \(number): job \(change.after.id) had ended") }
            if let before = change.before.progress, let after = change.after.progress, after.percent < before.percent {
                add(path, "line \(number): the percentage falls")
            }
        }
        if lines.isTorn { return }
        if state.status == .finished {
            for job in state.running { add(path, "job \(job.id) was started and has no end") }
            if let text = plan.breach(atEnd: state) { add(path, text) }
        } else if hasRecord {
            add(path, "no run_finished, though the run wrote its record")
        }
    }
}

/// What a log says that its run will do, held against what it does.
private struct LogPlan {
    private var planned: Set<JobID> = []

    /// What is wrong with a line; nil for one that is in order.
    mutating func breach(_ event: LogEvent, _ change: RunState.Change) -> String? {
        let (before, job) = (change.before, change.after)
        switch event {
        case .jobPlanned:
            if before.status != .pending { return "job \(job.id) is planned after its start" }
            return planned.insert(job.id).inserted ? nil : "job \(job.id) is planned again"
        case .jobStarted:
            // Logs of 0.1.0 have no plan.
            if !planned.isEmpty, !planned.contains(job.id) { return "job \(job.id) was not planned" }
            return before.status == .running ? "job \(job.id) is started again" : nil
        case .progress, .completed, .error:
            if change.isStart { return "job \(job.id) was not started" }
            guard case .completed = event, change.isEnd else { return nil }
            guard let last = before.progress else { return "job \(job.id) is completed without progress" }
            let isWhole = last.percent == 100 && last.currentFrame == last.totalFrames
            if isWhole { return nil }
            return "job \(job.id) is completed at frame \(last.currentFrame) of \(last.totalFrames), "
                + "\(last.percent) %"
        default: return nil
        }
    }

    /// What is wrong with the whole; nil when nothing is.
    func breach(atEnd state: RunState) -> String? {
        planned.isEmpty || planned.count == state.planned
            ? nil : "\(planned.count) jobs are planned, run_started says \(state.planned)"
    }
}
