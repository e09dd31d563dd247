internal import Bytes
internal import Jobs

/// The jobs of a run in little memory: 16 bytes beside its video for one whose result has the name that it wants, or had.
/// Any other is kept as it is.
package struct PlannedJobs: Sendable {
    private struct Row {
        /// Its index in ``videos``.
        var video: UInt32
        /// A number of ``reasons``.
        var reason: UInt32
        /// The number of its result in ``known``, and that of its tools in ``ownTools``, each from 1; 0 for none.
        var known: UInt32
        var tools: UInt32
    }

    private var videos: Candidates
    private var rows: [Row] = []
    private var reasons = Words()
    private var ownTools: [JobTools] = []
    /// Jobs of which there is more to tell, by the indices of their videos.
    private var whole: [UInt32: PlannedJob] = [:]
    private let known: KnownResults
    private let isCompressed: Bool

    /// Tools that were added last and are looked at for the next job.
    private static let lookBack = 16

    /// - Parameters:
    ///   - videos: those that jobs are added of by their indices.
    ///   - isCompressed: the form of most results.
    ///   - known: results of earlier runs.
    package init(
        _ videos: Candidates = Candidates(), isCompressed: Bool = false, known: KnownResults = KnownResults()
    ) {
        (self.videos, self.isCompressed, self.known) = (videos, isCompressed, known)
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
    ///
    /// - Parameter number: that of its result in the list of known ones.
    mutating func append(_ job: PlannedJob, video index: Int, known number: Int? = nil) {
        let row = Row(
            video: UInt32(index), reason: reasons.number(job.reason), known: number.map { UInt32($0) + 1 } ?? 0,
            tools: job.tools.map { add($0) } ?? 0)
        rows.append(row)
        if job != self.job(row) { whole[row.video] = job }
    }

    /// The number of a job's tools, from 1.
    private mutating func add(_ tools: JobTools) -> UInt32 {
        // The same come one after another as a rule. Twice there costs a little memory.
        if let index = ownTools.suffix(PlannedJobs.lookBack).firstIndex(of: tools) { return UInt32(index) + 1 }
        ownTools.append(tools)
        return UInt32(ownTools.count)
    }

    /// A job of which there is no more to tell.
    private func job(_ row: Row) -> PlannedJob {
        let video = videos[Int(row.video)]
        let id = JobID(video: video.relative)
        let result = row.known == 0 ? nil : known.result(Int(row.known) - 1, of: video.relative, id)
        return PlannedJob(
            id: id, video: video,
            result: result.map { OutputLayout.result($0.result, isCompressed: isCompressed) }
                ?? OutputLayout.result(for: video.relative, job: id, isCompressed: isCompressed),
            reason: reasons[row.reason], tools: row.tools == 0 ? nil : ownTools[Int(row.tools) - 1], known: result)
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

    /// The tools of the jobs, nil for those of the run; some may be there twice.
    ///
    /// - Complexity: linear in the jobs.
    var tools: [JobTools?] {
        var isUsed = [Bool](repeating: false, count: ownTools.count + 1)
        for row in rows { isUsed[Int(row.tools)] = true }
        return isUsed.indices.filter { isUsed[$0] }.map { $0 == 0 ? nil : ownTools[$0 - 1] }
    }

    /// Bytes of the videos.
    var sizes: [Int64] { rows.map { videos.size(Int($0.video)) } }

    /// How many jobs are done for each reason.
    var counts: [String: Int] {
        let words = reasons.all
        var counts = [Int](repeating: 0, count: words.count)
        for row in rows { counts[Int(row.reason)] += 1 }
        return Dictionary(uniqueKeysWithValues: zip(words, counts)).filter { $0.value > 0 }
    }

    /// Whether the path of the video of one job comes before that of another.
    func precedes(_ one: Int, _ other: Int) -> Bool { videos.precedes(Int(rows[one].video), Int(rows[other].video)) }
}

extension PlannedJobs: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }

    package subscript(index: Int) -> PlannedJob {
        let row = rows[index]
        return whole[row.video] ?? job(row)
    }
}
