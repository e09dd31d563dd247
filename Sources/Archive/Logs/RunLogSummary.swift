package import Bytes
package import Jobs
internal import Store

/// A run as the two ends of its log tell it: what a list of runs shows, at the cost of two short reads a run.
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
    /// Bytes of the log.
    package var size: Int64 = 0
    /// Jobs planned.
    package var jobs = 0
    /// Counts by name, of a run that finished.
    package var counts: JSON?
    package var exitStatus: Int?

    /// Nanoseconds after its last line for which a log counts as being written, though nobody holds the lock.
    private static let liveThreshold: Int64 = 5_000_000_000
    /// Room for the longest line and what a writer may have left of another.
    private static let ends = 2 * LogEvent.lineLimit

    /// The runs of an output folder that have a log, newest first.
    package static func all(_ layout: OutputLayout) throws(SystemError) -> [RunLogSummary] {
        try ids(layout).compactMap { RunLogSummary(layout, run: $0) }
    }

    /// The names of the runs that have a log, newest first.
    package static func ids(_ layout: OutputLayout) throws(SystemError) -> [String] {
        if let run = layout.loneRun { return [run] }
        guard Files.exists(layout.runs) else { return [] }
        return try Files.list(layout.runs).reversed().compactMap { name in
            guard let id = name.text, Files.exists(layout.log(run: id)) else { return nil }
            return id
        }
    }

    /// The name of the newest run that has a log, if possible one in which something is written.
    ///
    /// - Complexity: one look at the folder, and as a rule one at a file.
    package static func newest(_ layout: OutputLayout) throws(SystemError) -> String? {
        if let run = layout.loneRun { return run }
        guard Files.exists(layout.runs) else { return nil }
        var empty: String?
        for name in try Files.list(layout.runs).reversed() {
            guard let id = name.text, let log = try? Files.status(layout.log(run: id)) else { continue }
            if log.size > 0 { return id }
            empty = empty ?? id
        }
        return empty
    }

    /// Nil when the run has no log.
    package init?(_ layout: OutputLayout, run id: String) {
        let path = layout.log(run: id)
        guard let descriptor = try? Files.openInput(path) else { return nil }
        defer { Files.close(descriptor) }
        guard let status = try? Files.status(descriptor: descriptor, path: path), status.kind == .file else {
            return nil
        }
        var state = RunState()
        let head = (try? Files.read(descriptor, at: 0, count: RunLogSummary.ends, path: path)) ?? []
        let first = head.split(separator: 0x0a).lazy.compactMap { try? LogLine.parse(Array($0)) }.first
        if let first { state.apply(first.event, at: first.moment) }
        let start = max(0, status.size - Int64(RunLogSummary.ends))
        let tail = (try? Files.read(descriptor, at: start, count: RunLogSummary.ends, path: path)) ?? []
        let whole = tail.lastIndex(of: 0x0a).map { tail[...$0] } ?? []
        let last = whole.split(separator: 0x0a).reversed().lazy.compactMap { try? LogLine.parse(Array($0)) }.first
        if let last { state.apply(last.event, at: last.moment) }
        self.init(state, id: id, events: last?.seq ?? 0, size: status.size)
        if self.status != .finished, RunLogSummary.isBeingWritten(layout, run: id, modified: status.modified) {
            self.status = .running
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
