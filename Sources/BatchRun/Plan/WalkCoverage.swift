internal import Bytes
internal import Jobs
internal import Store

/// Where the videos of an output folder would lie that a run's walk did not meet.
///
/// It speaks of what the walk would have taken, had it been there: below a folder that was walked to its end and in which
/// something was found, and by the rules of the run.
struct WalkCoverage {
    private let names: RootNames
    private let options: DiscoveryOptions
    /// Folders that were walked and in which there is something, absolute and without links.
    private let walked: [RawPath]
    private let young: Set<RawPath>
    private let unread: [RawPath]
    private let untaken: Set<RawPath>

    /// - Parameters:
    ///   - discovery: by the names of the output folder.
    ///   - names: of all roots that it knows.
    init(_ discovery: Discovery, _ names: RootNames, _ options: DiscoveryOptions) {
        self.names = names
        self.options = options
        young = Set(discovery.young)
        unread = discovery.unread
        untaken = Set(discovery.untaken.map(\.relative))
        var found = Set<RawPath>()
        let all = Set(discovery.walked)
        func note(_ path: RawPath) {
            for place in WalkCoverage.places(of: path, names) {
                for folder in discovery.walked where place.isInside(folder) { found.insert(folder) }
            }
        }
        // An empty folder may be one whose share is not mounted.
        for video in discovery.candidates where found.count < all.count { note(video.relative) }
        for path in discovery.young + discovery.untaken.map(\.relative) where found.count < all.count { note(path) }
        walked = discovery.walked.filter { found.contains($0) }
    }

    /// The absolute path at which a video would lie; nil where the walk says nothing of it.
    ///
    /// - Parameter video: its path in the output folder.
    func place(of video: RawPath) -> RawPath? {
        guard !walked.isEmpty, !young.contains(video), !untaken.contains(video),
            !unread.contains(where: { video.isInside($0) })
        else { return nil }
        for place in WalkCoverage.places(of: video, names) {
            guard let root = walked.filter({ place.isInside($0) }).max(by: { $0.bytes.count < $1.bytes.count }),
                takes(place, below: root)
            else { continue }
            return place
        }
        return nil
    }

    /// Whether the rules let the walk come to a file and take it.
    private func takes(_ place: RawPath, below root: RawPath) -> Bool {
        let parts = place.components.dropFirst(root.components.count).map { RawPath(bytes: Array($0)) }
        guard !parts.isEmpty, options.maxDepth.map({ parts.count <= $0 }) ?? true else { return false }
        var relative = RawPath("")
        var isIncluded = false
        for (index, part) in parts.enumerated() {
            relative = relative.appending(part)
            switch options.verdict(relative, isDirectory: index < parts.count - 1) {
            case .leftOut: return false
            case .included: isIncluded = true
            case .unmatched: break
            }
        }
        guard isIncluded || options.takesUnmatched else { return false }
        if case .other = Signature.name(place, extensions: options.extensions, missing: options.missingFormats) {
            return false
        }
        return true
    }

    /// Where a video may lie: below the roots with the longest name that its path begins with.
    private static func places(of video: RawPath, _ names: RootNames) -> [RawPath] {
        var best: (length: Int, places: [RawPath]) = (-1, [])
        for root in names.roots {
            guard let place = root.file(video) else { continue }
            let length = root.prefix.components.count
            if length > best.length {
                best = (length, [place])
            } else if length == best.length {
                best.places.append(place)
            }
        }
        return best.places
    }
}
