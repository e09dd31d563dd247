internal import Bytes

/// Rows at their indices, on the disk where they are many: sixteen bytes of each are in memory.
final class RowFile {
    private struct Place {
        var offset: Int64
        var count: Int32
    }

    private let scratch: ScratchFile
    private var places: [Place] = []

    /// - Parameter folder: where they lie while they are needed.
    init(in folder: RawPath) { scratch = ScratchFile(in: folder) }

    var count: Int { places.count }

    func append(_ row: ReportVideo) throws(SystemError) { try append(encoded: RowCoder.encode(row)) }

    /// - Parameter bytes: a row as ``RowCoder`` writes it.
    func append(encoded bytes: [UInt8]) throws(SystemError) {
        places.append(Place(offset: try scratch.append(bytes), count: Int32(bytes.count)))
    }

    /// Puts another row in the place of one.
    func replace(at index: Int, with row: ReportVideo) throws(SystemError) {
        let bytes = RowCoder.encode(row)
        places[index] = Place(offset: try scratch.append(bytes), count: Int32(bytes.count))
    }

    func row(at index: Int) throws(SystemError) -> ReportVideo {
        RowCoder.decode(try scratch.read(at: places[index].offset, count: Int(places[index].count)))
    }

    /// So many rows are in memory.
    func rows(_ range: Range<Int>) throws(SystemError) -> [ReportVideo] {
        var rows: [ReportVideo] = []
        rows.reserveCapacity(range.count)
        for index in range { rows.append(try row(at: index)) }
        return rows
    }

    /// Hands out all rows in their order, one in memory at a time.
    func forEach(_ body: (ReportVideo) throws -> Void) throws {
        for index in places.indices { try body(try row(at: index)) }
    }

    /// The first index from which on something holds, where it holds for all after the first that it holds for.
    ///
    /// - Complexity: O(log n)
    func partitioningIndex(_ holds: (ReportVideo) -> Bool) throws(SystemError) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(try row(at: middle)) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
