package import Bytes
package import Jobs
package import Store

/// `forgebatch prune`: removes from an output folder what nobody needs any more.
///
/// Whatever moment it is killed at, what is left is an output folder without a breach, and the next one removes the rest.
package struct Prune: Sendable {
    /// What may be removed.
    package struct Rules: Sendable {
        package var runs = RunRetention(keep: nil)
        /// Results, stills and memories of videos that are gone.
        package var gone = false
        /// Logs of runs that stay are compressed.
        package var logs = false
        /// What dead writers left, and results that the catalog has taken back.
        package var leftovers = false

        package init() {}
    }

    /// A video that is gone, with what is left of it.
    package struct Video: Sendable {
        package var job: JobID
        package var path: RawPath
        /// Since when it is gone.
        package var absence: Absence
        var entry: CatalogEntry?
        var failure: FailureEntry?
    }

    /// What would be removed.
    package struct Work: Sendable {
        /// The oldest first.
        package var runs: [String] = []
        /// In the order of their paths.
        package var videos: [Video] = []
        package var leftovers: [RawPath] = []
        /// Runs whose logs are to be compressed, the oldest first.
        package var logs: [String] = []
        /// Of those logs as they are.
        package var logBytes: Int64 = 0
        /// Of what goes, of each kind.
        package var runBytes: Int64 = 0
        package var videoBytes: Int64 = 0
        package var leftoverBytes: Int64 = 0

        package var bytes: Int64 { runBytes + videoBytes + leftoverBytes }
        package var isEmpty: Bool { runs.isEmpty && videos.isEmpty && leftovers.isEmpty && logs.isEmpty }
    }

    /// How far it is.
    package enum Step: Sendable {
        case runs(done: Int, of: Int)
        case videos(done: Int, of: Int)
        case logs(done: Int, of: Int)
    }

    private let layout: OutputLayout

    package init(_ layout: OutputLayout) { self.layout = layout }

    /// What the rules let go.
    ///
    /// - Complexity: the catalog, and a look at all that is found.
    package func find(_ rules: Rules) throws -> Work {
        var work = Work()
        work.runs = try RunRemoval.find(layout, rules.runs)
        work.runBytes = work.runs.reduce(0) { $0 + RunFolders.size(layout, run: $1) }
        let catalog = try layout.catalogLines.latest().records
        if rules.gone {
            work.videos = try gone(catalog)
            work.videoBytes = work.videos.reduce(0) { sum, video in files(video).reduce(sum) { $0 + size($1) } }
        }
        if rules.logs {
            work.logs = try RunRemoval.compressible(layout, without: Set(work.runs))
            work.logBytes = work.logs.reduce(0) { $0 + size(layout.log(run: $1)) }
        }
        if rules.leftovers {
            work.leftovers = OutputFolder.leftovers(layout) + (try retired(catalog))
            work.leftoverBytes = work.leftovers.reduce(0) { $0 + size($1) }
        }
        return work
    }

    /// Removes it. Only under the lock of the output folder.
    ///
    /// - Returns: the bytes that were freed.
    @discardableResult
    package func carryOut(_ work: Work, now: UTCTime, progress: (Step) -> Void = { _ in }) throws -> Int64 {
        for path in work.leftovers {
            if Files.isTemporaryName(path.lastComponent) { Files.removeIfAbandoned(path) } else { removeResult(path) }
        }
        try remove(work.videos, by: BatchRunner.newRunID(now), progress)
        let freed = try RunRemoval.remove(layout, work.runs) { progress(.runs(done: $0, of: work.runs.count)) }
        var packed: Int64 = 0
        for (index, id) in work.logs.enumerated() {
            if let (before, after) = try RunLog.compress(layout.log(run: id)) { packed += before - after }
            progress(.logs(done: index + 1, of: work.logs.count))
        }
        // What no run needs any more goes with the runs.
        try layout.compact(isForced: !work.videos.isEmpty || !work.runs.isEmpty)
        return freed + work.leftoverBytes + work.videoBytes + packed
    }

    // MARK: Videos that are gone

    private func gone(_ catalog: [JobID: CatalogEntry]) throws -> [Video] {
        var videos: [JobID: Video] = [:]
        for (job, failure) in try layout.failureLines.latest().records {
            let hasResult = catalog[job].map { $0.absence?.isOpen != true } ?? false
            guard let absence = failure.absence, absence.isOpen, !hasResult else { continue }
            videos[job] = Video(job: job, path: failure.path, absence: absence, failure: failure)
        }
        for (job, entry) in catalog {
            guard let absence = entry.absence, absence.isOpen else { continue }
            videos[job, default: Video(job: job, path: entry.path, absence: absence)].entry = entry
        }
        return videos.values.sorted { $0.path < $1.path }
    }

    private func files(_ video: Video) -> [RawPath] {
        let stills = OutputLayout.Still.allCases.map { RawPath(OutputLayout.still(video.job, $0)) }
        return ([video.entry?.result].compactMap { $0 } + stills).map { layout.root.appending($0) }
    }

    /// First the catalog takes the results back, then they are removed: a file that it does not know would be a breach, and
    /// so would be one that it knows and that is not there.
    private func remove(_ videos: [Video], by run: String, _ progress: (Step) -> Void) throws {
        if videos.isEmpty { return }
        try JobLineWriter(layout.catalogLines).append(videos.compactMap { $0.entry?.cleared(by: run) })
        try JobLineWriter(layout.failureLines).append(
            videos.compactMap { video in
                video.failure.map { failure in
                    var failure = failure
                    failure.isCleared = true
                    return failure
                }
            })
        for (index, video) in videos.enumerated() {
            for path in files(video).dropFirst(video.entry == nil ? 0 : 1) { Files.remove(path) }
            if let result = video.entry?.result { removeResult(layout.root.appending(result)) }
            progress(.videos(done: index + 1, of: videos.count))
        }
    }

    /// Removes a result, and the folders above it that hold nothing then.
    private func removeResult(_ path: RawPath) {
        Files.remove(path)
        var folder = path.parent
        while folder != layout.results, folder.isInside(layout.results), Files.removeEmptyDirectory(folder) {
            folder = folder.parent
        }
    }

    // MARK: Left-overs

    /// Results that the catalog has taken back and that are still there.
    private func retired(_ catalog: [JobID: CatalogEntry]) throws -> [RawPath] {
        let used = Set(catalog.values.map(\.result))
        var found: Set<RawPath> = []
        let reader = try layout.catalogLines.reader()
        while let entry = try reader.next() {
            if entry.isCleared, !used.contains(entry.result) { found.insert(entry.result) }
        }
        return found.sorted().map { layout.root.appending($0) }.filter { Files.exists($0) }
    }

    private func size(_ path: RawPath) -> Int64 {
        (try? Files.status(path, follow: false)).map { $0.kind == .file ? $0.size : 0 } ?? 0
    }
}
