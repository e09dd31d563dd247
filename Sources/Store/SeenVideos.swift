package import Bytes

/// Which of the videos that are known by name a run found unchanged, told by as few places as that takes: for a run over
/// a whole folder, one. A place is a folder or a video; the deepest one that a path lies in says whether it was seen.
package struct SeenVideos: Equatable, Sendable {
    /// Places where it saw what is known, and places below them where it did not.
    private(set) var seen: Set<RawPath>
    private(set) var unseen: Set<RawPath>

    /// - Parameter known: every path that will ever be asked for, and whether it was seen.
    package init(_ known: [(path: RawPath, isSeen: Bool)]) {
        self.init { body in for (path, isSeen) in known { body(path, isSeen) } }
    }

    /// The same from a list that nobody keeps.
    ///
    /// - Parameter forEachKnown: hands out each path once; it is called several times.
    /// - Complexity: linear in the bytes of the paths, and a tree of their folders in memory.
    package init(_ forEachKnown: (_ body: (RawPath, Bool) -> Void) -> Void) {
        let tree = Tree()
        forEachKnown { path, _ in tree.addFolder(of: path) }
        forEachKnown { path, isSeen in
            if let folder = tree.folder(path) { folder.isSeen = isSeen } else { tree.parent(of: path).count(isSeen) }
        }
        tree.root.count()
        (seen, unseen) = ([], [])
        label(tree.root, RawPath(""), inherits: false)
        var (told, untold) = (seen, unseen)
        forEachKnown { path, isSeen in
            guard tree.parent(of: path).isTold != isSeen, tree.folder(path) == nil else { return }
            let place = RawPath(bytes: Array(path.components.joined(separator: [UInt8(ascii: "/")])))
            if isSeen { told.insert(place) } else { untold.insert(place) }
        }
        (seen, unseen) = (told, untold)
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

    private mutating func label(_ folder: Folder, _ path: RawPath, inherits: Bool) {
        var state = inherits
        if folder.cost(!inherits) + 1 <= folder.cost(inherits) {
            state = !inherits
            if state { seen.insert(path) } else { unseen.insert(path) }
        }
        folder.isTold = state
        for (name, below) in folder.folders { label(below, path.appending(RawPath(bytes: name)), inherits: state) }
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

/// The folders of known videos.
private final class Tree {
    let root = Folder()
    /// The folder that was asked for last: paths mostly come by their folders.
    private var last: (path: ArraySlice<UInt8>, folder: Folder)?

    private static let slash = UInt8(ascii: "/")

    func addFolder(of path: RawPath) { _ = find(path) { folder, name in folder.below(name) } }

    /// The folder that a path lies in, which was added.
    func parent(of path: RawPath) -> Folder { find(path) { folder, name in folder.folders[name] } ?? root }

    /// The folder of a path; nil for one that nothing lies in.
    func folder(_ path: RawPath) -> Folder? {
        let parent = parent(of: path)
        // As most are, so that the name need not be looked for.
        if parent.folders.isEmpty, parent !== root { return nil }
        guard let name = path.components.last else { return root }
        return parent.folders[Array(name)]
    }

    /// - Parameter next: the folder of a name in a folder.
    private func find(_ path: RawPath, _ next: (Folder, [UInt8]) -> Folder?) -> Folder? {
        let parent = path.bytes[..<(path.bytes.lastIndex(of: Tree.slash) ?? 0)]
        // What ends with a slash lies elsewhere.
        let isPlain = path.bytes.last != Tree.slash
        if isPlain, let last, last.path == parent { return last.folder }
        var folder = root
        for name in path.components.dropLast() {
            guard let below = next(folder, Array(name)) else { return nil }
            folder = below
        }
        if isPlain { last = (parent, folder) }
        return folder
    }
}

/// A folder of such a tree, which may have been a video as well.
private final class Folder {
    /// Of the video of this name; nil where there is none.
    var isSeen: Bool?
    /// Whether what lies in it counts as seen, if nothing deeper says otherwise.
    var isTold = false
    private(set) var folders: [[UInt8]: Folder] = [:]
    /// How many places have to be told below this one, where it counts as unseen and as seen.
    private var costs = (unseen: 0, seen: 0)

    /// More than there can be.
    private static let impossible = Int(Int32.max)

    func below(_ name: [UInt8]) -> Folder {
        if let folder = folders[name] { return folder }
        let folder = Folder()
        folders[name] = folder
        return folder
    }

    /// Counts a video that lies in it and is no folder: told by itself where the folder says otherwise.
    func count(_ isSeen: Bool) { if isSeen { costs.unseen += 1 } else { costs.seen += 1 } }

    func cost(_ isSeen: Bool) -> Int { isSeen ? costs.seen : costs.unseen }

    /// Adds what lies deeper.
    func count() {
        if let isSeen { if isSeen { costs.unseen += Folder.impossible } else { costs.seen += Folder.impossible } }
        for folder in folders.values {
            folder.count()
            costs.unseen += min(folder.costs.unseen, folder.costs.seen + 1)
            costs.seen += min(folder.costs.seen, folder.costs.unseen + 1)
        }
    }
}
