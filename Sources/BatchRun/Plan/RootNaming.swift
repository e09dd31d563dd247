package import Bytes
package import Jobs
internal import Store

/// Gives videos the names that their input roots have in the output folder, whatever other roots a run has and in whatever
/// order: a root that has a name keeps it.
///
/// - The first root of a folder has the empty name when it is the only input of its run.
/// - A root below another one is called as it is from there.
/// - A root that is gone, and whose videos are found below a new root, has moved.
/// - Any other new root is called by the last component of its path, made unique by `~2`, `~3`….
///
/// It looks at no disk: whether the ``homes(of:)`` of videos are gone, it is told.
struct RootNaming {
    private let known: RootNames
    private let declared: [InputRoot]
    private let prior: PriorResults

    init(_ prior: PriorResults, declared: [InputRoot] = []) {
        self.prior = prior
        known = prior.roots
        self.declared = declared
    }

    /// The folders that new roots may have moved from: whether these are gone decides what the roots are called.
    ///
    /// - Complexity: linear in the videos, the roots and the catalog.
    func homes(of found: Discovery) throws -> [RawPath] {
        var names = known
        for root in declared { names.set(root) }
        let new = newRoots(found, names)
        guard !new.isEmpty, !isFirst(new, found, names) else { return [] }
        var met: Set<RawPath> = []
        return try moves(found, new, names).flatMap(\.homes).filter { met.insert($0).inserted }
    }

    /// The same videos by the names of the output folder, and all names that it has then.
    ///
    /// - Parameter gone: those of ``homes(of:)`` that are not there any more. One that could not be looked at is not gone.
    /// - Throws: ``RunRefusal/ambiguous(_:)`` when two videos would have one name, or one that is another root's;
    ///   `SystemError` where a line of the catalog cannot be read again.
    /// - Complexity: linear in the videos, the roots and the catalog.
    func name(_ found: Discovery, gone: Set<RawPath> = []) throws -> (Discovery, RootNames) {
        var names = known
        for root in declared {
            try check(root)
            names.set(root)
        }
        let added = try addNew(found, to: &names, gone: gone)
        let namer = VideoNamer(found.roots, names)
        let owners = Dictionary(names.roots.map { ($0.prefix, $0.path) }) { first, _ in first }
        let keepsNames = namer.keepsNames
        var videos = keepsNames ? found.candidates : Candidates()
        for var candidate in found.candidates {
            let (name, base) = namer.name(candidate.relative)
            candidate.relative = name
            if base.isEmpty { try check(candidate, owners) }
            if !keepsNames { videos.append(candidate) }
        }
        videos.sort()
        for (one, two) in zip(videos, videos.dropFirst()) where one.relative == two.relative {
            throw RunRefusal.ambiguous(
                "\(one.path.display) and \(two.path.display) would both be called \(one.relative.display); tell their folders apart with --root NAME=PATH"
            )
        }
        var result = found
        result.candidates = videos
        result.young = found.young.map { namer.name($0).name }.sorted()
        result.unread = found.unread.map { namer.name($0).name }.sorted()
        for index in found.untaken.indices {
            result.untaken[index].relative = namer.name(found.untaken[index].relative).name
        }
        result.untaken.sort { $0.relative < $1.relative }
        result.roots = namer.roots
        // A name that was declared and not used is not kept.
        var kept = known
        let inputs = Set(found.roots.map(\.path))
        let above = Set(inputs.flatMap(\.ancestors))
        for root in declared
        where inputs.contains(root.path) || above.contains(root.path)
            || root.path.ancestors.contains(where: inputs.contains)
        {
            kept.set(root)
        }
        for root in added { kept.set(root) }
        return (result, kept)
    }

    // MARK: New roots

    /// The roots that have no name and lie below none that has one.
    private func newRoots(_ found: Discovery, _ names: RootNames) -> [Int] {
        let paths = Set(found.roots.map(\.path))
        return found.roots.indices.filter { index in
            let path = found.roots[index].path
            return names.prefix(of: path) == nil
                && !path.ancestors.contains { paths.contains($0) || names.prefix(of: $0) != nil }
        }
    }

    /// Whether new roots are the only one of a folder that has none.
    private func isFirst(_ new: [Int], _ found: Discovery, _ names: RootNames) -> Bool {
        known.isEmpty && new.count == 1 && !found.roots.contains { names.prefix(of: $0.path) != nil }
    }

    /// Names the roots that have no name and lie below none that has one.
    private func addNew(_ found: Discovery, to names: inout RootNames, gone: Set<RawPath>) throws -> [InputRoot] {
        let new = newRoots(found, names)
        guard !new.isEmpty else { return [] }
        var added: [InputRoot] = []
        func add(_ prefix: RawPath, _ index: Int) {
            added.append(InputRoot(prefix: prefix, path: found.roots[index].path))
        }
        if isFirst(new, found, names) {
            add(RawPath(""), new[0])
        } else {
            let moved = try movedRoots(found, new, names, gone: gone)
            var unique = UniqueNames()
            for name in try takenNames(found, names) { unique.reserve(name) }
            for index in new { add(moved[index] ?? unique.make(found.rootNames[index]), index) }
        }
        for root in added { names.set(root) }
        return added
    }

    /// First components that a new name must not have: those of other names, and those of what the root with the empty name
    /// has or had.
    private func takenNames(_ found: Discovery, _ names: RootNames) throws -> [RawPath] {
        var taken = names.roots.map(\.prefix.firstComponent)
        guard let first = names.roots.first(where: \.prefix.isEmpty) else { return taken }
        var known: Set<RawPath> = []
        try prior.forEachPath { known.insert($0.firstComponent) }
        taken += known
        guard let index = found.roots.firstIndex(where: { $0.path == first.path }) else { return taken }
        let root = found.roots[index]
        taken += Set(found.candidates.lazy.compactMap { root.rest($0.relative)?.firstComponent })
        return taken
    }

    /// A new root that may be one that had a name.
    private struct Move {
        /// Of the new root.
        var index: Int
        var name: RawPath
        /// Where the name was used before.
        var homes: [RawPath]
    }

    /// Names of roots that are gone, for new roots that have one of their videos.
    private func movedRoots(
        _ found: Discovery, _ new: [Int], _ names: RootNames, gone: Set<RawPath>
    ) throws -> [Int: RawPath] {
        var moved: [Int: RawPath] = [:]
        var taken: Set<RawPath> = []
        for move in try moves(found, new, names) where moved[move.index] == nil && taken.insert(move.name).inserted {
            if move.homes.allSatisfy(gone.contains) { moved[move.index] = move.name }
        }
        return moved
    }

    /// The names that new roots may have had, in the order of the videos that tell so: one is at the same path below its
    /// root, and of the same size and time.
    private func moves(_ found: Discovery, _ new: [Int], _ names: RootNames) throws -> [Move] {
        struct Pair: Hashable { var index: Int, name: RawPath }
        struct Key: Hashable { var name: RawPath, size, modified: Int64 }
        let inputs = Set(found.roots.map(\.path))
        let absent = names.roots.filter { !inputs.contains($0.path) }
        guard !absent.isEmpty, !prior.catalog.isEmpty else { return [] }
        let byPrefix = Dictionary(grouping: absent, by: \.prefix)
        var entries: [Key: [RawPath]] = [:]
        for number in prior.catalog.all.lazy.map({ Int($0) }) {
            guard let modified = prior.catalog.modified(number) else { continue }
            let path = try prior.catalog.paths(number).video
            let key = Key(name: path.lastComponent, size: prior.catalog.size(number), modified: modified)
            entries[key, default: []].append(path)
        }
        let indices = Dictionary(new.map { (found.roots[$0].prefix, $0) }) { first, _ in first }
        var moves: [Move] = []
        var met: Set<Pair> = []
        // A name that an input of this run has is not free, wherever else it was used.
        let used = Set(names.roots.filter { inputs.contains($0.path) }.map(\.prefix))
        for candidate in found.candidates {
            let prefix = found.roots.count == 1 ? RawPath("") : candidate.relative.firstComponent
            guard let index = indices[prefix], let rest = found.roots[index].rest(candidate.relative) else { continue }
            let key = Key(
                name: rest.lastComponent, size: candidate.status.size, modified: candidate.status.modified)
            for path in (entries[key] ?? []).sorted() {
                guard let name = path.removing(suffix: rest), !used.contains(name), let homes = byPrefix[name],
                    met.insert(Pair(index: index, name: name)).inserted
                else { continue }
                moves.append(Move(index: index, name: name, homes: homes.map(\.path)))
            }
        }
        return moves
    }

    // MARK: Names that would not tell videos apart

    /// A name that is declared anew must not be that of a folder of the root with the empty name.
    private func check(_ root: InputRoot) throws {
        let name = root.prefix
        guard !name.isEmpty, known.roots.contains(where: \.prefix.isEmpty),
            !known.roots.contains(where: { $0.prefix == name })
        else { return }
        for number in prior.catalog.all {
            let video = try prior.catalog.paths(Int(number)).video
            guard video.firstComponent == name else { continue }
            throw RunRefusal.ambiguous(
                "--root \(name.display)=\(root.path.display): \(video.display) of another input is called so already; give it another name"
            )
        }
    }

    /// A video of the root with the empty name must not lie in a folder that is called as another root.
    ///
    /// - Parameter owners: the root of each name.
    private func check(_ video: Candidate, _ owners: [RawPath: RawPath]) throws(RunRefusal) {
        let folder = video.relative.firstComponent
        guard folder != video.relative, let other = owners[folder] else { return }
        throw .ambiguous(
            "\(video.path.display) would be called \(video.relative.display), as a video of the input \(other.display); call one of them otherwise with --root NAME=PATH"
        )
    }
}

/// Calls videos by the deepest root that has a name.
private struct VideoNamer {
    /// The roots of the run by the names of the output folder.
    private(set) var roots: [InputRoot]
    private let found: [InputRoot]
    private let names: RootNames
    /// The name that each root of the run takes its own from.
    private var bases: [RawPath] = []
    /// Roots of the run by their prefixes in the discovery.
    private let indices: [RawPath: Int]
    /// Roots of the run below which other roots have names.
    private var outer: Set<RawPath> = []

    init(_ found: [InputRoot], _ names: RootNames) {
        self.found = found
        self.names = names
        roots = found
        indices = Dictionary(found.indices.map { (found[$0].prefix, $0) }) { first, _ in first }
        for index in found.indices {
            let named = VideoNamer.deepest(found[index].path, names)
            bases.append(named?.prefix ?? RawPath(""))
            roots[index].prefix = named.map { $0.prefix.appending($0.rest) } ?? RawPath("")
        }
        let paths = Set(found.map(\.path))
        for root in names.roots {
            let above = root.path.ancestors.filter { paths.contains($0) }
            outer.formUnion(above)
            if !above.isEmpty, !paths.contains(root.path) { roots.append(root) }
        }
    }

    /// Whether all videos are called as the discovery calls them.
    ///
    /// - Complexity: linear in the roots.
    var keepsNames: Bool { outer.isEmpty && zip(found, roots).allSatisfy { $0.prefix == $1.prefix } }

    /// What a video is called, and the name of a root that this begins with.
    func name(_ relative: RawPath) -> (name: RawPath, base: RawPath) {
        let index = found.count == 1 ? 0 : indices[relative.firstComponent] ?? 0
        guard index < found.count, let rest = found[index].rest(relative) else { return (relative, RawPath("")) }
        if outer.contains(found[index].path),
            let named = VideoNamer.deepest(found[index].path.appending(rest), names)
        {
            return (named.prefix.appending(named.rest), named.prefix)
        }
        return (roots[index].prefix.appending(rest), bases[index])
    }

    private static func deepest(_ path: RawPath, _ names: RootNames) -> (prefix: RawPath, rest: RawPath)? {
        if let prefix = names.prefix(of: path) { return (prefix, RawPath("")) }
        for folder in path.ancestors {
            guard let prefix = names.prefix(of: folder) else { continue }
            let slash = folder.bytes.last == UInt8(ascii: "/") ? 0 : 1
            return (prefix, RawPath(bytes: Array(path.bytes.dropFirst(folder.bytes.count + slash))))
        }
        return nil
    }
}

extension InputRoot {
    /// What `--root NAME=PATH` says; nil when it says none.
    package static func parts(declared text: RawPath) -> (name: RawPath, path: RawPath)? {
        guard let equals = text.bytes.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = RawPath(bytes: Array(text.bytes[..<equals]))
        let path = RawPath(bytes: Array(text.bytes[(equals + 1)...]))
        guard !name.isEmpty, !path.isEmpty, name != RawPath(".."), !name.bytes.contains(UInt8(ascii: "/")) else {
            return nil
        }
        return (name == RawPath(".") ? RawPath("") : name, path)
    }

    /// A root by what `--root NAME=PATH` says; the name `.` is the empty one. Nil when it is no name.
    ///
    /// - Parameter resolved: its absolute path without links, where it is there.
    package init?(declared text: RawPath, resolved: (RawPath) -> RawPath?) {
        guard let (name, path) = InputRoot.parts(declared: text) else { return nil }
        let absolute = path.isAbsolute ? path : Files.currentDirectory().appending(path)
        self.init(prefix: name, path: resolved(path) ?? absolute)
    }

    /// What a relative path has behind this root's prefix; nil when it does not begin with it.
    fileprivate func rest(_ relative: RawPath) -> RawPath? {
        if prefix.isEmpty { return relative }
        if relative == prefix { return RawPath("") }
        let head = prefix.bytes + [UInt8(ascii: "/")]
        return relative.bytes.starts(with: head) ? RawPath(bytes: Array(relative.bytes.dropFirst(head.count))) : nil
    }
}

extension RawPath {
    fileprivate var firstComponent: RawPath { RawPath(bytes: Array(bytes.prefix { $0 != UInt8(ascii: "/") })) }

    /// The folders that an absolute path lies in, the deepest first.
    fileprivate var ancestors: UnfoldSequence<RawPath, RawPath> {
        sequence(state: self) { path in
            let parent = path.parent
            guard parent != path, parent != RawPath(".") else { return nil }
            path = parent
            return parent
        }
    }

    /// What stands before a relative path at its end, without the slash; nil when it does not end so.
    fileprivate func removing(suffix: RawPath) -> RawPath? {
        if self == suffix { return RawPath("") }
        let tail = [UInt8(ascii: "/")] + suffix.bytes
        guard bytes.count > tail.count, bytes.suffix(tail.count).elementsEqual(tail) else { return nil }
        return RawPath(bytes: Array(bytes.dropLast(tail.count)))
    }
}
