internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// Reads a run's record, the catalog and the failures, and joins them by job.
struct ReportReader {
    private let layout: OutputLayout
    private let tools: ReportTools
    private let progress: (ReportProgress) -> Void
    private var notes: [String] = []
    private let joined: JoinedRows

    /// - Parameter baseline: the run to compare with.
    /// - Throws: ``ReportError`` when the run's record cannot be used, `SystemError` when rows cannot be kept. Anything
    ///   else that cannot be read is noted.
    /// - Complexity: one record, and about a hundred bytes of each video, are in memory.
    static func read(
        layout: OutputLayout, run id: String, baseline: String? = nil, tools: ReportTools,
        progress: ((ReportProgress) -> Void)? = nil
    ) throws -> ReportData {
        var reader = ReportReader(layout: layout, tools: tools, progress: progress ?? { _ in })
        return try reader.read(id, baseline)
    }

    private init(layout: OutputLayout, tools: ReportTools, progress: @escaping (ReportProgress) -> Void) {
        self.layout = layout
        self.tools = tools
        self.progress = progress
        joined = JoinedRows(in: layout.report)
    }

    private mutating func read(_ id: String, _ baseline: String?) throws -> ReportData {
        let path = layout.summary(run: id)
        func failure(_ error: any Error) -> ReportError {
            ReportError("\(path.display): the run's record cannot be read: \(error)")
        }
        let record: RunDocumentReader
        do { record = try RunDocumentReader(path) } catch { throw failure(error) }
        guard var run = record.document else { throw failure(ReportError("it names no run")) }
        run.summary.id = id
        // Rows say what was skipped, and in a large folder that is most of the record.
        run.skipped = []
        // First, so that what it needs is free again before there are rows.
        let changes = baseline.flatMap { compare($0, id) }
        takeCatalog()
        takeFailures()
        do {
            while let job = try record.nextJob() {
                update(job.job, job.path) { [tools] in $0.take(job, tools: tools) }
            }
        } catch {
            throw failure(error)
        }
        mark(changes)
        progress(.timeline)
        let timeline = try RunTimeline(layout.log(run: id), in: layout.report) { [joined] in
            joined.mark($0, started: $1)
        }
        takeThumbnails()
        return ReportData(
            run: run, tools: tools, videos: try joined.sorted(), notes: notes, changes: changes, runs: runs(upTo: id),
            names: RootNames.read(layout), timeline: timeline)
    }

    /// Runs in the chart of the last ones.
    private static let mostRuns = 30

    private mutating func compare(_ baseline: String, _ id: String) -> Comparison? {
        do {
            return try Comparison(layout, before: baseline, after: id)
        } catch {
            notes.append("the comparison with run \(Text.shown(baseline, limit: 80)) failed: \(error)")
            return nil
        }
    }

    /// Says of each row what became of its video; of two things the first in their order.
    private func mark(_ changes: Comparison?) {
        guard let changes else { return }
        for category in Comparison.Category.allCases.reversed() where category != .otherSettings {
            for entry in changes[category] { joined.mark(entry.job, change: category) }
        }
    }

    /// Marks the videos that have a thumbnail.
    ///
    /// - Complexity: a list of each folder of stills; no video is asked for by itself.
    private func takeThumbnails() {
        let end = Array(OutputLayout.Still.thumbnail.rawValue.utf8)
        for folder in (try? Files.list(layout.stills)) ?? [] {
            for name in (try? Files.list(layout.stills.appending(folder))) ?? [] {
                guard name.bytes.suffix(end.count).elementsEqual(end),
                    let job = JobID(text: String(decoding: name.bytes.dropLast(end.count), as: UTF8.self))
                else { continue }
                joined.markThumbnail(job)
            }
        }
    }

    private mutating func runs(upTo id: String) -> [RunSummary] {
        do {
            return try RunList.newest(ReportReader.mostRuns, upTo: id, layout)
        } catch {
            notes.append("history.jsonl cannot be read: \(error)")
            return []
        }
    }

    private mutating func takeCatalog() {
        let lines = layout.catalogLines
        noting(lines.path) { [update] () throws(SystemError) -> Int in
            try lines.forEachChange { job, entry in
                // One that was taken back stands on a line alone: nothing was made of it before.
                if let entry { update(job, entry.path) { $0 = ReportVideo(entry) } }
            }
        }
    }

    private mutating func takeFailures() {
        let lines = layout.failureLines
        noting(lines.path) { [update] () throws(SystemError) -> Int in
            try lines.forEachLatest { entry in update(entry.job, entry.path) { $0.take(entry) } }
        }
    }

    private func update(_ job: JobID, _ path: RawPath, _ change: (inout ReportVideo) -> Void) {
        joined.update(job, path, change)
        if joined.updates % ReportProgress.step == 0 { progress(.reading(joined.count)) }
    }

    /// Reads a file and notes what of it cannot be read.
    ///
    /// - Parameter body: returns how many lines those are.
    private mutating func noting(_ path: RawPath, _ body: () throws(SystemError) -> Int) {
        let name = path.lastComponent.display
        do throws(SystemError) {
            let unread = try body()
            if unread > 0 { notes.append("\(Text.plural(unread, "line")) of \(name) cannot be read") }
        } catch {
            notes.append("\(name) cannot be read: \(error.reason)")
        }
    }
}
