/// What looking for edges keeps of rows. In every list of words, place i is that of columns 2i and 2i + 1.
struct EdgeRows {
    /// Columns that are worked on at once.
    static let block = 16

    /// Words of a list: those of the blocks, and a block's before and behind.
    private let length: Int
    /// Bytes of a row of marks: those of the blocks, and a block's before and behind.
    private let marksLength: Int
    private let words: UnsafeMutablePointer<Int16>
    private let bytes: UnsafeMutablePointer<UInt8>

    /// Gives lists for a picture of `blocks` blocks across; they hold only zeros.
    ///
    /// - Precondition: `blocks` is a multiple of 4.
    @inline(__always)
    static func with(blocks: Int, _ body: (EdgeRows) -> Void) {
        let length = (blocks + 2) * block / 2
        let groups = (blocks + 7) / 8
        withUnsafeTemporaryAllocation(of: Int16.self, capacity: 10 * length) { words in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 8 * length + 24 * groups) { bytes in
                guard let words = words.baseAddress, let bytes = bytes.baseAddress else { return }
                let rows = EdgeRows(length: length, marksLength: 2 * length, words: words, bytes: bytes)
                rows.clear()
                body(rows)
            }
        }
    }

    func clear() {
        words.initialize(repeating: 0, count: 10 * length)
        bytes.initialize(repeating: 0, count: 4 * marksLength + 24 * groups)
    }

    /// Blocks of a row.
    var blocks: Int { 2 * length / EdgeRows.block - 2 }
    private var groups: Int { (blocks + 7) / 8 }

    /// One of ten lists of words: six for slopes, four for sums of columns.
    func list(_ index: Int) -> UnsafeMutablePointer<Int16> { words + index * length + EdgeRows.block / 2 }

    var columns: ColumnRow { ColumnRow(even: list(6), odd: list(7), evenStep: list(8), oddStep: list(9)) }

    func slopes(_ y: Int) -> SlopeRow {
        let busy = bytes + 4 * marksLength + y % 3 * 8 * groups
        return SlopeRow(even: list(y % 3 * 2), odd: list(y % 3 * 2 + 1), busy: busy, groups: groups)
    }

    /// A row without a gradient.
    func clearSlopes(_ y: Int) {
        let row = slopes(y)
        row.even.initialize(repeating: 0, count: length - EdgeRows.block / 2)
        row.odd.initialize(repeating: 0, count: length - EdgeRows.block / 2)
        row.busy.initialize(repeating: 0, count: 8 * groups)
    }

    func marks(_ y: Int) -> UnsafeMutablePointer<UInt8> { bytes + y % 4 * marksLength + EdgeRows.block }

    func clearMarks(_ y: Int) {
        (marks(y) - EdgeRows.block).initialize(repeating: 0, count: marksLength)
    }
}

/// A row of gradients.
struct SlopeRow {
    let even: UnsafeMutablePointer<Int16>
    let odd: UnsafeMutablePointer<Int16>
    /// For each block, 1 when a gradient in it is over the limit, else 0.
    let busy: UnsafeMutablePointer<UInt8>
    /// How often there are eight blocks, the last time perhaps fewer.
    let groups: Int

    /// A bit in each byte for each of eight blocks, the first the lowest.
    @inline(__always)
    func busyBlocks(_ group: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(busy + 8 &* group).loadUnaligned(as: UInt64.self))
    }
}

/// Sums of the columns of three rows, and what they differ by from top to bottom.
struct ColumnRow {
    let even: UnsafeMutablePointer<Int16>
    let odd: UnsafeMutablePointer<Int16>
    let evenStep: UnsafeMutablePointer<Int16>
    let oddStep: UnsafeMutablePointer<Int16>
}
