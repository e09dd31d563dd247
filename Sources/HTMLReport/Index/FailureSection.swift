internal import Bytes
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

    /// How many videos failed in this run, by cause.
    struct Causes {
        private(set) var counts: [String: Int] = [:]

        mutating func add(_ video: ReportVideo) {
            if let cause = FailureSection.cause(video) { counts[cause, default: 0] += 1 }
        }
    }

    /// Nil for a video that did not fail in this run.
    private static func cause(_ video: ReportVideo) -> String? {
        video.status == .failed && video.isOfThisRun ? video.failure.cause ?? "" : nil
    }

    /// - Parameters:
    ///   - causes: of all rows.
    ///   - rows: in which those that failed come first.
    init(_ causes: Causes, _ rows: RowFile, _ rerun: Rerun, _ limits: IndexLimits) throws {
        let sorted = causes.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(IndexLimits.causes)
        let videos = try FailureSection.first(limits.full + limits.lines, of: sorted.map(\.key), rows)
        var left = limits.failures
        groups = sorted.map { cause, count in
            let videos = videos[cause] ?? []
            let shown = videos.prefix(min(limits.full, left))
            let others = videos.dropFirst(shown.count).prefix(limits.lines)
            left -= shown.count
            let rest = count - shown.count - others.count
            return Group(
                cause: cause.isEmpty ? "Other" : Phrases.cause(cause), count: Text.plural(count, "video"),
                failures: shown.map { Failure($0, rerun, log: limits.log, isOnIndex: true) },
                others: others.map { Remark($0, progress: $0.progressLine) }, hasOthers: !others.isEmpty,
                otherCount: Text.count(rest + others.count), rest: rest > 0 ? Text.count(rest) : nil)
        }
        hasFailures = !groups.isEmpty
    }

    /// The first videos of each cause.
    private static func first(
        _ most: Int, of causes: [String], _ rows: RowFile
    ) throws(SystemError) -> [String: [ReportVideo]] {
        var videos = Dictionary(uniqueKeysWithValues: causes.map { ($0, [ReportVideo]()) })
        for index in 0..<rows.count {
            let video = try rows.row(at: index)
            guard video.status == .failed else { break }
            if let cause = cause(video), let known = videos[cause], known.count < most {
                videos[cause, default: []].append(video)
            }
        }
        return videos
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
