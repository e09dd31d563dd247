package import Bytes
package import Jobs
package import Store

/// Two runs of one output folder held against each other.
package struct Comparison: Sendable {
    /// What became of a video. One video is in one category, but that it may be slower besides having drifted or having
    /// been done with other settings.
    package enum Category: String, CaseIterable, Sendable {
        /// Was sound, or did not fail; now it failed, is in quarantine, or is damaged.
        case newlyFailing = "newly_failing"
        /// Failed or was damaged, and is sound now.
        case fixed
        /// An external tool failed that did not before; the video has a result, without it.
        case toolFailing = "tool_failing"
        /// External tools that failed fail no more.
        case toolFixed = "tool_fixed"
        case new
        case removed
        /// The same video under another name, with the result that it had.
        case moved
        /// Another content under the same name.
        case changed
        /// The same content, settings and tool versions, and another result.
        case drifted
        /// The same content, and a frame takes over 1.3 times the processor time, and the whole over a second more.
        case slower
        /// The same content; the result is another one because settings or versions are.
        case otherSettings = "other_settings"
    }

    /// A video, how it was and how it is.
    package struct Entry: Equatable, Sendable {
        package var job: JobID
        package var path: RawPath
        /// Nil for a new one.
        package var was: RunVideo?
        /// Nil for a removed one.
        package var now: RunVideo?
        /// Whether a result that is another one was decoded with other versions of FFmpeg's libraries.
        package var hasOtherLibraries = false
    }

    package let before: RunSummary
    package let after: RunSummary
    private(set) var entries: [Category: [Entry]] = [:]
    /// Videos that are the same in both runs.
    package private(set) var unchanged = 0
    /// Videos of which one of the runs does not tell enough: it was stopped before them, could not read their folder, or
    /// looked elsewhere.
    package private(set) var unjudged = 0
    /// Videos with a result that were gone from their places in both runs.
    package let gone: Int
    /// Whether both runs looked for videos in the same places; when not, none is called removed, and new is only what no
    /// run had seen up to the one before.
    package let isSameScope: Bool

    /// The videos of a category in the order of their paths.
    package subscript(category: Category) -> [Entry] { entries[category] ?? [] }

    /// Whether there is nothing to tell.
    package var isSame: Bool { entries.isEmpty }

    package var isSameSettings: Bool { before.settingsDigest == after.settingsDigest }

    /// Compares two runs by their records alone; no result is read.
    ///
    /// - Throws: ``ArchiveError`` when a run has no record, `SystemError` when the catalog cannot be read.
    /// - Complexity: linear in the videos that the runs saw and the lines of the catalog.
    package init(_ layout: OutputLayout, before: String, after: String) throws {
        let (inventories, index) = try RunInventory.read(layout, runs: [before, after])
        let (old, new) = (inventories[0], inventories[1])
        self.before = old.run
        self.after = new.run
        gone = index.gone(in: [before, after])
        isSameScope = old.run.scope == new.run.scope && old.isComplete && new.isComplete
        let moved = Comparison.moves(index, old, new)
        let arrived = Set(moved.values)
        for (job, video) in new.videos where !arrived.contains(job) {
            if let was = old.videos[job] {
                judge(was, video)
            } else if (isSameScope && !old.isBlind(to: video.path)) || !index.knows(job, upTo: before) {
                add(.new, nil, video)
            } else {
                unjudged += 1
            }
        }
        for (job, video) in old.videos where new.videos[job] == nil {
            if let name = moved[job], let now = new.videos[name] {
                add(.moved, video, now)
            } else if isSameScope, !new.isBlind(to: video.path) {
                add(.removed, video, nil)
            } else {
                unjudged += 1
            }
        }
        for category in entries.keys { entries[category]?.sort { $0.path < $1.path } }
        compareLibraries(layout)
    }

    /// Jobs of the one run whose videos the other knows under other names, and only under these.
    private static func moves(
        _ index: CatalogIndex, _ old: RunInventory, _ new: RunInventory
    ) -> [JobID: JobID] {
        var moves: [JobID: JobID] = [:]
        for job in index.moves.keys where old.videos[job] != nil && new.videos[job] == nil {
            var (name, steps) = (job, 0)
            // It may have been renamed more than once, and back.
            while let next = index.moves[name], new.videos[name] == nil, steps < index.moves.count {
                (name, steps) = (next, steps + 1)
            }
            if name != job, new.videos[name] != nil, old.videos[name] == nil { moves[job] = name }
        }
        return moves
    }

    /// Says of the results that are others whether the libraries are, too, as the records of their runs tell.
    ///
    /// - Complexity: the head of one record for each run that made one of them.
    private mutating func compareLibraries(_ layout: OutputLayout) {
        var known: [String: [RunDocument.Library]] = [:]
        func libraries(_ video: RunVideo?) -> [RunDocument.Library] {
            guard let run = video?.runID, !run.isEmpty else { return [] }
            if let libraries = known[run] { return libraries }
            let found = (try? RunDocumentReader(layout.summary(run: run)))?.document?.libraries ?? []
            known[run] = found
            return found
        }
        for category in [Category.drifted, .newlyFailing, .fixed, .otherSettings] {
            for index in (entries[category] ?? []).indices {
                guard let entry = entries[category]?[index] else { continue }
                let (was, now) = (libraries(entry.was), libraries(entry.now))
                entries[category]?[index].hasOtherLibraries = !was.isEmpty && !now.isEmpty && was != now
            }
        }
    }

    private mutating func add(_ category: Category, _ was: RunVideo?, _ now: RunVideo?) {
        guard let video = now ?? was else { return }
        entries[category, default: []].append(Entry(job: video.job, path: video.path, was: was, now: now))
    }

    private mutating func judge(_ was: RunVideo, _ now: RunVideo) {
        guard was.status != .unfinished, now.status != .unfinished else {
            unjudged += 1
            return
        }
        let category = Comparison.category(was, now)
        if let category { add(category, was, now) }
        let isSlower = Comparison.isSlower(was, now)
        if isSlower { add(.slower, was, now) }
        if category == nil, !isSlower { unchanged += 1 }
    }

    private static func category(_ was: RunVideo, _ now: RunVideo) -> Category? {
        let hasLostResult = now.status.isFailure && !was.status.isFailure
        if hasLostResult || (now.status == .damaged && !was.status.needsAttention) { return .newlyFailing }
        if was.status.needsAttention, !now.status.needsAttention { return .fixed }
        if !was.hasSameContent(as: now) { return .changed }
        if !now.status.isFailure, !was.status.isFailure {
            let (old, new) = (Set(was.toolsFailed.map(\.id)), Set(now.toolsFailed.map(\.id)))
            if !new.isSubset(of: old) { return .toolFailing }
            if new != old { return .toolFixed }
        }
        // Of two failures the words may differ by chance, as with a worker that died in one place or another.
        guard !now.status.isFailure, was.sha256 != now.sha256 else { return nil }
        guard was.settingsDigest == now.settingsDigest else { return .otherSettings }
        return .drifted
    }

    private static func isSlower(_ was: RunVideo, _ now: RunVideo) -> Bool {
        guard !was.status.isFailure, !now.status.isFailure, was.hasSameContent(as: now),
            let old = was.processorSecondsPerFrame, let new = now.processorSecondsPerFrame,
            let oldTotal = was.processorSeconds, let newTotal = now.processorSeconds
        else { return false }
        return new > 1.3 * old && newTotal - oldTotal > 1
    }
}

extension Comparison {
    /// The document that `diff --json` prints: docs/exports.md says what is in it.
    package var json: JSON {
        func run(_ run: RunSummary) -> JSON {
            .members([
                "run_id": .string(run.id), "started": .string(run.started), "version": .string(run.version),
                "settings_digest": .string(run.settingsDigest), "counts": run.tally.json,
            ])
        }
        let head = JSON.members([
            "schema": "forgebatch/diff/1", "before": run(before), "after": run(after),
            "same_scope": .bool(isSameScope), "same_settings": .bool(isSameSettings), "unchanged": .int(unchanged),
            "unjudged": .int(unjudged), "gone": .int(gone),
        ])
        let lists = Category.allCases.map { category in
            JSON.Member(category.rawValue, .array(self[category].map(\.json)))
        }
        return .object((head.members ?? []) + lists)
    }
}

extension Comparison.Entry {
    var json: JSON {
        let states = JSON.members([
            "other_libraries": hasOtherLibraries ? true : nil, "was": was.map { json(was: $0) }, "now": now?.json,
        ])
        return .object([JSON.Member("job_id", .string(job.text))] + path.members() + (states.members ?? []))
    }

    /// How it was, with the name that it had where that is another one.
    private func json(was: RunVideo) -> JSON {
        was.path == path ? was.json : .object(was.path.members() + (was.json.members ?? []))
    }
}
