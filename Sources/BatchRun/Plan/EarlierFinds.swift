internal import Bytes
internal import Jobs
internal import Store

/// What the last run with the same scope found, for saying that an input holds nothing any more, as a mount point does
/// whose share is not mounted.
struct EarlierFinds {
    /// Whether it found a video: failed ones, skipped ones, and those that were too young or not supported included.
    let hasFound: Bool
    /// The roots, by their paths, below which it found some.
    let roots: [RawPath: Int]

    /// Nil when there was no such run, or it is not known what it saw.
    static func read(_ layout: OutputLayout, scope: String) -> EarlierFinds? {
        guard !scope.isEmpty else { return nil }
        var last: RunSummary?
        // One that was killed, or stopped while it looked, does not say what there was.
        try? History(layout).forEachFromEnd { run in
            if run.scope == scope, run.tally.found > 0 || !run.isInterrupted { last = run }
            return last == nil
        }
        guard let last else { return nil }
        var hasFound = last.tally.found > 0
        var roots: [RawPath: Int] = [:]
        if let document = (try? RunDocumentReader(layout.summary(run: last.id)))?.document {
            hasFound = hasFound || !document.tooYoung.isEmpty || !document.unsupported.isEmpty
            for (root, count) in zip(document.roots, document.videosByRoot) { roots[root.path] = count }
        }
        return EarlierFinds(hasFound: hasFound, roots: roots)
    }
}

extension Plan {
    /// Whether there is nothing at all where the last run found videos.
    ///
    /// Files that are too young or not supported are there, so nothing is unmounted.
    func hasVanished(since last: EarlierFinds?) -> Bool {
        discovery.candidates.isEmpty && discovery.tooYoung == 0 && discovery.untaken.isEmpty && last?.hasFound == true
    }

    /// Of several roots those that are empty where the last run found videos, with how many; what cannot be read is told
    /// otherwise.
    func emptied(since last: EarlierFinds?) -> [(root: RawPath, videos: Int)] {
        guard let last else { return [] }
        return zip(discovery.roots, discovery.finds).compactMap { root, found in
            guard found.videos == 0, found.isWhole, let before = last.roots[root.path], before > 0 else { return nil }
            return (root.path, before)
        }
    }
}
