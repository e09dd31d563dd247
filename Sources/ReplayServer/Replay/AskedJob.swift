internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// A job that somebody asks for, and who answers for it.
struct AskedJob: Sendable {
    let job: JobID
    /// The run that was asked for.
    let feed: RunFeed
    /// What an earlier run made of it, where the run that was asked for left it alone.
    let kept: KeptJob?

    /// The run that processed it; nil when that is not known.
    var runID: String? { kept.map { $0.runID } ?? feed.id }

    /// What the record of that run says; nil before it is written, and when it is gone.
    var facts: RecordedRun? { kept == nil ? feed.facts : kept?.feed?.facts }

    /// The job as of now. The replay of the run begins with the first question about one of its own jobs.
    func view() -> JobView? {
        if let kept { return kept.view }
        feed.start()
        return feed.view(job)
    }
}

/// A job that a run left alone: how it came out of the run that processed it last. It has ended, whatever anybody's clock
/// says.
struct KeptJob: Sendable {
    let view: JobView
    /// Nil when it is not known.
    let runID: String?
    /// That run, where it has its log.
    let feed: RunFeed?
    /// The event that its clients get: the last line of it in that run's log, or where that is gone, one that says the same.
    let event: [UInt8]

    /// As the log of a run says; nil when the job has not ended there.
    init?(_ feed: RunFeed, _ job: JobID) {
        guard let view = feed.view(job, atEnd: true), view.status.isEnded else { return nil }
        self.init(view, feed: feed, runID: feed.id, event: feed.lastLine(job))
    }

    /// As catalog and failure memory say.
    init(_ outcome: CatalogMirror.Outcome) {
        let job: JobID
        var time = KeptJob.start(outcome.runID)
        var message: String?
        switch outcome {
        case .result(let entry): job = entry.job
        case .failure(let entry):
            job = entry.job
            time = UTCTime(milliseconds: entry.time)
            message = "\(entry.path.display): \(entry.message)"
        }
        var view = JobView(job: job, status: message == nil ? .ok : .failed, message: message)
        view.updated = (time ?? UTCTime(milliseconds: 0)).text
        view.created = view.updated
        self.init(view, feed: nil, runID: outcome.runID.isEmpty ? nil : outcome.runID, event: nil)
    }

    private init(_ view: JobView, feed: RunFeed?, runID: String?, event: [UInt8]?) {
        (self.view, self.feed, self.runID) = (view, feed, runID)
        let end: LogEvent =
            view.status.isFailure ? .error(job: view.job, message: view.message ?? "") : .completed(job: view.job)
        self.event = event ?? end.encode(time: UTCTime(text: view.updated) ?? .now, seq: 1)
    }

    /// When a run began, which its id tells: `20260226T010203Z-…`.
    private static func start(_ run: String) -> UTCTime? {
        let digits = Array(run.utf8.prefix(16))
        guard digits.count == 16 else { return nil }
        func text(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        return UTCTime(
            text: "\(text(0..<4))-\(text(4..<6))-\(text(6..<8))T\(text(9..<11)):\(text(11..<13)):\(text(13..<15)).000Z")
    }
}
