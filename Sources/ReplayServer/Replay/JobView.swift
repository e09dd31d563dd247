internal import Archive
internal import Bytes
internal import Jobs

/// A job as of a moment of its run: what HTTP tells of it.
struct JobView: Sendable {
    let job: JobID
    var status = VideoStatus.pending
    var progress: Progress?
    /// Frames that it may have, where its container declares no number of them.
    var estimatedTotal: Int?
    /// Why it failed.
    var message: String?
    /// When it was planned, or else started; when the run was, for one of which neither is known.
    var created = ""
    /// When it was last heard of.
    var updated = ""

    /// Says of a job of an interrupted run why it never ended.
    static let interrupted = "interrupted: the run ended without finishing this video; run again to process it"

    /// The status alone, without reading a line. What runs when its run has died has failed.
    static func status(_ index: LogIndex, _ job: Int, lines: Int, isDead: Bool) -> VideoStatus {
        let status = index.status(job, after: lines)
        return isDead && status == .running ? .failed : status
    }
}

extension RunFeed {
    /// Lines to read for a view, found under the lock, read outside it.
    private struct LineRanges: Sendable {
        var status: VideoStatus
        var start: (offset: Int64, length: Int)?
        var progress: (offset: Int64, length: Int)?
        var terminal: (offset: Int64, length: Int)?
        var first: (offset: Int64, length: Int)?
        var last: (offset: Int64, length: Int)?
    }

    /// A job as of now, or as of the end of the log; nil for one that this run has not and had not to do.
    func view(_ job: JobID, atEnd: Bool = false) -> JobView? {
        let ranges: LineRanges? = read { log, happened, run in
            guard let index = log.index(of: job), let claim = log.jobs[index].claim else { return nil }
            let lines = atEnd ? log.count : happened
            let isDead = run == .interrupted && lines == log.count
            var ranges = LineRanges(status: JobView.status(log, index, lines: lines, isDead: isDead))
            // The plan was made before the run's first moment; of older logs nothing is known before a job's start.
            let isKnown = log.jobs[index].plan != nil || claim < lines
            ranges.first = log.range(isKnown ? Int(claim) : 0)
            ranges.start = log.jobs[index].start.flatMap { $0 < lines ? log.range(Int($0)) : nil }
            ranges.last = log.last(index, before: lines).map { log.range($0) }
            ranges.progress = log.last(index, before: lines) { $0 == .progress }.map { log.range($0) }
            ranges.terminal = log.jobs[index].end.flatMap { $0 < lines ? log.range(Int($0)) : nil }
            return ranges
        }
        guard let ranges else { return nil }
        var view = JobView(job: job, status: ranges.status)
        view.created = parsed(ranges.first)?.time ?? ""
        view.updated = parsed(ranges.last)?.time ?? view.created
        if case .progress(_, let progress)? = parsed(ranges.progress)?.event { view.progress = progress }
        if case .jobStarted(_, _, _, _, let estimate)? = parsed(ranges.start)?.event { view.estimatedTotal = estimate }
        switch (parsed(ranges.terminal)?.event, ranges.status) {
        case (.error(_, let message)?, _): view.message = message
        case (nil, .failed): view.message = JobView.interrupted
        default: break
        }
        return view
    }

    /// The line with which a job ended, byte for byte.
    func lastLine(_ job: JobID) -> [UInt8]? {
        let range = read { log, _, _ in
            log.index(of: job).flatMap { log.jobs[$0].end }.map { log.range(Int($0)) }
        }
        return range.flatMap { try? bytes($0) }
    }

    private func parsed(_ range: (offset: Int64, length: Int)?) -> LogLine? {
        guard let range, let bytes = try? bytes(range) else { return nil }
        return try? LogLine.parse(bytes)
    }

    /// Jobs that this run started or will start, the last planned first, of a status in the protocol's words or of any.
    ///
    /// - Returns: those of the page, and how many there are in all.
    func jobs(_ status: String?, skip: Int, limit: Int) -> (page: [JobID], count: Int) {
        read { log, lines, run in
            let isDead = run == .interrupted && lines == log.count
            var all = log.jobs.indices.compactMap { job in log.jobs[job].claim.map { (job, $0) } }
            if let status {
                all.removeAll { JobView.status(log, $0.0, lines: lines, isDead: isDead).protocolWord != status }
            }
            all.sort { $0.1 > $1.1 }
            let page = all.dropFirst(skip).prefix(limit).map { log.jobs[$0.0].id }
            return (Array(page), all.count)
        }
    }
}
