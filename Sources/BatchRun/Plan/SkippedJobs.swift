package import Bytes
package import Jobs
package import Store

/// A video that is not run, and why.
package struct SkippedJob: Sendable {
    package var id: JobID
    package var path: RawPath
    /// What it is left alone for: ``VideoStatus/skipped`` when its result is up to date, else damaged, failed or
    /// quarantined.
    package var status: VideoStatus
    package var reason: String
    /// The run that processed it last.
    package var runID: String?
    /// Tools that this run asks for and that its result is without, because they failed.
    package var toolsFailed: [FailedTool] = []
}

/// The videos that a run leaves alone, in the order of their paths, in little memory: 16 bytes beside the video for each.
package struct SkippedJobs: Sendable {
    private struct Row {
        /// Its index in ``videos``.
        var video: UInt32
        /// Numbers of words.
        var reason, run: UInt32
        var status: VideoStatus
        var hasRun: Bool
        /// Whether the catalog has a result of it.
        var hasResult: Bool
    }

    private let videos: Candidates
    private var rows: [Row] = []
    private var words = Words()
    /// Of those that have some, by the indices of their videos.
    private var toolsFailed: [UInt32: [FailedTool]] = [:]

    init(_ videos: Candidates = Candidates()) { self.videos = videos }

    /// Adds the video of an index among those that the list was made with, which comes behind those that it has.
    ///
    /// - Parameter known: its result of an earlier run.
    mutating func append(
        video index: Int, _ status: VideoStatus, _ reason: String, runID: String?, known: KnownResult?,
        toolsFailed failed: [FailedTool]
    ) {
        let index = UInt32(index)
        rows.append(
            Row(
                video: index, reason: words.number(reason), run: words.number(runID ?? ""), status: status,
                hasRun: runID != nil, hasResult: known != nil))
        if !failed.isEmpty { toolsFailed[index] = failed }
    }

    /// The paths of those whose results are up to date.
    var unchanged: some Sequence<RawPath> {
        let videos = videos
        return rows.lazy.filter { $0.status == .skipped && $0.hasResult }.map { videos.relative(Int($0.video)) }
    }

    /// How each stands.
    package var statuses: some Sequence<VideoStatus> { rows.lazy.map(\.status) }

    /// Those that a person should look at.
    var needingAttention: [SkippedJob] {
        rows.indices.filter { rows[$0].status.needsAttention }.map { self[$0] }
    }

    /// How many tools failed on them, see ``SkippedJob/toolsFailed``.
    var failedToolCount: Int { toolsFailed.values.reduce(0) { $0 + $1.count } }
}

extension SkippedJobs: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }

    package subscript(index: Int) -> SkippedJob {
        let row = rows[index]
        let path = videos.relative(Int(row.video))
        return SkippedJob(
            id: JobID(video: path), path: path, status: row.status, reason: words[row.reason],
            runID: row.hasRun ? words[row.run] : nil, toolsFailed: toolsFailed[row.video] ?? [])
    }
}
