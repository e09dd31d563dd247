internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// A row as bytes, a tenth of the memory that it takes as a value. They begin with what rows are ordered by.
enum RowCoder {
    private static let statuses = VideoStatus.allCases
    private static let ranks = Dictionary(uniqueKeysWithValues: zip(statuses, UInt8(0)...))
    private static let changes = Comparison.Category.allCases

    static func encode(_ row: ReportVideo) -> [UInt8] {
        var writer = PackedWriter(reserving: 256)
        writer.byte(ranks[row.status] ?? 0)
        writer.bytes(row.raw.bytes)
        writer.fixed(row.job.halves.0)
        writer.fixed(row.job.halves.1)
        // Nearly all paths are shown as they are.
        let isPlain = row.path.utf8.elementsEqual(row.raw.bytes)
        let flags = [
            isPlain, row.isQuarantined, row.isOfThisRun, row.isGone, row.hasPage, row.hasThumbnail,
            row.features.isTruncated, row.features.hasVariableRate,
        ]
        writer.byte(flags.enumerated().reduce(0) { $0 | ($1.element ? 1 << UInt8($1.offset) : 0) })
        if !isPlain { writer.text(row.path) }
        writer.optional(row.result) { $0.bytes($1.bytes) }
        writer.list(row.reasons) { $0.text($1) }
        failure(row.failure, &writer)
        for number in [
            row.frames, row.declared, row.size, row.width, row.height, row.events, row.tracks,
        ] {
            writer.optional(number) { $0.int($1) }
        }
        for number in [row.seconds, row.processorSeconds, row.duration, row.rate, row.started] {
            writer.optional(number) { $0.double($1) }
        }
        writer.optional(row.codec) { $0.text($1) }
        writer.optional(row.flaw) { $0.text($1) }
        writer.list(row.classes) { $0.text($1) }
        writer.optional(row.toolsFailed.json) { $0.bytes(JSONWriter.encode($1)) }
        writer.list(row.features.measures) { writer, measure in writer.optional(measure) { $0.double($1) } }
        writer.optional(row.change.flatMap { changes.firstIndex(of: $0) }) { $0.int($1) }
        return writer.bytes
    }

    private static func failure(_ failure: FailureDetails, _ writer: inout PackedWriter) {
        writer.optional(failure.message) { $0.text($1) }
        writer.optional(failure.cause) { $0.text($1) }
        writer.list(failure.log) { $0.text($1) }
        writer.optional(failure.tries) { $0.int($1) }
        writer.optional(failure.frameReached) { $0.int($1) }
    }

    static func decode(_ bytes: ArraySlice<UInt8>) -> ReportVideo {
        bytes.withUnsafeBytes { bytes in
            var reader = PackedReader(bytes)
            return row(&reader)
        }
    }

    /// Members are read in the order in which ``encode(_:)`` writes them.
    private static func row(_ reader: inout PackedReader) -> ReportVideo {
        let status = statuses[Int(reader.byte())]
        let raw = RawPath(bytes: reader.array())
        let job = JobID(halves: (reader.fixed(), reader.fixed()))
        let flags = reader.byte()
        func flag(_ index: UInt8) -> Bool { flags & 1 << index != 0 }
        var row = ReportVideo(
            job: job, raw: raw, shown: flag(0) ? String(decoding: raw.bytes, as: UTF8.self) : reader.text())
        row.status = status
        (row.isQuarantined, row.isOfThisRun, row.isGone) = (flag(1), flag(2), flag(3))
        (row.hasPage, row.hasThumbnail) = (flag(4), flag(5))
        (row.features.isTruncated, row.features.hasVariableRate) = (flag(6), flag(7))
        row.result = reader.optional { RawPath(bytes: $0.array()) }
        row.reasons = reader.list { $0.text() }
        row.failure = failure(&reader)
        func int() -> Int? { reader.optional { $0.int() } }
        (row.frames, row.declared, row.size) = (int(), int(), int())
        (row.width, row.height, row.events, row.tracks) = (int(), int(), int(), int())
        func double() -> Double? { reader.optional { $0.double() } }
        (row.seconds, row.processorSeconds, row.duration) = (double(), double(), double())
        (row.rate, row.started) = (double(), double())
        row.codec = reader.optional { $0.text() }
        row.flaw = reader.optional { $0.text() }
        row.classes = reader.list { $0.text() }
        row.toolsFailed = FailedTool.list(reader.optional { $0.array() }.flatMap { try? JSONReader.parse($0) })
        row.features.measures = reader.list { $0.optional { $0.double() } }
        row.change = reader.optional { changes[$0.int()] }
        return row
    }

    private static func failure(_ reader: inout PackedReader) -> FailureDetails {
        var failure = FailureDetails()
        failure.message = reader.optional { $0.text() }
        failure.cause = reader.optional { $0.text() }
        failure.log = reader.list { $0.text() }
        failure.tries = reader.optional { $0.int() }
        failure.frameReached = reader.optional { $0.int() }
        return failure
    }
}

/// What rows are ordered by: those in trouble first, the worst of them at the top, and then by path.
struct RowKey: Comparable {
    private let rank: UInt8
    private let path: [UInt8]
    private let job: (UInt64, UInt64)

    /// - Parameter row: as ``RowCoder`` wrote it.
    init(_ row: ArraySlice<UInt8>) {
        (rank, path, job) = row.withUnsafeBytes { bytes in
            var reader = PackedReader(bytes)
            return (reader.byte(), reader.array(), (reader.fixed(), reader.fixed()))
        }
    }

    static func == (left: RowKey, right: RowKey) -> Bool {
        left.rank == right.rank && left.path == right.path && left.job == right.job
    }

    static func < (left: RowKey, right: RowKey) -> Bool {
        if left.rank != right.rank { return left.rank < right.rank }
        if left.path != right.path { return left.path.lexicographicallyPrecedes(right.path) }
        return left.job < right.job
    }
}
