internal import Bytes
package import Jobs

/// What counts of each job in a file of records that others append to, or replace.
package struct JobLineFollower<Record: JobLine>: Sendable {
    package private(set) var records: [JobID: Record] = [:]
    private let path: RawPath
    /// The end of the last whole line that was read.
    private var offset: Int64 = 0
    private var seen: FileStatus?

    private static var pieceSize: Int { 1 << 20 }

    package init(_ lines: JobLines<Record>) { path = lines.path }

    /// Takes over what was added since the last time; all there is, when the file was replaced or made shorter. A missing
    /// file has no records; of one that cannot be read, what is known stays.
    package mutating func refresh() {
        guard let status = try? Files.status(path) else {
            (seen, offset, records) = (nil, 0, [:])
            return
        }
        guard status != seen else { return }
        let isSame = seen.map { $0.inode == status.inode && $0.device == status.device } ?? false
        if !isSame || status.size < offset { (offset, records) = (0, [:]) }
        guard let descriptor = try? Files.openInput(path) else { return }
        defer { Files.close(descriptor) }
        var rest: [UInt8] = []
        var position = offset
        while position < status.size {
            let count = min(Self.pieceSize, Int(status.size - position))
            guard let piece = try? Files.read(descriptor, at: position, count: count, path: path), !piece.isEmpty else {
                return
            }
            position += Int64(piece.count)
            var start = 0
            while let end = piece[start...].firstIndex(of: 0x0a) {
                take(rest + piece[start..<end])
                rest.removeAll()
                start = end + 1
            }
            rest += piece[start...]
            offset = position - Int64(rest.count)
        }
        seen = status
    }

    private mutating func take(_ line: [UInt8]) {
        guard let json = try? JSONReader.parse(line), let record = Record(json) else { return }
        JobLines.apply(record, to: &records)
    }
}
