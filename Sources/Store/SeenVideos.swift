package import Bytes

/// Which of the videos that are known by name a run found unchanged, told by as few places as that takes: for a run over
/// a whole folder, one. A place is a folder or a video; the deepest one that a path lies in says whether it was seen.
package struct SeenVideos: Equatable, Sendable {
    /// Places where it saw what is known, and places below them where it did not.
    private(set) var seen: Set<RawPath>
    private(set) var unseen: Set<RawPath>

    /// - Parameter known: every path that will ever be asked for, and whether it was seen.
    /// - Complexity: linear in the bytes of the paths, and a tree of their folders in memory.
    package init(_ known: [(path: RawPath, isSeen: Bool)]) {
        let tree = Place()
        for (path, isSeen) in known {
            var place = tree
            for part in path.components { place = place.below(part) }
            place.isSeen = isSeen
        }
        (seen, unseen) = ([], [])
        tree.count()
        label(tree, RawPath(""), inherits: false)
    }

    /// Whether the run saw a video, which was known before it.
    package func holds(_ path: RawPath) -> Bool {
        var place = path
        while true {
            if seen.contains(place) { return true }
            if unseen.contains(place) || place.isEmpty { return false }
            let parent = place.parent
            place = parent == RawPath(".") || parent == place ? RawPath("") : parent
        }
    }

    private mutating func label(_ place: Place, _ path: RawPath, inherits: Bool) {
        var state = inherits
        if place.cost(!inherits) + 1 <= place.cost(inherits) {
            state = !inherits
            if state { seen.insert(path) } else { unseen.insert(path) }
        }
        for (name, below) in place.places {
            label(below, path.appending(RawPath(bytes: Array(name))), inherits: state)
        }
    }

    package var json: JSON {
        func list(_ paths: Set<RawPath>) -> JSON { .array(paths.sorted().map { .object($0.members()) }) }
        return .members(["in": list(seen), "not_in": unseen.isEmpty ? nil : list(unseen)])
    }

    package init?(_ json: JSON) {
        guard let list = json["in"]?.array else { return nil }
        seen = Set(list.compactMap { RawPath($0) })
        unseen = Set((json["not_in"]?.array ?? []).compactMap { RawPath($0) })
    }
}

/// A folder or a video of such a tree.
private final class Place {
    var isSeen: Bool?
    private(set) var places: [ArraySlice<UInt8>: Place] = [:]
    /// How many places have to be told below this one, where it counts as unseen and as seen.
    private var costs = (unseen: 0, seen: 0)

    /// More than there can be.
    private static let impossible = Int(Int32.max)

    func below(_ name: ArraySlice<UInt8>) -> Place {
        if let place = places[name] { return place }
        let place = Place()
        places[name] = place
        return place
    }

    func cost(_ isSeen: Bool) -> Int { isSeen ? costs.seen : costs.unseen }

    func count() {
        costs = (isSeen == true ? Place.impossible : 0, isSeen == false ? Place.impossible : 0)
        for place in places.values {
            place.count()
            costs.unseen += min(place.costs.unseen, place.costs.seen + 1)
            costs.seen += min(place.costs.seen, place.costs.unseen + 1)
        }
    }
}
