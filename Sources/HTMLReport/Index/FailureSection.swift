internal import Jobs

/// The videos that failed in this run, by cause.
struct FailureSection {
    struct Group {
        let cause: String
        let count: String
        /// Shown with message, log and command.
        let failures: [Failure]
        /// Shown as a line.
        let others: [Remark]
        let hasOthers: Bool
        let otherCount: String
        /// How many are not shown here.
        let rest: String?
    }

    let groups: [Group]
    let hasFailures: Bool

    init(_ data: ReportData, _ rerun: Rerun, _ limits: IndexLimits) {
        var causes: [String: [ReportVideo]] = [:]
        for video in data.videos where video.status == .failed && video.isOfThisRun {
            causes[video.failure.cause ?? "", default: []].append(video)
        }
        var left = limits.failures
        let sorted = causes.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        groups = sorted.prefix(IndexLimits.causes).map { cause, videos in
            let shown = videos.prefix(min(limits.full, left))
            let others = videos.dropFirst(shown.count).prefix(limits.lines)
            left -= shown.count
            let rest = videos.count - shown.count - others.count
            return Group(
                cause: cause.isEmpty ? "Other" : Phrases.cause(cause), count: Text.plural(videos.count, "video"),
                failures: shown.map { Failure($0, rerun, log: limits.log, isOnIndex: true) },
                others: others.map { Remark($0, progress: $0.progressLine) }, hasOthers: !others.isEmpty,
                otherCount: Text.count(rest + others.count), rest: rest > 0 ? Text.count(rest) : nil)
        }
        hasFailures = !groups.isEmpty
    }
}

/// A video in a list, with a few words.
struct Remark {
    let path: String
    let href: String?
    let text: String
    let cause: String
    let progress: String

    init(_ video: ReportVideo, text: String = "", cause: String = "", progress: String) {
        path = Text.shown(video.path, limit: 400)
        href = Row.link(video)
        self.text = text
        self.cause = cause
        self.progress = progress
    }
}
