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

    /// The first rows of each list, and how many there are.
    struct Fold {
        fileprivate struct Rows {
            var first: [Remark] = []
            var count = 0

            var list: List? {
                guard count > 0 else { return nil }
                return List(rows: first, rest: count > first.count ? Text.count(count - first.count) : nil)
            }
        }

        fileprivate var damaged = Rows()
        fileprivate var quarantined = Rows()
        fileprivate var known = Rows()
        /// Failed in an earlier run and not done since, gone or not.
        fileprivate var knownCount = 0
        fileprivate var gone = 0
        private let limits: IndexLimits

        init(_ limits: IndexLimits) { self.limits = limits }

        mutating func add(_ video: ReportVideo) {
            let isKnown = video.status == .failed && !video.isOfThisRun
            if isKnown { knownCount += 1 }
            if video.isGone {
                gone += 1
                return
            }
            if video.status == .damaged {
                add(video, to: \.damaged) { $0.reasons.map { Phrases.reason($0, nil) }.joined(separator: "; ") }
            }
            if video.isQuarantined { add(video, to: \.quarantined) { $0.failureText(limit: 400) ?? "" } }
            if isKnown { add(video, to: \.known) { $0.failureText(limit: 400) ?? "" } }
        }

        private mutating func add(
            _ video: ReportVideo, to list: WritableKeyPath<Fold, Rows>, _ text: (ReportVideo) -> String
        ) {
            self[keyPath: list].count += 1
            guard self[keyPath: list].first.count < limits.rows else { return }
            let cause = video.failure.cause.map { Phrases.name($0) } ?? ""
            self[keyPath: list].first.append(
                Remark(video, text: text(video), cause: cause, progress: video.frameCount))
        }
    }

    init(_ run: RunDocument, _ fold: Fold) {
        (damaged, quarantined, known) = (fold.damaged.list, fold.quarantined.list, fold.known.list)
        let tally = run.summary.tally
        skipped = [
            (tally.skipped, "unchanged, with a result of an earlier run"),
            (tally.skippedFailed, "failed before and unchanged"),
            (tally.skippedDamaged, "found damaged before and unchanged"),
            (tally.quarantined, VideoStatus.quarantined.rawValue),
            (fold.gone, "gone from their places; their results are still here"),
        ].filter { $0.0 > 0 }.map { Fact(Text.count($0.0), $0.1) }
        hasSkipped = !skipped.isEmpty
        hasKnown = known != nil
        let count = fold.knownCount
        knownTitle = "\(Text.plural(count, "video")) still \(count == 1 ? "fails" : "fail") from earlier runs"
    }
}
