internal import Jobs
internal import Store

/// The videos that did not fail in this run and still need a word: damaged, quarantined, skipped.
struct StatusLists {
    struct List {
        let rows: [Remark]
        /// How many are not shown here.
        let rest: String?
    }

    let damaged: List?
    let quarantined: List?
    let skipped: [Fact]
    let hasSkipped: Bool
    /// Those that failed in an earlier run and were not done since.
    let known: List?
    let knownTitle: String
    let hasKnown: Bool

    init(_ data: ReportData, _ limits: IndexLimits) {
        func list(_ text: (ReportVideo) -> String, of isWanted: (ReportVideo) -> Bool) -> List? {
            let videos = data.videos.filter { isWanted($0) && !$0.isGone }
            guard !videos.isEmpty else { return nil }
            let rows = videos.prefix(limits.rows).map { video in
                Remark(
                    video, text: text(video), cause: video.failure.cause.map { Phrases.name($0) } ?? "",
                    progress: video.frameCount)
            }
            return List(rows: rows, rest: videos.count > rows.count ? Text.count(videos.count - rows.count) : nil)
        }
        func failureText(_ video: ReportVideo) -> String { video.failureText(limit: 400) ?? "" }
        func reasons(_ video: ReportVideo) -> String {
            video.reasons.map { Phrases.reason($0, nil) }.joined(separator: "; ")
        }
        damaged = list(reasons) { $0.status == .damaged }
        quarantined = list(failureText) { $0.isQuarantined }
        known = list(failureText) { $0.status == .failed && !$0.isOfThisRun }
        let tally = data.run.summary.tally
        skipped = [
            (tally.skipped, "unchanged, with a result of an earlier run"),
            (tally.skippedFailed, "failed before and unchanged"),
            (tally.skippedDamaged, "found damaged before and unchanged"),
            (tally.quarantined, VideoStatus.quarantined.rawValue),
            (data.videos.count(where: \.isGone), "gone from their places; their results are still here"),
        ].filter { $0.0 > 0 }.map { Fact(Text.count($0.0), $0.1) }
        hasSkipped = !skipped.isEmpty
        hasKnown = known != nil
        let count = data.videos.count { $0.status == .failed && !$0.isOfThisRun }
        knownTitle = "\(Text.plural(count, "video")) still \(count == 1 ? "fails" : "fail") from earlier runs"
    }
}
