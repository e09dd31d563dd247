internal import Bytes
internal import Jobs
internal import Store

/// Gives results their names. What an earlier run chose stays, but for the form; a new name gives way to those, in either form.
///
/// Of a million new names only those are kept that are not alone, and where no name is new, nothing is.
struct ResultNames {
    private let isCompressed: Bool
    /// Results of the catalog; nil where there are none, or nobody needs a name.
    private let files: ResultFiles?
    /// What must not be the name of a result, as it holds others.
    private let folders: Set<RawPath>
    /// Names that were given.
    private var taken: Set<RawPath> = []
    /// Hashes of names that several videos want, or that happen to be equal.
    private let wantedTwice: Set<Int>

    /// - Parameter known: which of them have results.
    init(_ candidates: Candidates, prior: KnownResults, _ known: KnownVideos, isCompressed: Bool) throws {
        self.isCompressed = isCompressed
        // Those that need a name.
        let new = candidates.indices.filter { index in
            known.number(index).map { !prior.hasForm($0, isCompressed: isCompressed) } ?? true
        }
        if new.isEmpty {
            (files, folders, wantedTwice) = (nil, [], [])
            return
        }
        var folders = Folders()
        for index in candidates.indices { folders.add(of: RawPath("results").appending(candidates.relative(index))) }
        let files = prior.isEmpty ? nil : ResultFiles(prior)
        if let files {
            func add(_ result: RawPath, _ number: Int) {
                files.add(result, number)
                folders.add(of: result)
            }
            for index in candidates.indices {
                guard let number = known.number(index) else { continue }
                let path = candidates.relative(index)
                add(prior.result(number, of: path, JobID(video: path)).result, number)
            }
            for number in known.unmet { add(try prior.paths(number).result, number) }
        }
        self.files = files
        self.folders = folders.found
        var hashes: [Int] = []
        hashes.reserveCapacity(new.count)
        for index in new {
            let path = candidates.relative(index)
            let name = try ResultNames.name(path, JobID(video: path), files, isCompressed) { _ in false }
            hashes.append(OutputLayout.folded(name).hashValue)
        }
        hashes.sort()
        wantedTwice = Set(zip(hashes, hashes.dropFirst()).lazy.filter { $0 == $1 }.map(\.0))
    }

    private static func name(
        _ video: RawPath, _ id: JobID, _ files: ResultFiles?, _ isCompressed: Bool,
        isTaken: (RawPath) throws -> Bool
    ) throws -> RawPath {
        try OutputLayout.result(
            for: video, job: id, isCompressed: isCompressed, isTaken: isTaken, hasFiles: files != nil,
            isFile: { try files?.holds($0) ?? false })
    }

    /// The name of the next video's result, in the order of the list.
    ///
    /// - Parameter known: its result of an earlier run.
    mutating func next(_ video: RawPath, _ id: JobID, _ known: KnownResult?) throws -> RawPath {
        if let known = known?.result {
            let wanted = OutputLayout.result(known, isCompressed: isCompressed)
            // A longer name may be too long, or that of a folder.
            let fits = wanted.lastComponent.bytes.count <= OutputLayout.longestName
            if wanted == known || fits && !folders.contains(OutputLayout.folded(wanted)) { return wanted }
        }
        let wanted = try ResultNames.name(video, id, files, isCompressed) { _ in false }
        let name = OutputLayout.folded(wanted)
        guard try isTaken(name) || wantedTwice.contains(name.hashValue) else { return wanted }
        let result = try ResultNames.name(video, id, files, isCompressed) { try isTaken($0) }
        taken.formUnion(ResultFiles.forms(result))
        return result
    }

    private func isTaken(_ name: RawPath) throws -> Bool {
        try taken.contains(name) || folders.contains(name) || files?.holds(name) ?? false
    }
}

/// The folders that results lie in, without case.
private struct Folders {
    private(set) var found: Set<RawPath> = []
    /// That of the last result: many have the same.
    private var last = RawPath("")

    mutating func add(of result: RawPath) {
        var folder = result.parent
        if folder == last { return }
        last = folder
        while folder != RawPath("."), !folder.isEmpty, folder != RawPath("/") {
            // Those above it are known then, too.
            guard found.insert(OutputLayout.folded(folder)).inserted else { return }
            folder = folder.parent
        }
    }
}

/// The names of the catalog's results in both forms, kept as hashes: a name that may be one of them is looked up in the file.
private final class ResultFiles {
    private let catalog: KnownResults
    /// Numbers of results by the hashes of their names without case and form.
    private var numbers: [Int: UInt32] = [:]
    /// The others of a hash that several have.
    private var others: [Int: [UInt32]] = [:]

    init(_ catalog: KnownResults) { self.catalog = catalog }

    /// A result's name in either form, without case.
    static func forms(_ result: RawPath) -> [RawPath] {
        [OutputLayout.folded(result), OutputLayout.folded(OutputLayout.otherForm(result))]
    }

    private static func hash(_ name: RawPath) -> Int { OutputLayout.bareName(name).hashValue }

    func add(_ result: RawPath, _ number: Int) {
        for hash in Set(ResultFiles.forms(result).map { ResultFiles.hash($0) }) {
            if numbers[hash] == nil {
                numbers[hash] = UInt32(number)
            } else {
                others[hash, default: []].append(UInt32(number))
            }
        }
    }

    /// Whether a name without case is that of a result.
    ///
    /// - Complexity: a short read where a result may be called so.
    func holds(_ name: RawPath) throws -> Bool {
        let hash = ResultFiles.hash(name)
        guard let first = numbers[hash] else { return false }
        for number in [first] + (others[hash] ?? []) {
            if try ResultFiles.forms(catalog.paths(Int(number)).result).contains(name) { return true }
        }
        return false
    }
}
