package import Bytes
package import Jobs
package import Store

/// What plans and runs go by of a video's result of an earlier run.
package struct KnownResult: Equatable, Sendable {
    /// Below the output folder.
    package var result: RawPath
    /// Of the video: bytes, nanoseconds since 1970, inode. Time and inode are nil in a line that was rebuilt from a result.
    package var size: Int64
    package var modified: Int64?
    package var inode: UInt64?
    /// Of the video's content; nil also where nobody asked for it, see ``KnownResults``.
    package var fingerprint: String?
    package var digest: String
    package var verdict: VideoStatus
    /// Bytes of the result; nil in lines of versions before.
    package var resultSize: Int64?
    /// The run that published it; empty when that is not known.
    package var runID: String
    package var absence: Absence?
    /// External tools that failed: the result is without them.
    package var toolsFailed: [FailedTool] = []
}

extension KnownResult {
    package init(_ entry: CatalogEntry) {
        self.init(
            result: entry.result, size: entry.size, modified: entry.modified, inode: entry.inode,
            fingerprint: entry.fingerprint, digest: entry.digest, verdict: entry.verdict,
            resultSize: entry.resultSize, runID: entry.runID, absence: entry.absence, toolsFailed: entry.toolsFailed)
    }
}

/// The catalog in little memory: some 110 bytes a video for what nearly every plan asks for. All else, paths and fingerprints
/// among it, is read from the file when it is asked for.
package struct KnownResults: Sendable {
    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let hasTime = Flags(rawValue: 1)
        static let hasInode = Flags(rawValue: 2)
        static let hasResultSize = Flags(rawValue: 4)
        /// Its video is not at its place.
        static let isGone = Flags(rawValue: 8)
        static let isCompressed = Flags(rawValue: 16)
        /// Whether there is something of it in ``extras``.
        static let hasExtra = Flags(rawValue: 32)
    }

    private struct Row {
        var size, modified: Int64
        var inode: UInt64
        var resultSize: Int64
        /// Numbers of words.
        var digest, run: UInt32
        var verdict: VideoStatus
        var flags: Flags
    }

    /// What most have not.
    private struct Extra {
        /// Where the result is not called as its video would have it.
        var result: RawPath?
        var absence: Absence?
        var toolsFailed: [FailedTool]
    }

    private var rows: [Row] = []
    private var extras: [UInt32: Extra] = [:]
    private var words = Words()
    private var index = JobLineIndex<CatalogEntry>()

    package init() {}

    package init(_ lines: JobLines<CatalogEntry>) throws(SystemError) {
        var known = KnownResults()
        let index = try JobLineIndex(lines) { number, entry in if let entry { known.take(entry, number) } }
        known.index = index
        self = known
    }

    /// Results that are in no file.
    package init(_ entries: [CatalogEntry]) {
        for (number, entry) in entries.enumerated() { take(entry, number) }
        index = JobLineIndex(entries)
    }

    private mutating func take(_ entry: CatalogEntry, _ number: Int) {
        var flags: Flags = []
        if entry.modified != nil { flags.insert(.hasTime) }
        if entry.inode != nil { flags.insert(.hasInode) }
        if entry.resultSize != nil { flags.insert(.hasResultSize) }
        if entry.absence?.isOpen == true { flags.insert(.isGone) }
        let isCompressed = OutputLayout.isCompressed(entry.result)
        if isCompressed { flags.insert(.isCompressed) }
        let wanted = OutputLayout.result(for: entry.path, job: entry.job, isCompressed: isCompressed)
        let extra = Extra(
            result: wanted == entry.result ? nil : entry.result, absence: entry.absence, toolsFailed: entry.toolsFailed)
        if extra.result != nil || extra.absence != nil || !extra.toolsFailed.isEmpty {
            flags.insert(.hasExtra)
            extras[UInt32(number)] = extra
        }
        let row = Row(
            size: entry.size, modified: entry.modified ?? 0, inode: entry.inode ?? 0,
            resultSize: entry.resultSize ?? 0, digest: words.number(entry.digest), run: words.number(entry.runID),
            verdict: entry.verdict, flags: flags)
        if number == rows.count { rows.append(row) } else { rows[number] = row }
    }

    package var isEmpty: Bool { index.isEmpty }

    /// Lines that cannot be read.
    package var unread: Int { index.unread }

    /// The number of a job's result; nil where it has none.
    package func number(of job: JobID) -> Int? { index.number(of: job) }

    /// The numbers of all results, in the order of the file.
    ///
    /// - Complexity: n log n.
    package var all: [UInt32] { index.all.sorted() }

    /// The result of a number, without its fingerprint.
    ///
    /// - Parameters:
    ///   - path: of its video.
    ///   - job: that of the path.
    package func result(_ number: Int, of path: RawPath, _ job: JobID) -> KnownResult {
        let row = rows[number]
        let extra = row.flags.contains(.hasExtra) ? extras[UInt32(number)] : nil
        return KnownResult(
            result: extra?.result
                ?? OutputLayout.result(
                    for: path, job: job, isCompressed: row.flags.contains(.isCompressed)),
            size: row.size, modified: row.flags.contains(.hasTime) ? row.modified : nil,
            inode: row.flags.contains(.hasInode) ? row.inode : nil, digest: words[row.digest], verdict: row.verdict,
            resultSize: row.flags.contains(.hasResultSize) ? row.resultSize : nil, runID: words[row.run],
            absence: extra?.absence, toolsFailed: extra?.toolsFailed ?? [])
    }

    /// The result of a number, with its fingerprint where it decides by that whether the video is the same.
    func withContent(
        _ known: KnownResult?, _ number: Int?, _ video: Candidate, _ policy: ReusePolicy
    ) throws(SystemError) -> KnownResult? {
        guard let known, let number, policy.asksForContent(video, known) else { return known }
        return KnownResult(try entry(number))
    }

    /// All that the catalog says of a result.
    ///
    /// - Complexity: a short read, and its parsing.
    package func entry(_ number: Int) throws(SystemError) -> CatalogEntry { try index.record(number) }

    /// The path of a result's video, and that of the result.
    ///
    /// - Complexity: a short read, and the parsing of its beginning.
    package func paths(_ number: Int) throws(SystemError) -> (video: RawPath, result: RawPath) {
        try index.paths(number)
    }

    /// Bytes of the video.
    package func size(_ number: Int) -> Int64 { rows[number].size }

    /// When the video was changed last; nil where that is not known.
    package func modified(_ number: Int) -> Int64? {
        rows[number].flags.contains(.hasTime) ? rows[number].modified : nil
    }

    /// Whether the video is known not to be at its place.
    package func isGone(_ number: Int) -> Bool { rows[number].flags.contains(.isGone) }

    /// Whether a result has the name that it would have in a form.
    package func hasForm(_ number: Int, isCompressed: Bool) -> Bool {
        let flags = rows[number].flags
        guard flags.contains(.hasExtra), let result = extras[UInt32(number)]?.result else {
            return flags.contains(.isCompressed) == isCompressed
        }
        return OutputLayout.result(result, isCompressed: isCompressed) == result
    }

}

/// Which results of the catalog are those of a walk's videos.
struct KnownVideos: Sendable {
    /// By the indices of the videos, the numbers of their results, from 1; 0 for a video without. Empty where nothing is known.
    private let numbers: [UInt32]
    /// The numbers of results whose videos the walk did not meet.
    let unmet: [Int]

    /// - Complexity: a hash a video, and n log n for the results.
    init(_ videos: Candidates, _ catalog: KnownResults) {
        guard !catalog.isEmpty else {
            (numbers, unmet) = ([], [])
            return
        }
        let all = catalog.all
        var isMet = [Bool](repeating: false, count: Int(all.last ?? 0) + 1)
        numbers = videos.indices.map { index in
            guard let number = catalog.number(of: JobID(video: videos.relative(index))) else { return 0 }
            isMet[number] = true
            return UInt32(number) + 1
        }
        unmet = all.lazy.map { Int($0) }.filter { !isMet[$0] }
    }

    /// The number of the result of a video; nil where it has none.
    func number(_ index: Int) -> Int? {
        guard index < numbers.count, numbers[index] > 0 else { return nil }
        return Int(numbers[index]) - 1
    }
}
