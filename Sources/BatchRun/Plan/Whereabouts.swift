internal import Bytes
internal import Jobs
internal import Store

/// What a run finds out about videos that the output folder knows and the walk did not meet.
struct Whereabouts: Sendable {
    /// Not at their places any more, and not known to be so before.
    var gone: Set<JobID> = []
    /// All results whose videos are not at their places, known before or not: one of them may have moved.
    var lost: [Lost] = []
    /// Which results are those of the walk's videos; nil where nobody looked.
    var known: KnownVideos? = nil

    struct Lost: Sendable {
        var entry: CatalogEntry
        /// False where its folder is empty, as the place of a share is that is not mounted.
        var isSure = true
    }

    /// Asks for the videos that were not met where the walk would have met them.
    ///
    /// - Parameter names: of all roots of the output folder.
    /// - Throws: ``LookFailure``.
    static func find(
        _ discovery: Discovery, prior: PriorResults, names: RootNames, options: RunOptions, looker: Looker
    ) async throws -> Whereabouts {
        if prior.isEmpty { return Whereabouts() }
        let coverage = WalkCoverage(discovery, names, options.discovery)
        let met = discovery.candidates.lazy.map { JobID(video: $0.relative) }
        var places: [Place] = []
        let catalog = prior.catalog
        let known = KnownVideos(discovery.candidates, catalog)
        let sizes = Whereabouts.sizes(of: discovery.candidates, among: known.unmet.lazy.map { catalog.size($0) })
        for number in known.unmet {
            let isNew = !catalog.isGone(number)
            guard isNew || sizes.contains(catalog.size(number)) else { continue }
            if let place = coverage.place(of: try catalog.paths(number).video) {
                places.append(Place(path: place, result: number, isNew: isNew))
            }
        }
        for failure in try prior.otherFailures(than: met) {
            if let place = coverage.place(of: failure.path) {
                places.append(Place(path: place, failure: failure.job, isNew: true))
            }
        }
        var found = Whereabouts(known: known)
        if places.isEmpty { return found }
        for missing in try await looker.missing(places.map(\.path)) {
            let place = places[missing.index]
            let entry = try place.result.map { try catalog.entry($0) }
            if place.isNew, missing.isSure, let job = entry?.job ?? place.failure { found.gone.insert(job) }
            if let entry { found.lost.append(Lost(entry: entry, isSure: missing.isSure)) }
        }
        return found
    }

    /// Where a video that is known would lie.
    private struct Place {
        var path: RawPath
        /// The number of its result; nil for one that is known for its failure alone.
        var result: Int?
        var failure: JobID?
        /// Whether it is not known to be gone.
        var isNew: Bool
    }

    /// Those of some sizes that videos of the walk have.
    private static func sizes(of videos: Candidates, among wanted: some Sequence<Int64>) -> Set<Int64> {
        let wanted = Set(wanted)
        if wanted.isEmpty { return [] }
        return Set(videos.indices.lazy.map { videos.size($0) }.filter { wanted.contains($0) })
    }
}

/// Finds, for a video that a run does not know under its name, the one that it was under another.
///
/// Of two proofs one is enough: it is the same file, by size, time and inode, and its fingerprint, which its worker holds
/// against that in the result; or, with `--fingerprint hash`, the whole content is the same.
final class MovedVideos {
    private struct File: Hashable { var size, modified: Int64, inode: UInt64 }
    private struct Content: Hashable { var size: Int64, fingerprint: String }

    private var files: [File: [CatalogEntry]] = [:]
    private var contents: [Content: [CatalogEntry]] = [:]
    private let sizes: Set<Int64>
    private var taken: Set<JobID> = []

    /// - Parameter lost: results whose videos are not at their places.
    init(_ lost: [Whereabouts.Lost], identity: RunOptions.Identity) {
        let sorted = lost.sorted { $0.entry.path < $1.entry.path }
        for entry in sorted.map(\.entry) {
            guard let modified = entry.modified, let inode = entry.inode else { continue }
            files[File(size: entry.size, modified: modified, inode: inode), default: []].append(entry)
        }
        // A share that is not mounted may hold the first of two copies; no other file has its inode.
        let hashed = identity == .hash ? sorted.filter { $0.isSure && $0.entry.content != nil }.map(\.entry) : []
        for entry in hashed {
            guard let fingerprint = entry.fingerprint else { continue }
            contents[Content(size: entry.size, fingerprint: fingerprint), default: []].append(entry)
        }
        sizes = Set(hashed.map(\.size))
    }

    /// The result that the video had under another name, and the hash that its content has to have; each is handed out
    /// once.
    func take(
        _ candidate: Candidate, fingerprint: (Candidate) -> String?
    ) -> (entry: CatalogEntry, content: String?)? {
        let status = candidate.status
        let file = File(size: status.size, modified: status.modified, inode: status.inode)
        if let entry = take(files[file], like: candidate) { return (entry, nil) }
        guard sizes.contains(status.size), let fingerprint = fingerprint(candidate),
            let entry = take(contents[Content(size: status.size, fingerprint: fingerprint)], like: candidate)
        else { return nil }
        return (entry, entry.content)
    }

    /// One of the same file name, or else the first.
    private func take(_ entries: [CatalogEntry]?, like candidate: Candidate) -> CatalogEntry? {
        let free = (entries ?? []).filter { !taken.contains($0.job) }
        let entry = free.first { $0.path.lastComponent == candidate.relative.lastComponent } ?? free.first
        if let entry { taken.insert(entry.job) }
        return entry
    }
}

extension Whereabouts {
    /// Tells the catalog and the failure memory which videos are gone since a run, and which are back.
    ///
    /// - Parameter now: when the run began.
    static func enter(_ plan: Plan, run: String, _ now: UTCTime, into books: any RunBooks) throws {
        func mark<Record: JobLine>(_ record: Record?, _ absence: (Absence?) -> Absence?) -> Record? {
            guard var record, let absence = absence(record.absence) else { return nil }
            record.absence = absence
            return record
        }
        func gone(_: Absence?) -> Absence? { Absence(from: run, time: now.milliseconds) }
        func back(_ absence: Absence?) -> Absence? { absence.flatMap { $0.isOpen ? $0.ended(by: run) : nil } }
        try books.enter(
            plan.gone.compactMap { mark($0.entry, gone) } + plan.back.compactMap { mark($0.entry, back) })
        try books.enter(
            plan.gone.compactMap { mark($0.failure, gone) } + plan.back.compactMap { mark($0.failure, back) })
    }
}
