internal import Bytes

/// Brings rows into the order of the index, however many they are: batches that fit into memory are sorted, written, and
/// merged (external sorting by merging, Knuth, The Art of Computer Programming 3, 5.4.1).
///
/// - Complexity: O(n log n); a batch and a piece of each batch before are in memory.
struct RowSorter {
    private let folder: RawPath
    private let limit: Int
    /// Rows that wait, with their keys.
    private var batch: [(key: RowKey, row: [UInt8])] = []
    private var batchSize = 0
    /// Sorted batches, each row behind its length.
    private let runs: ScratchFile
    /// Where the batches end.
    private var ends: [Int64] = []

    /// - Parameters:
    ///   - folder: where rows lie while they are sorted.
    ///   - limit: bytes of a batch.
    init(in folder: RawPath, limit: Int = 8 << 20) {
        self.folder = folder
        self.limit = limit
        runs = ScratchFile(in: folder)
    }

    mutating func add(_ row: ReportVideo) throws(SystemError) {
        let bytes = RowCoder.encode(row)
        batch.append((RowKey(bytes[...]), bytes))
        // The key has the path once more.
        batchSize += 2 * bytes.count
        if batchSize >= limit { try endBatch() }
    }

    private mutating func endBatch() throws(SystemError) {
        sortBatch()
        for (_, row) in batch {
            var length = PackedWriter(reserving: 8 + row.count)
            length.fixed(UInt64(row.count))
            try runs.append(length.bytes + row)
        }
        ends.append(runs.size)
        batch.removeAll(keepingCapacity: true)
        batchSize = 0
    }

    private mutating func sortBatch() { batch.sort { $0.key < $1.key } }

    /// All rows in their order.
    mutating func sorted() throws(SystemError) -> RowFile {
        let sorted = RowFile(in: folder)
        if ends.isEmpty {
            sortBatch()
            for (_, row) in batch { try sorted.append(encoded: row) }
            batch = []
            return sorted
        }
        if !batch.isEmpty { try endBatch() }
        batch = []
        var merge = try RowMerge(runs, ends: ends)
        while let row = try merge.next() { try sorted.append(encoded: row) }
        return sorted
    }
}

/// Hands out the rows of sorted batches in the order of all.
private struct RowMerge {
    /// Reads a batch in pieces.
    private struct Cursor {
        private let file: ScratchFile
        private var position: Int64
        private let end: Int64
        private let pieceSize: Int64
        private var piece: ArraySlice<UInt8> = []
        /// The row that it stands at; nil behind the last one.
        private(set) var row: (key: RowKey, bytes: [UInt8])?

        private static let lengthSize = 8

        init(_ file: ScratchFile, _ range: Range<Int64>, pieceSize: Int) throws(SystemError) {
            self.file = file
            (position, end) = (range.lowerBound, range.upperBound)
            self.pieceSize = Int64(pieceSize)
            try advance()
        }

        mutating func advance() throws(SystemError) {
            row = nil
            guard !piece.isEmpty || position < end else { return }
            let length = try take(Cursor.lengthSize).withUnsafeBytes { bytes in
                var reader = PackedReader(bytes)
                return reader.fixed()
            }
            let bytes = try take(Int(length))
            row = (RowKey(bytes), Array(bytes))
        }

        /// The next bytes; the batch has so many.
        private mutating func take(_ count: Int) throws(SystemError) -> ArraySlice<UInt8> {
            if piece.count < count {
                let more = min(end - position, max(pieceSize, Int64(count)))
                piece = (piece + (try file.read(at: position, count: Int(more))))[...]
                position += more
            }
            defer { piece = piece.dropFirst(count) }
            return piece.prefix(count)
        }
    }

    private var cursors: [Cursor] = []
    /// Indices of cursors that stand at a row, that of the first row last.
    private var order: [Int] = []

    /// Bytes that all cursors keep in memory, and each at least and at most.
    private static let room = (all: 16 << 20, least: 4 << 10, most: 256 << 10)

    init(_ file: ScratchFile, ends: [Int64]) throws(SystemError) {
        let pieceSize = max(RowMerge.room.least, min(RowMerge.room.most, RowMerge.room.all / ends.count))
        var start: Int64 = 0
        for (index, end) in ends.enumerated() {
            cursors.append(try Cursor(file, start..<end, pieceSize: pieceSize))
            start = end
            insert(index)
        }
    }

    mutating func next() throws(SystemError) -> [UInt8]? {
        guard let first = order.popLast() else { return nil }
        let row = cursors[first].row?.bytes
        try cursors[first].advance()
        insert(first)
        return row
    }

    /// Puts a cursor in its place, unless it is at its end.
    private mutating func insert(_ cursor: Int) {
        guard let key = cursors[cursor].row?.key else { return }
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if let other = cursors[order[middle]].row?.key, key < other { low = middle + 1 } else { high = middle }
        }
        order.insert(cursor, at: low)
    }
}
