package import Bytes
package import Jobs
internal import VideoFormats

/// A file that may be a video.
package struct Candidate: Sendable, Equatable {
    /// The path to open.
    package var path: RawPath
    /// The path below the input roots: what the file is called in results, independent of where the roots are.
    package var relative: RawPath
    package var status: FileStatus
}

/// Something that was left out of the walk for a reason worth telling.
package struct DiscoveryProblem: Sendable, Hashable {
    package var path: RawPath
    package var reason: String
    /// Whether it is a PATH given by the user that is missing or cannot be read.
    package var isInput: Bool
}

/// A file that looks like a video and is not taken, because nothing here can read it.
package struct UntakenVideo: Sendable, Equatable {
    /// The path below the input roots, as that of a candidate.
    package var relative: RawPath
    /// What it is, such as "Blackmagic RAW".
    package var format: String
    /// What its owner can do about it.
    package var advice: String
}

/// What there is below an input root.
package struct RootFinds: Sendable, Equatable {
    /// Those that are too young or not supported included.
    package var videos: Int
    /// Whether all of it could be looked at.
    package var isWhole: Bool
}

/// The candidates below some input paths. One bad file or directory costs only itself.
package struct Discovery: Sendable {
    /// Sorted by the bytes of their relative paths.
    package var candidates = Candidates()
    /// Sorted by their paths, each told once.
    package var problems: [DiscoveryProblem] = []
    /// Where relative paths start from, in the order of the inputs.
    package var roots: [InputRoot] = []
    /// What the user calls each of ``roots``: the last component of its path as it was given.
    package var rootNames: [RawPath] = []
    /// What was left out because it changed a moment ago, by relative paths.
    package var young: [RawPath] = []
    /// Relative paths of files and folders that could not be looked at: whether there are videos is not known.
    package var unread: [RawPath] = []
    /// What looks like a video and is not taken, by relative paths.
    package var untaken: [UntakenVideo] = []
    /// What was found below each of several ``roots``, in their order; empty for one root.
    package var finds: [RootFinds] = []
    /// Files and folders that the rules leave out, and videos by their name that have none of the extensions wanted.
    package var ruledOut = 0
    /// The folders among the inputs that were walked, absolute and without links.
    package var walked: [RawPath] = []
    package var tooYoung: Int { young.count }

    /// Finds the candidates below `paths`.
    ///
    /// A file given directly is taken whatever its name and the rules say. Rules see paths below their own root. With
    /// several roots, relative paths begin with the root's name, made unique by `~2`, `~3`…. What an output folder calls
    /// the roots is told afterwards, by ``RootNaming``.
    ///
    /// - Parameters:
    ///   - listed: more paths, from `--files-from`; they are treated the same.
    ///   - at: called with everything that is looked at, before it is.
    package static func find(
        _ paths: [RawPath], listed: [RawPath] = [], options: DiscoveryOptions,
        at: @escaping (RawPath) -> Void = { _ in }
    ) -> Discovery {
        let inputs = (paths + listed).map { path in
            at(path)
            return Input(path, silent: options.silent[path])
        }
        var walk = Walk(options, meetsTwice: inputs.count > 1 || options.follow, at: at)
        let prefixes = Input.prefixes(inputs)
        for input in inputs { walk.add(input, prefix: prefixes[input.root] ?? RawPath("")) }
        var found = Discovery()
        swap(&found.candidates, &walk.files)
        found.candidates.sort()
        if options.minAge != nil {
            found.young = found.candidates.lazy.filter { options.isTooYoung($0.status) }.map(\.relative)
            found.candidates.remove { options.isTooYoung($0) }
        }
        var rooted: Set<RawPath> = []
        for input in inputs where rooted.insert(input.root).inserted {
            found.roots.append(InputRoot(prefix: prefixes[input.root] ?? RawPath(""), path: input.root))
            found.rootNames.append(input.name)
        }
        found.unread = walk.unread.sorted()
        // One that was given directly is taken whatever it is.
        found.untaken = walk.untaken.filter { walk.met[$0.key] == nil }.values.sorted { $0.relative < $1.relative }
        found.problems = walk.problems.sorted { ($0.path, $0.reason) < ($1.path, $1.reason) }
        found.ruledOut = walk.ruledOut
        found.walked = walk.walked
        if found.roots.count > 1 { found.finds = found.byRoot() }
        return found
    }

    /// Counts by the prefixes that the walk gave.
    private func byRoot() -> [RootFinds] {
        func first(_ path: RawPath) -> RawPath { RawPath(bytes: Array(path.components.first ?? [])) }
        var counts: [RawPath: Int] = [:]
        for video in candidates { counts[first(video.relative), default: 0] += 1 }
        for path in young + untaken.map(\.relative) { counts[first(path), default: 0] += 1 }
        let cut = Set(unread.map(first))
        return roots.map { RootFinds(videos: counts[$0.prefix] ?? 0, isWhole: !cut.contains($0.prefix)) }
    }

    /// What was not taken although it looks like a video, in one line; nil when there is nothing of that kind.
    ///
    /// `3 files look like video but are not supported: .braw 2 (Blackmagic RAW: …), .mng 1 (…)`
    package var untakenNote: String? {
        guard !untaken.isEmpty else { return nil }
        struct Kind: Hashable { var name, format, advice: String }
        var counts: [Kind: Int] = [:]
        for file in untaken {
            let name = file.relative.lowercasedExtension.map { "." + $0 } ?? "without extension"
            counts[Kind(name: name, format: file.format, advice: file.advice), default: 0] += 1
        }
        let sorted = counts.sorted { ($1.value, $0.key.name, $0.key.format) < ($0.value, $1.key.name, $1.key.format) }
        // More than a line is read by nobody; forgebatch formats has the advice for each.
        let isShort = sorted.count <= 2
        let kinds = sorted.map { kind, count in
            "\(kind.name) \(count) (\(kind.format)\(isShort ? ": " + kind.advice : ""))"
        }
        let head =
            untaken.count == 1 ? "1 file looks like video but is" : "\(untaken.count) files look like video but are"
        return "\(head) not supported: \(kinds.joined(separator: ", ")); see forgebatch formats"
    }

    /// O_RDONLY. A pipe is waited for.
    private static let readOnly: Int32 = 0
    /// Bytes of the longest list.
    private static let listLimit = 1 << 30

    /// Reads a list of paths: a file, or a pipe to its end.
    package static func readList(_ path: RawPath, nullSeparated: Bool) throws(SystemError) -> [RawPath] {
        let descriptor = try Files.open(path, readOnly)
        defer { Files.close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count <= listLimit {
            let piece = try Files.read(descriptor, count: 1 << 16, path: path)
            if piece.isEmpty { return parseList(bytes, nullSeparated: nullSeparated) }
            bytes += piece
        }
        throw SystemError("read", path, code: 27)  // EFBIG
    }

    /// The paths in a list: one a line, or each ended by a NUL byte. Empty ones are left out; nothing is trimmed.
    package static func parseList(_ bytes: [UInt8], nullSeparated: Bool) -> [RawPath] {
        bytes.split(separator: nullSeparated ? 0 : UInt8(ascii: "\n")).map { RawPath(bytes: Array($0)) }
    }
}

/// Makes names unique by `~2`, `~3`…, compared without case.
struct UniqueNames {
    /// Names in use, without case, and the number that each was tried with last.
    private var used: [RawPath: Int] = [:]

    mutating func reserve(_ name: RawPath) { used[OutputLayout.folded(name), default: 1] += 0 }

    /// - Complexity: constant on average, however many have one name.
    mutating func make(_ wanted: RawPath) -> RawPath {
        let key = OutputLayout.folded(wanted)
        guard var number = used[key] else {
            used[key] = 1
            return wanted
        }
        var name: RawPath
        repeat {
            number += 1
            name = wanted.suffixed("~\(number)")
        } while used[OutputLayout.folded(name)] != nil
        used[key] = number
        used[OutputLayout.folded(name)] = 1
        return name
    }
}

/// A PATH as given, and the root it belongs to.
private struct Input {
    var path: RawPath
    /// What the path leads to, or why it leads nowhere.
    enum Status {
        case found(FileStatus)
        case lost(String)
    }
    var status: Status
    /// The directory relative paths start from, absolute and without links as far as it exists.
    var root: RawPath
    /// What the root is called.
    var name: RawPath

    /// - Parameter silent: why it is not looked at, if it is not.
    init(_ path: RawPath, silent: String? = nil) {
        self.path = path
        status = silent.map { .lost($0) } ?? Input.look(path)
        // A missing PATH keeps its root, so that the others are called the same whether or not it is there.
        let isDirectory =
            switch status {
            case .found(let status): status.kind == .directory
            case .lost: !Signature.name(path, extensions: nil, missing: []).isVideo
            }
        let folder = isDirectory ? path : Self.withoutTrailingSlashes(path).parent
        let absolute = folder.isAbsolute ? folder : Files.currentDirectory().appending(folder)
        root = silent == nil ? (try? Files.resolve(folder)) ?? absolute : absolute
        name = folder.lastComponent
        if [RawPath(""), RawPath("."), RawPath("..")].contains(name) { name = root.lastComponent }
        if name.isEmpty { name = RawPath("root") }
    }

    private static func look(_ path: RawPath) -> Status {
        do throws(SystemError) {
            // The kernel would see only what stands before the NUL; 22 is EINVAL.
            if path.bytes.contains(0) { throw SystemError("stat", path, code: 22) }
            return .found(try Files.status(path))
        } catch {
            return .lost(error.reason)
        }
    }

    private static func withoutTrailingSlashes(_ path: RawPath) -> RawPath {
        var bytes = path.bytes
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return RawPath(bytes: bytes)
    }

    /// What goes before the relative paths of each root: nothing when there is only one.
    static func prefixes(_ inputs: [Input]) -> [RawPath: RawPath] {
        var prefixes: [RawPath: RawPath] = [:]
        var names = UniqueNames()
        for input in inputs where prefixes[input.root] == nil { prefixes[input.root] = names.make(input.name) }
        return prefixes.count > 1 ? prefixes : [:]
    }
}

/// The state of one discovery.
private struct Walk {
    /// A directory still to be read, or an entry of one. `relative` is the path below the root.
    struct Folder {
        var path: RawPath
        var relative: RawPath
        var resolved: RawPath
        var depth: Int
        /// Whether an include rule matched it or a directory above it.
        var isIncluded: Bool
    }

    struct FileID: Hashable { var device, inode: UInt64 }
    /// What tells a file from all others, by the first 16 bytes of a SHA-1, as the ids of jobs do. Hard links are files of
    /// their own, so the path without links belongs to it.
    struct FileKey: Hashable {
        private let high, low: UInt64

        init(_ status: FileStatus, resolved: RawPath) {
            let numbers = [status.device, status.inode].flatMap { number in
                (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
            }
            let hash = Digest.sha1(numbers + resolved.bytes)
            high = hash[..<8].reduce(0) { $0 << 8 | UInt64($1) }
            low = hash[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
    /// A file that was taken: its index in ``files``, and whether a link led to it.
    struct Met {
        var index: UInt32
        var isLink: Bool
    }

    let options: DiscoveryOptions
    /// A set, because overlapping roots meet the same problem twice.
    var problems: Set<DiscoveryProblem> = []
    var unread: Set<RawPath> = []
    /// Those that were taken.
    var files = Candidates()
    /// The same by what they are; empty where none can be met twice.
    private(set) var met: [FileKey: Met] = [:]
    var untaken: [FileKey: UntakenVideo] = [:]
    /// Files and folders that rules leave out.
    var ruledOut = 0
    /// Input folders that were walked.
    private(set) var walked: [RawPath] = []
    private let at: (RawPath) -> Void
    private let meetsTwice: Bool
    private let output: FileID?
    private var root = RawPath("")
    private var prefix = RawPath("")
    private var visited: Set<FileID> = []
    private var folders: [Folder] = []
    private var linkedFolders: [Folder] = []

    /// - Parameter meetsTwice: whether a file may be come to in two ways: from two inputs, or by a link.
    init(_ options: DiscoveryOptions, meetsTwice: Bool, at: @escaping (RawPath) -> Void) {
        (self.options, self.meetsTwice, self.at) = (options, meetsTwice, at)
        output = options.output.flatMap { try? Files.status($0) }.map(Self.id)
    }

    static func id(_ status: FileStatus) -> FileID { FileID(device: status.device, inode: status.inode) }

    mutating func add(_ input: Input, prefix: RawPath) {
        (root, self.prefix, visited) = (input.root, prefix, [])
        switch input.status {
        case .lost(let reason):
            unread.insert(prefix)
            report(input.path, reason, isInput: true)
        case .found(let status) where status.kind == .directory:
            if Self.id(status) == output { return report(input.path, "the output directory is not walked") }
            walked.append(input.root)
            folders = [Folder(path: input.path, relative: RawPath(""), resolved: root, depth: 1, isIncluded: false)]
            // Linked directories come last, so that a file is called by its real path if that is below the root.
            while let folder = folders.popLast() ?? (linkedFolders.isEmpty ? nil : linkedFolders.removeFirst()) {
                read(folder)
            }
        case .found(let status) where status.kind == .file:
            at(input.path)
            take(input.path, input.path.lastComponent, status, resolved: resolve(input.path), isLink: false)
        case .found(let status):
            report(input.path, "not a regular file (\(status.kind.rawValue))", isInput: true)
        }
    }

    private mutating func read(_ folder: Folder) {
        if let maxDepth = options.maxDepth, folder.depth > maxDepth { return }
        if isSilent(folder.path, folder.relative) { return }
        at(folder.path)
        do throws(SystemError) {
            // Asked again: the directory may have been replaced since it was met.
            let id = Self.id(try Files.status(folder.path))
            guard id != output else { return }
            // Only links can lead in circles, and not every network file system numbers its directories well.
            if options.follow, !visited.insert(id).inserted { return }
            let names = try Files.list(folder.path) { at(folder.path) }
            for name in names { visit(name, in: folder) }
        } catch {
            unread.insert(prefix.appending(folder.relative))
            report(folder.path, error.reason, isInput: folder.relative.isEmpty)
        }
    }

    /// Whether something is not looked at, since it gave no answer before; it is told of then.
    private mutating func isSilent(_ path: RawPath, _ relative: RawPath) -> Bool {
        guard !options.silent.isEmpty, let reason = options.silent[path] else { return false }
        unread.insert(prefix.appending(relative))
        report(path, reason, isInput: true)
        return true
    }

    private mutating func visit(_ name: RawPath, in folder: Folder) {
        let path = folder.path.appending(name)
        if isSilent(path, folder.relative.appending(name)) { return }
        at(path)
        do throws(SystemError) {
            var entry = Folder(
                path: path, relative: folder.relative.appending(name), resolved: folder.resolved.appending(name),
                depth: folder.depth + 1, isIncluded: folder.isIncluded)
            var status = try Files.status(path, follow: false)
            let isLink = status.kind == .link
            if isLink {
                guard let target = target(of: path, relative: entry.relative) else { return }
                status = target
                entry.resolved = resolve(path)
            }
            let isDirectory = status.kind == .directory
            let verdict = options.verdict(entry.relative, isDirectory: isDirectory)
            guard verdict != .leftOut else {
                if !options.rules.isEmpty { ruledOut += 1 }
                return
            }
            entry.isIncluded = entry.isIncluded || verdict == .included
            if isDirectory {
                guard isLink else { return folders.append(entry) }
                if options.follow { linkedFolders.append(entry) }
            } else if entry.isIncluded || options.takesUnmatched {
                try consider(entry, status, isLink: isLink)
            } else {
                ruledOut += 1
            }
        } catch {
            unread.insert(prefix.appending(folder.relative).appending(name))
            report(path, error.reason)
        }
    }

    /// What a link leads to, or nil after telling why that cannot be known.
    private mutating func target(of path: RawPath, relative: RawPath) -> FileStatus? {
        do throws(SystemError) {
            return try Files.status(path)
        } catch {
            if case .other = name(path) { return nil }
            if options.verdict(relative, isDirectory: false) == .leftOut { return nil }
            report(path, error.isMissing ? "dangling link" : "link cannot be followed: \(error.reason)")
            return nil
        }
    }

    private func name(_ path: RawPath) -> Signature.Name {
        Signature.name(path, extensions: options.extensions, missing: options.missingFormats)
    }

    /// Takes something that is no directory if its name or its first bytes speak for a video.
    private mutating func consider(_ entry: Folder, _ status: FileStatus, isLink: Bool) throws(SystemError) {
        let name = name(entry.path)
        if case .other = name {
            let isVideo = Signature.name(entry.path, extensions: nil, missing: options.missingFormats).isVideo
            if options.extensions != nil, isVideo { ruledOut += 1 }
            return
        }
        guard status.kind == .file else {
            if name.isVideo { report(entry.path, "not a regular file (\(status.kind.rawValue))") }
            return
        }
        if isLink, !options.follow {
            if !name.isVideo || entry.resolved.isInside(root) { return }
            return report(entry.path, "link not followed (use --follow)")
        }
        func take() { self.take(entry.path, entry.relative, status, resolved: entry.resolved, isLink: isLink) }
        switch name {
        case .video: take()
        case .videoUnlessText:
            // One that is empty, damaged or closed to us is for the worker to tell of.
            let head = (try? head(entry.path, size: status.size)) ?? FileHead([], size: 0)
            if !head.isText { take() }
        case .untaken(let format): leave(entry, status, format)
        case .unknown where status.size > 0:
            let head = try head(entry.path, size: status.size)
            switch Signature.content(entry.path, head, missing: options.missingFormats) {
            case .video: take()
            case .untaken(let format): leave(entry, status, format)
            case .other: break
            }
        case .unknown, .other: break
        }
    }

    private func head(_ path: RawPath, size: Int64) throws(SystemError) -> FileHead {
        let descriptor = try Files.openInput(path)
        defer { Files.close(descriptor) }
        return FileHead(try Files.read(descriptor, at: 0, count: FileHead.length, path: path), size: size)
    }

    private mutating func leave(_ entry: Folder, _ status: FileStatus, _ format: UntakenFormat) {
        let key = FileKey(status, resolved: entry.resolved)
        guard untaken[key] == nil else { return }
        untaken[key] = UntakenVideo(
            relative: prefix.appending(entry.relative), format: format.title, advice: format.advice)
    }

    private mutating func take(
        _ path: RawPath, _ relative: RawPath, _ status: FileStatus, resolved: RawPath, isLink: Bool
    ) {
        let candidate = Candidate(path: path, relative: prefix.appending(relative), status: status)
        guard meetsTwice else { return files.append(candidate) }
        let key = FileKey(status, resolved: resolved)
        if let known = met[key] {
            guard known.isLink, !isLink else { return }
            files[Int(known.index)] = candidate
            met[key]?.isLink = false
        } else {
            met[key] = Met(index: UInt32(files.count), isLink: isLink)
            files.append(candidate)
        }
    }

    private func resolve(_ path: RawPath) -> RawPath { (try? Files.resolve(path)) ?? path }

    private mutating func report(_ path: RawPath, _ reason: String, isInput: Bool = false) {
        problems.insert(DiscoveryProblem(path: path, reason: reason, isInput: isInput))
    }
}
