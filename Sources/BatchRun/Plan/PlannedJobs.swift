internal import Bytes
internal import Jobs

/// The jobs of a run in little memory: 24 bytes beside its video for one that is new, and whose result has the name that it
/// wants. Any other is kept as it is.
package struct PlannedJobs: Sendable {
    private struct Row {
        var id: JobID
        /// Its index in ``videos``.
        var video: UInt32
        /// Its index in ``reasons``.
        var reason: UInt32
    }

    private var videos: Candidates
    private var rows: [Row] = []
    private var reasons: [String] = []
    private var reasonNumbers: [String: UInt32] = [:]
    /// Jobs of which there is more to tell, by the indices of their videos.
    private var whole: [UInt32: PlannedJob] = [:]
    private let isCompressed: Bool

    /// - Parameters:
    ///   - videos: those that jobs are added of by their indices.
    ///   - isCompressed: the form of most results.
    package init(_ videos: Candidates = Candidates(), isCompressed: Bool = false) {
        (self.videos, self.isCompressed) = (videos, isCompressed)
    }

    package init(_ jobs: some Sequence<PlannedJob>) {
        self.init()
        for job in jobs { append(job) }
    }

    package mutating func append(_ job: PlannedJob) {
        videos.append(job.video)
        append(job, video: videos.count - 1)
    }

    /// Adds a job whose video is the one of an index among those that the list was made with.
    mutating func append(_ job: PlannedJob, video index: Int) {
        let index = UInt32(index)
        rows.append(Row(id: job.id, video: index, reason: number(job.reason)))
        let plain = PlannedJob(id: job.id, video: job.video, result: result(job.video, job.id), reason: job.reason)
        if job != plain { whole[index] = job }
    }

    private func result(_ video: Candidate, _ id: JobID) -> RawPath {
        OutputLayout.result(for: video.relative, job: id, isCompressed: isCompressed)
    }

    private mutating func number(_ reason: String) -> UInt32 {
        if let known = reasonNumbers[reason] { return known }
        let number = UInt32(reasons.count)
        reasons.append(reason)
        reasonNumbers[reason] = number
        return number
    }

    /// By the paths of the videos, or the largest first and equals by their paths.
    ///
    /// - Complexity: n log n.
    package mutating func sort(isByName: Bool) {
        let videos = videos
        rows.sort { one, other in
            let (left, right) = (Int(one.video), Int(other.video))
            let sizes = isByName ? (0, 0) : (videos.size(left), videos.size(right))
            return sizes.0 == sizes.1 ? videos.precedes(left, right) : sizes.0 > sizes.1
        }
    }

    /// Leaves out all but the first ones.
    mutating func cut(to count: Int) { rows.removeLast(Swift.max(0, rows.count - count)) }

    var ids: some Sequence<JobID> { rows.lazy.map(\.id) }

    /// The tools of the jobs, each once; nil for those of the run.
    ///
    /// - Complexity: linear in the jobs that have other tools than the run, and in these tools.
    var tools: [JobTools?] {
        var tools: [JobTools?] = []
        var plain = rows.count
        for row in rows {
            guard let job = whole[row.video], let own = job.tools else { continue }
            plain -= 1
            if !tools.contains(own) { tools.append(own) }
        }
        return plain > 0 ? [nil] + tools : tools
    }

    /// Bytes of the videos.
    var sizes: [Int64] { rows.map { videos.size(Int($0.video)) } }

    /// How many jobs are done for each reason.
    var counts: [String: Int] {
        var counts = [Int](repeating: 0, count: reasons.count)
        for row in rows { counts[Int(row.reason)] += 1 }
        return Dictionary(uniqueKeysWithValues: zip(reasons, counts)).filter { $0.value > 0 }
    }

    /// Whether the path of the video of one job comes before that of another.
    func precedes(_ one: Int, _ other: Int) -> Bool { videos.precedes(Int(rows[one].video), Int(rows[other].video)) }
}

extension PlannedJobs: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }

    package subscript(index: Int) -> PlannedJob {
        let row = rows[index]
        if let job = whole[row.video] { return job }
        let video = videos[Int(row.video)]
        return PlannedJob(
            id: row.id, video: video, result: result(video, row.id), reason: reasons[Int(row.reason)])
    }
}
