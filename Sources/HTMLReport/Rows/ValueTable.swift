internal import Bytes

/// Numbers in columns, on the disk where they are many; some are not known.
final class ValueTable {
    private let scratch: ScratchFile
    private let columns: Int
    private var rows = 0

    private static let size = 8

    /// - Parameter folder: where they lie while they are needed.
    init(columns: Int, in folder: RawPath) {
        self.columns = columns
        scratch = ScratchFile(in: folder)
    }

    /// - Parameter values: a number for each column, nil for one that is not known. None is what is not a number.
    func append(_ values: [Double?]) throws(SystemError) {
        var writer = PackedWriter(reserving: columns * ValueTable.size)
        for value in values { writer.double(value ?? .nan) }
        try scratch.append(writer.bytes)
        rows += 1
    }

    /// - Complexity: reads the table once.
    func column(_ column: Int) throws(SystemError) -> [Double?] {
        var values: [Double?] = []
        values.reserveCapacity(rows)
        for row in 0..<rows {
            let offset = (row * columns + column) * ValueTable.size
            let value = try scratch.read(at: Int64(offset), count: ValueTable.size).withUnsafeBytes { bytes in
                var reader = PackedReader(bytes)
                return reader.double()
            }
            values.append(value.isNaN ? nil : value)
        }
        return values
    }
}
