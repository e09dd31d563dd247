internal import Archive
internal import Bytes
internal import Jobs

/// A job as of a moment of its run: what HTTP tells of it.
struct JobView: Sendable {
    let job: JobID
    var status = VideoStatus.pending
    var progress: Progress?
    /// Why it failed.
    var message: String?
    /// When it was started; when the run was, for one that was not.
    var created = ""
    /// When it was last heard of.
    var updated = ""

    /// Says of a job of an interrupted run why it never ended.
    static let interrupted = "interrupted: the run ended without finishing this video; run again to process it"

    /// The status alone, without reading a line. What runs when its run has died has failed.
    static func status(_ index: LogIndex, _ place: Int, lines: Int, isDead: Bool) -> VideoStatus {
        let status = index.status(place, after: lines)
        return isDead && status == .running ? .failed : status
    }
}

extension RunFeed {
    /// Lines to read for a view, found under the lock, read outside it.
    private struct Places: Sendable {
        var status: VideoStatus
        var progress: (offset: Int64, length: Int)?
        var terminal: (offset: Int64, length: Int)?
        var first: (offset: Int64, length: Int)?
        var last: (offset: Int64, length: Int)?
    }

    /// A job as of now; nil for one that this run did not start.
    func view(_ job: JobID) -> JobView? {
        let places: Places? = read { index, lines, run in
            guard let place = index.place(job), let start = index.jobs[place].start else { return nil }
            let isDead = run == .interrupted && lines == index.count
            var places = Places(status: JobView.status(index, place, lines: lines, isDead: isDead))
            let isStarted = start < lines
            places.first = index.range(isStarted ? Int(start) : 0)
            places.last = index.last(place, before: lines).map { index.range($0) }
            places.progress = index.last(place, before: lines) { $0 == .progress }.map { index.range($0) }
            places.terminal = index.jobs[place].end.flatMap { $0 < lines ? index.range(Int($0)) : nil }
            return places
        }
        guard let places else { return nil }
        var view = JobView(job: job, status: places.status)
        view.created = parsed(places.first)?.time ?? ""
        view.updated = parsed(places.last)?.time ?? view.created
        if case .progress(_, let progress)? = parsed(places.progress)?.event { view.progress = progress }
        switch (parsed(places.terminal)?.event, places.status) {
        case (.error(_, let message)?, _): view.message = message
        case (nil, .failed): view.message = JobView.interrupted
        default: break
        }
        return view
    }

    private func parsed(_ range: (offset: Int64, length: Int)?) -> LogLine? {
        guard let range, let bytes = try? bytes(range) else { return nil }
        return try? LogLine.parse(bytes)
    }

    /// Jobs that this run started, newest first, of a status in the protocol's words or of any.
    ///
    /// - Returns: those of the page, and how many there are in all.
    func jobs(_ status: String?, skip: Int, limit: Int) -> (page: [JobID], count: Int) {
        read { index, lines, run in
            let isDead = run == .interrupted && lines == index.count
            var started = index.jobs.indices.compactMap { place in index.jobs[place].start.map { (place, $0) } }
            if let status {
                started.removeAll { JobView.status(index, $0.0, lines: lines, isDead: isDead).protocolWord != status }
            }
            started.sort { $0.1 > $1.1 }
            let page = started.dropFirst(skip).prefix(limit).map { index.jobs[$0.0].id }
            return (Array(page), started.count)
        }
    }
}
