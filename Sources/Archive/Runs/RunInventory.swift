internal import Bytes
internal import Jobs
internal import Store

/// All videos that a run saw, and how each stood: the record of the run, and for what it skipped, the lines of the
/// catalog and the failure memory that it skipped it for.
struct RunInventory {
    let run: RunSummary
    private(set) var videos: [JobID: RunVideo] = [:]
    /// Videos that were there and too young to be taken.
    private var young: Set<RawPath> = []
    /// Places that could not be looked at.
    private var unread: [RawPath] = []
    /// Whether all videos below its inputs are known to have been seen.
    private(set) var isComplete = true
    /// Skipped videos by the run they came from, until the index tells what was known of them.
    private(set) var skipped: [Skip] = []

    /// A video that the run left alone because of what another one made of it.
    struct Skip {
        var job: JobID
        /// What it was left alone for.
        var status: VideoStatus
        var runID: String

        /// Whether it had failed there, so that the failure memory tells of it.
        var isFailure: Bool { status.isFailure }

        /// The video as far as this alone tells.
        func video(_ path: RawPath) -> RunVideo {
            RunVideo(job: job, path: path, status: status == .skipped ? .ok : status, runID: runID)
        }
    }

    /// What it says of those of which it only counts how many they are; nil in a record that lists them.
    private(set) var seen: SeenVideos?

    /// The inventories of runs.
    ///
    /// - Throws: ``ArchiveError`` when a run has no record, `SystemError` when the catalog cannot be read.
    /// - Complexity: linear in the videos that the runs saw and the lines of the catalog.
    static func read(_ layout: OutputLayout, runs: [String]) throws -> (inventories: [RunInventory], CatalogIndex) {
        var inventories = try runs.map { try RunInventory(layout, run: $0) }
        let index = try CatalogIndex(layout, inventories)
        for number in inventories.indices { inventories[number].complete(index) }
        return (inventories, index)
    }

    private init(_ layout: OutputLayout, run id: String) throws {
        let path = layout.summary(run: id)
        if RunFolders.isUnjoined(layout, run: id) {
            throw ArchiveError("run \(id) is one in shards that nobody joined yet; forgebatch merge joins them")
        }
        let document: RunDocument
        do {
            let record = try RunDocumentReader(path)
            guard let found = record.document else { throw ArchiveError("it names no run") }
            document = found
            run = document.summary
            while let job = try record.nextJob() {
                videos[job.job] = RunVideo(job, run: run)
            }
        } catch {
            throw ArchiveError("\(path.display): the run's record cannot be read: \(error)")
        }
        for waiting in document.notStarted {
            videos[waiting.job] = RunVideo(job: waiting.job, path: waiting.path, status: .unfinished, runID: run.id)
        }
        skipped = document.skipped.flatMap { group in
            group.jobs.map { Skip(job: $0, status: group.status, runID: group.runID) }
        }
        young = Set(document.tooYoung)
        unread = document.unread
        seen = document.seen
        isComplete = !document.isLimited
    }

    /// Fills in what was known of the skipped videos.
    private mutating func complete(_ index: CatalogIndex) {
        var count = skipped.count
        for skip in skipped { videos[skip.job] = index.video(skip) ?? skip.video(RawPath(skip.job.text)) }
        if seen != nil {
            for video in index.unchanged(in: self) {
                videos[video.job] = video
                count += 1
            }
        }
        skipped = []
        // A record that only counts what it skipped does not say what it saw, and one whose videos are not all known any
        // more does not either.
        isComplete = isComplete && count == run.tally.allSkipped
    }

    /// Whether the run could not have seen a video of this path, or left it alone for its age.
    func isBlind(to path: RawPath) -> Bool { young.contains(path) || unread.contains { path.isInside($0) } }
}
