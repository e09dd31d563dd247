internal import Bytes
internal import Jobs
internal import Store

/// Gives results their names. What an earlier run chose stays, but for the form; a new name gives way to those, in either form.
///
/// Of a million new names only those are kept that are not alone.
struct ResultNames {
    private let prior: [JobID: CatalogEntry]
    private let isCompressed: Bool
    /// Results of the catalog, in both forms.
    private let files: Set<RawPath>
    /// What must not be the name of a result, as it holds others.
    private let folders: Set<RawPath>
    private var taken: Set<RawPath>
    /// Hashes of names that several videos want, or that happen to be equal.
    private let wantedTwice: Set<Int>

    init(_ candidates: Candidates, prior: [JobID: CatalogEntry], isCompressed: Bool) {
        (self.prior, self.isCompressed) = (prior, isCompressed)
        let files = Set(prior.values.flatMap { ResultNames.forms($0.result) })
        var folders: Set<RawPath> = []
        func add(folderOf path: RawPath) {
            var folder = path.parent
            while folder != RawPath("."), !folder.isEmpty, folder != RawPath("/") {
                // Those above it are known then, too.
                guard folders.insert(OutputLayout.folded(folder)).inserted else { return }
                folder = folder.parent
            }
        }
        var hashes: [Int] = []
        hashes.reserveCapacity(candidates.count)
        for candidate in candidates {
            let path = candidate.relative
            add(folderOf: RawPath("results").appending(path))
            let name = OutputLayout.result(
                for: path, job: JobID(video: path), files: files, isCompressed: isCompressed)
            hashes.append(OutputLayout.folded(name).hashValue)
        }
        for entry in prior.values { add(folderOf: entry.result) }
        hashes.sort()
        wantedTwice = Set(zip(hashes, hashes.dropFirst()).lazy.filter { $0 == $1 }.map(\.0))
        (self.files, self.folders, taken) = (files, folders, files.union(folders))
    }

    private static func forms(_ result: RawPath) -> [RawPath] {
        [OutputLayout.folded(result), OutputLayout.folded(OutputLayout.otherForm(result))]
    }

    /// The name of the next video's result, in the order of the list.
    mutating func next(_ video: RawPath, _ id: JobID) -> RawPath {
        if let known = prior[id]?.result {
            let wanted = OutputLayout.result(known, isCompressed: isCompressed)
            // A longer name may be too long, or that of a folder.
            let fits = wanted.lastComponent.bytes.count <= OutputLayout.longestName
            if wanted == known || fits && !folders.contains(OutputLayout.folded(wanted)) { return wanted }
        }
        let wanted = OutputLayout.result(for: video, job: id, files: files, isCompressed: isCompressed)
        let name = OutputLayout.folded(wanted)
        guard taken.contains(name) || wantedTwice.contains(name.hashValue) else { return wanted }
        let result = OutputLayout.result(for: video, job: id, taken: taken, files: files, isCompressed: isCompressed)
        taken.formUnion(ResultNames.forms(result))
        return result
    }
}
