package import Bytes
package import Jobs
internal import Store

/// A run as the two ends of its log tell it: what a list of runs shows, at the cost of two short reads a run, and of
/// reading all of a compressed log.
package struct RunLogSummary: Sendable {
    package let id: String
    package var status: RunStatus
    /// Of the first line; nil for a log without one.
    package var started: UTCTime?
    /// Of the last line.
    package var last: UTCTime?
    /// From the first line to the last.
    package var duration: Double
    /// The number of the last event.
    package var events = 0
    /// Why it tells less than the whole log would.
    package private(set) var fault: String?
    /// Bytes of the log, unpacked.
    package var size: Int64 = 0
    /// Jobs planned.
    package var jobs = 0
    /// Counts by name, of a run that finished.
    package var counts: JSON?
    package var exitStatus: Int?
    /// Of a run in shards that are not joined: how many of its jobs have ended, and how many of these failed.
    package var soFar: (ended: Int, failed: Int)?

    /// Nanoseconds after its last line for which a log counts as being written, though nobody holds the lock.
    private static let liveThreshold: Int64 = 5_000_000_000
    /// Room for the longest line and what a writer may have left of another.
    private static let ends = 2 * LogEvent.lineLimit

    /// The runs of an output folder that have a log or are in shards, newest first.
    package static func all(_ layout: OutputLayout) throws(SystemError) -> [RunLogSummary] {
        try ids(layout).compactMap { RunLogSummary(layout, run: $0) }
    }

    /// The names of the runs that have a log or are in shards, newest first.
    package static func ids(_ layout: OutputLayout) throws(SystemError) -> [String] {
        if let run = layout.loneRun { return [run] }
        guard Files.exists(layout.runs) else { return [] }
        return try Files.list(layout.runs).reversed().compactMap { name in
            guard let id = name.text, isThere(layout, id) else { return nil }
            return id
        }
    }

    private static func isThere(_ layout: OutputLayout, _ id: String) -> Bool {
        let log = layout.log(run: id)
        // A run that is joined meanwhile has its log before it is no longer an unjoined one.
        return RunLog.file(log) != nil || RunFolders.isUnjoined(layout, run: id) || RunLog.file(log) != nil
    }

    /// The name of the newest run that has a log or is in shards, if possible one in which something is written.
    ///
    /// - Complexity: one look at the folder, and as a rule one at a file.
    package static func newest(_ layout: OutputLayout) throws(SystemError) -> String? {
        if let run = layout.loneRun { return run }
        guard Files.exists(layout.runs) else { return nil }
        var empty: String?
        for name in try Files.list(layout.runs).reversed() {
            guard let id = name.text else { continue }
            guard let file = RunLog.file(layout.log(run: id)), let log = try? Files.status(file) else {
                if RunFolders.isUnjoined(layout, run: id) { return id }
                continue
            }
            if log.size > 0 { return id }
            empty = empty ?? id
        }
        return empty
    }

    /// Nil when the run has no log, and is not in shards.
    package init?(_ layout: OutputLayout, run id: String) {
        if RunLog.file(layout.log(run: id)) == nil, RunFolders.isUnjoined(layout, run: id) {
            self.init(unjoined: layout, run: id)
            return
        }
        guard let path = RunLog.file(layout.log(run: id)), let descriptor = try? Files.openInput(path) else {
            return nil
        }
        guard let status = try? Files.status(descriptor: descriptor, path: path), status.kind == .file,
            let head = try? Files.read(descriptor, at: 0, count: RunLogSummary.ends, path: path)
        else {
            Files.close(descriptor)
            return nil
        }
        if Gzip.begins(head) {
            self.init(ContentReader(descriptor, path, limit: Files.unpackedLimit), id: id)
            return
        }
        defer { Files.close(descriptor) }
        let start = max(0, status.size - Int64(RunLogSummary.ends))
        let tail = (try? Files.read(descriptor, at: start, count: RunLogSummary.ends, path: path)) ?? []
        self.init(head: head, tail: tail, id: id, size: status.size)
        if self.status != .finished, RunLogSummary.isBeingWritten(layout, run: id, modified: status.modified) {
            self.status = .running
        }
    }

    /// A run in shards that nobody joined: what its plan and the states of its shards tell. It runs until all have ended.
    private init?(unjoined layout: OutputLayout, run id: String) {
        guard layout.loneRun == nil, let plan = try? PlanFile(layout.plan(run: id)),
            let shards = try? ShardStatus(plan, layout)
        else { return nil }
        self.init(RunState(), id: id, events: 0, size: 0)
        status = shards.isOver ? .interrupted : .running
        let heard = min(UTCTime.now.milliseconds, shards.shards.compactMap(\.heard).max() ?? 0)
        let latest = max(plan.head.started, heard)
        (started, last) = (UTCTime(milliseconds: plan.head.started), UTCTime(milliseconds: latest))
        duration = Double(latest - plan.head.started) / 1000
        jobs = plan.head.jobs
        soFar = (shards.ended, shards.failed)
    }

    /// A compressed log, which nobody writes. It is read to its end, or as far as it can be.
    private init(_ log: ContentReader, id: String) {
        var (head, tail): ([UInt8], [UInt8]) = ([], [])
        var fault: String?
        do throws(SystemError) {
            while true {
                let piece = try log.read(1 << 17)
                if piece.isEmpty { break }
                if head.count < RunLogSummary.ends { head += piece }
                tail += piece
                if tail.count > 4 * RunLogSummary.ends { tail.removeFirst(tail.count - RunLogSummary.ends) }
            }
        } catch {
            fault = "its log cannot be read to its end: \(error.reason)"
        }
        self.init(head: head, tail: Array(tail.suffix(RunLogSummary.ends)), id: id, size: log.count)
        self.fault = fault
    }

    /// - Parameters:
    ///   - head: the log's first bytes.
    ///   - tail: its last.
    ///   - size: bytes of all of it.
    private init(head: [UInt8], tail: [UInt8], id: String, size: Int64) {
        var state = RunState()
        let first = head.split(separator: 0x0a).lazy.compactMap { try? LogLine.parse(Array($0)) }.first
        if let first { state.apply(first.event, at: first.moment) }
        let whole = tail.lastIndex(of: 0x0a).map { tail[...$0] } ?? []
        let last = whole.split(separator: 0x0a).reversed().lazy.compactMap { try? LogLine.parse(Array($0)) }.first
        if let last { state.apply(last.event, at: last.moment) }
        self.init(state, id: id, events: last?.seq ?? 0, size: size)
    }

    /// The runs that have a folder and no log that is read here, each with why, the newest first.
    package static func lacking(_ layout: OutputLayout) throws(SystemError) -> [(id: String, text: String)] {
        guard Files.exists(layout.runs) else { return [] }
        return try Files.list(layout.runs).reversed().compactMap { name in
            guard let id = name.text, (try? Files.status(layout.run(id)))?.kind == .directory else { return nil }
            return RunLog.lack(layout, run: id).map { (id, $0) }
        }
    }

    /// What a fold over a log, or over its ends, came to; a run that did not finish counts as interrupted.
    package init(_ state: RunState, id: String, events: Int, size: Int64) {
        (self.id, self.events, self.size) = (id, events, size)
        status = RunStatus(hasFinished: state.status == .finished)
        (started, last, duration) = (state.started, state.latest, state.duration)
        (jobs, counts, exitStatus) = (state.planned, state.counts, state.exitStatus)
    }

    /// The run in short, as lists of the server and the static copy have it.
    ///
    /// - Parameters: how many jobs came to what, or null where that is not known.
    package func members(completed: JSON, failed: JSON, skipped: JSON) -> [JSON.Member] {
        func text(_ time: UTCTime?) -> JSON { time.map { .string($0.text) } ?? .null }
        let members: KeyValuePairs<String, JSON> = [
            "run_id": .string(id), "state": .string(status.rawValue), "started_at": text(started),
            "finished_at": status == .finished ? text(last) : .null, "duration": .double(duration),
            "events": .int(events), "size": .int(size), "jobs": .int(jobs), "completed": completed, "failed": failed,
            "skipped": skipped, "exit_status": exitStatus.map { .int($0) } ?? .null,
        ]
        return members.map { JSON.Member($0.key, $0.value) }
    }

    /// Whether somebody writes the log of a run that has not said that it finished: its run holds the folder's lock, or
    /// the log has just grown.
    ///
    /// - Parameter modified: nanoseconds since 1970, of the log.
    package static func isBeingWritten(_ layout: OutputLayout, run id: String, modified: Int64) -> Bool {
        if UTCTime.now.milliseconds * 1_000_000 - modified < liveThreshold { return true }
        guard Files.isLocked(layout.lock), let holder = try? Files.read(layout.lock, limit: 4096) else { return false }
        return LockRecord.names(id, in: holder)
    }
}
