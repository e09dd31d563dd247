internal import Bytes

/// Candidates in little memory: 40 bytes and the path below its input for each, where two paths of their own would take three
/// times that.
///
/// The two paths of a candidate end alike, and what comes before that end is the same for all of one input: it is kept once.
package struct Candidates: Sendable {
    /// What candidates of one input have in common.
    private struct Origin: Hashable {
        /// What their paths to open begin with, and what they are called begins with.
        var path, relative: [UInt8]
        var kind: FileStatus.Kind
        var device: UInt64
    }

    private struct Row {
        /// Where the end of its paths begins in ``tails``.
        var start: Int
        /// Bytes of that end.
        var length: UInt32
        var origin: UInt32
        var size, modified: Int64
        var inode: UInt64

        var range: Range<Int> { start..<(start + Int(length)) }
    }

    private var rows: [Row] = []
    private var tails: [UInt8] = []
    private var origins: [Origin] = []
    private var numbers: [Origin: UInt32] = [:]

    package init() {}

    /// - Complexity: the bytes of its paths, on average.
    package mutating func append(_ candidate: Candidate) { rows.append(makeRow(candidate)) }

    private mutating func makeRow(_ candidate: Candidate) -> Row {
        let (path, relative, status) = (candidate.path.bytes, candidate.relative.bytes, candidate.status)
        var shared = 0
        while shared < Swift.min(path.count, relative.count),
            path[path.count - 1 - shared] == relative[relative.count - 1 - shared]
        { shared += 1 }
        let origin = number(
            Origin(
                path: Array(path.dropLast(shared)), relative: Array(relative.dropLast(shared)), kind: status.kind,
                device: status.device))
        let start = tails.count
        tails.append(contentsOf: path.suffix(shared))
        return Row(
            start: start, length: UInt32(shared), origin: origin, size: status.size, modified: status.modified,
            inode: status.inode)
    }

    private mutating func number(_ origin: Origin) -> UInt32 {
        if let last = rows.last?.origin, origins[Int(last)] == origin { return last }
        if let known = numbers[origin] { return known }
        let number = UInt32(origins.count)
        origins.append(origin)
        numbers[origin] = number
        return number
    }

    private func relative(_ row: Row) -> RawPath {
        RawPath(bytes: origins[Int(row.origin)].relative + tails[row.range])
    }

    private func status(_ row: Row) -> FileStatus {
        let origin = origins[Int(row.origin)]
        return FileStatus(
            kind: origin.kind, size: row.size, modified: row.modified, device: origin.device, inode: row.inode)
    }

    private func precedes(_ one: Row, _ other: Row) -> Bool {
        one.origin == other.origin
            ? tails[one.range].lexicographicallyPrecedes(tails[other.range]) : relative(one) < relative(other)
    }

    /// What one is called.
    func relative(_ index: Int) -> RawPath { relative(rows[index]) }

    /// Bytes of one.
    func size(_ index: Int) -> Int64 { rows[index].size }

    /// Whether the relative path of one comes before that of another.
    func precedes(_ one: Int, _ other: Int) -> Bool { precedes(rows[one], rows[other]) }

    /// Sorts by the bytes of relative paths.
    ///
    /// - Complexity: linear where they are sorted, else n log n.
    mutating func sort() {
        guard indices.dropFirst().contains(where: { precedes($0, $0 - 1) }) else { return }
        // Taken out, for what is shared would be copied.
        var sorted: [Row] = []
        swap(&sorted, &rows)
        sorted.sort { precedes($0, $1) }
        rows = sorted
    }

    /// Leaves out those whose status says so.
    mutating func remove(where isOut: (FileStatus) -> Bool) {
        rows = rows.filter { !isOut(status($0)) }
    }
}

extension Candidates: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }

    /// A new one takes the place of what was there, whose paths stay in memory.
    package subscript(index: Int) -> Candidate {
        get {
            let row = rows[index]
            return Candidate(
                path: RawPath(bytes: origins[Int(row.origin)].path + tails[row.range]), relative: relative(row),
                status: status(row))
        }
        set { rows[index] = makeRow(newValue) }
    }
}

extension Candidates {
    package init(_ candidates: some Sequence<Candidate>) {
        self.init()
        for candidate in candidates { append(candidate) }
    }
}
