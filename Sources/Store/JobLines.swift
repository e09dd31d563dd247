package import Bytes
package import Jobs

/// A record on a line of a file that grows at its end and in which the last line of a job counts.
package protocol JobLine: Sendable {
    /// Nil for what is no such record.
    init?(_ json: JSON)
    var json: JSON { get }
    var job: JobID { get }
    /// The run that wrote it; empty when that is not known.
    var runID: String { get }
    /// The earliest run that wrote a line of this job, where lines before this one were left out since.
    var firstRunID: String? { get set }
    /// When its video was gone last; nil for one that never was.
    var absence: Absence? { get set }
    /// False for one that only says that the lines before it no longer count.
    var isLive: Bool { get }
}

/// Reads such a file from its beginning, a line in memory at a time. A missing file has no records.
package final class JobLineReader<Record: JobLine> {
    private let lines: LineReader?
    /// Lines that are no JSON, the one that its writer did not finish among them.
    package private(set) var broken = 0
    /// The beginnings of lines that are JSON and no such record.
    package private(set) var foreign: [String] = []

    package init(_ path: RawPath) throws(SystemError) {
        do throws(SystemError) {
            lines = try LineReader(path)
        } catch {
            guard error.isMissing else { throw error }
            lines = nil
        }
    }

    /// Whether the file is compressed; known once a line was read.
    fileprivate var isCompressed: Bool { lines?.isCompressed ?? false }

    /// Lines that could not be read.
    package var unread: Int { broken + foreign.count }

    /// The next record, or nil after the last one.
    package func next() throws(SystemError) -> Record? {
        while let (record, _) = try nextLine() { if let record { return record } }
        return nil
    }

    /// The next line with the record on it, where it is one.
    fileprivate func nextLine() throws(SystemError) -> (record: Record?, line: [UInt8])? {
        guard let lines, let line = try lines.next() else { return nil }
        if line.isEmpty { return (nil, line) }
        guard !lines.isTorn, let json = try? JSONReader.parse(line) else {
            broken += 1
            return (nil, line)
        }
        let record = Record(json)
        if record == nil { foreign.append(String(JSONWriter.text(json).prefix(100))) }
        return (record, line)
    }
}

/// A file of such records: the one place that knows that the last line of a job counts.
package struct JobLines<Record: JobLine>: Sendable {
    package let path: RawPath

    package init(_ path: RawPath) { self.path = path }

    package func reader() throws(SystemError) -> JobLineReader<Record> { try JobLineReader(path) }

    /// What counts of each job, and how many lines cannot be read.
    ///
    /// - Complexity: one pass over the bytes; only the lines that count are parsed, unless others have another form.
    package func latest() throws(SystemError) -> (records: [JobID: Record], unread: Int) {
        var records: [JobID: Record] = [:]
        let unread = try forEachChange { records[$0] = $1 }
        return (records, unread)
    }

    /// The same for those who keep less of each job than its record, with one record in memory at a time: what is handed
    /// over replaces what was handed over of the job before, and nil takes it back.
    ///
    /// - Returns: how many lines cannot be read.
    package func forEachChange(_ body: (JobID, Record?) -> Void) throws(SystemError) -> Int {
        try forEachPlace { job, record, _ in body(job, record) }
    }

    /// The same with where each line stands; nil in a file that is compressed.
    func forEachPlace(_ body: (JobID, Record?, LastLines.Span?) -> Void) throws(SystemError) -> Int {
        if let unread = try forEachLast(body) { return unread }
        let reader = try reader()
        var offset: Int64 = 0
        while let (record, line) = try reader.nextLine() {
            let span = LastLines.Span(offset: offset, length: line.count)
            offset += Int64(line.count) + 1
            if let record { body(record.job, JobLines.counting(record), reader.isCompressed ? nil : span) }
        }
        return reader.unread
    }

    /// Hands out what counts of each job: once, or again where it turns out that the file has to be read line by line.
    ///
    /// - Returns: how many lines cannot be read.
    /// - Complexity: as of ``forEachChange(_:)``; all records are in memory where the file has lines of another form.
    package func forEachLatest(_ body: (Record) -> Void) throws(SystemError) -> Int {
        if let unread = try forEachLast({ _, record, _ in if let record { body(record) } }) { return unread }
        let (records, unread) = try latest()
        for record in records.values { body(record) }
        return unread
    }

    /// Hands out the last line of each job in the order of the file, and how many lines cannot be read; nil, before or
    /// after some were handed out, where the file has to be read line by line.
    private func forEachLast(
        _ body: (JobID, Record?, LastLines.Span?) -> Void
    ) throws(SystemError) -> Int? {
        guard let last = try LastLines(path) else { return nil }
        let descriptor = try Files.openInput(path)
        defer { Files.close(descriptor) }
        for span in last.spans.values.sorted(by: { $0.offset < $1.offset }) {
            let line = try Files.read(descriptor, at: span.offset, count: span.length, path: path)
            guard let record = (try? JSONReader.parse(line)).flatMap({ Record($0) }) else { return nil }
            body(record.job, JobLines.counting(record), span)
        }
        return last.isTorn ? 1 : 0
    }

    /// What counts of a job once this line was read.
    private static func counting(_ record: Record) -> Record? { record.isLive ? record : nil }

    /// Takes over a line that follows those which `records` come from.
    package static func apply(_ record: Record, to records: inout [JobID: Record]) {
        records[record.job] = counting(record)
    }

    /// Leaves out the lines that no longer count, when the file is over twice the size of those that do.
    ///
    /// What a run left no other record of stays, as long as there is a run for which it counted: comparisons of runs need
    /// it. Only under the lock of the output folder,
    /// while nobody has the file open to append to it. The file is replaced as a whole.
    ///
    /// - Parameters:
    ///   - runs: the ids of the runs that are there, sorted; nil when that does not matter.
    ///   - isNeedless: whether a line goes although it is its job's last: it only takes back what nobody asks for any more.
    ///   - isForced: whether to do so whatever the size.
    ///   - hasRecord: whether a run left its record.
    /// - Returns: whether it was made smaller.
    /// - Complexity: one pass over the bytes; when there may be something to leave out one that parses them, with a few
    ///   bytes of memory a line, and one that writes.
    @discardableResult
    package func compact(
        runs: [String]? = nil, isNeedless: (Record) -> Bool = { _ in false }, isForced: Bool = false,
        hasRecord: (String) -> Bool
    ) throws(SystemError) -> Bool {
        guard Files.exists(path) else { return false }
        let size = try Files.status(path).size
        if !isForced, let last = try LastLines(path), size <= 2 * last.size { return false }
        var last: [JobID: (number: Int, size: Int64, run: String)] = [:]
        var first: [JobID: String] = [:]
        var unrecorded: [Int: Int64] = [:]
        var needless: Set<Int> = []
        /// A line counted from its run on until the next of its job.
        func counted(from start: String, until end: String) -> Bool {
            guard let runs else { return true }
            // The first run that is not before it.
            var (low, high) = (0, runs.count)
            while low < high {
                let middle = (low + high) / 2
                if runs[middle] < start { low = middle + 1 } else { high = middle }
            }
            return low < runs.count && runs[low] < end
        }
        var isRecorded: [String: Bool] = ["": true]
        let reader = try reader()
        var number = 0
        while let (record, line) = try reader.nextLine() {
            number += 1
            guard let record else { continue }
            let run = record.firstRunID ?? record.runID
            // A line that only takes back others does not say whose it is.
            if record.isLive || !run.isEmpty { first[record.job] = min(first[record.job] ?? run, run) }
            if let before = last[record.job], unrecorded[before.number] != nil,
                !counted(from: before.run, until: record.runID)
            {
                unrecorded[before.number] = nil
            }
            last[record.job] = (number, Int64(line.count) + 1, record.runID)
            if isRecorded[record.runID] == nil { isRecorded[record.runID] = hasRecord(record.runID) }
            if isRecorded[record.runID] == false { unrecorded[number] = Int64(line.count) + 1 }
            if isNeedless(record) { needless.insert(number) }
        }
        for line in last.values { unrecorded[line.number] = nil }
        let live = last.values.reduce(0) { $0 + $1.size } + unrecorded.values.reduce(0, +)
        guard isForced || size > 2 * live else { return false }
        var file = try AtomicFile(path)
        let again = try self.reader()
        number = 0
        while let (record, line) = try again.nextLine() {
            number += 1
            guard var record else { continue }
            if needless.contains(number) { continue }
            if last[record.job]?.number == number {
                try file.write(rewritten(&record, line, first: first[record.job]) + [0x0a])
            } else if unrecorded[number] != nil {
                try file.write(line + [0x0a])
            }
        }
        try file.publish()
        return true
    }

    /// The line that counts, with the run that the job was first seen in where the line does not say it.
    private func rewritten(_ record: inout Record, _ line: [UInt8], first: String?) -> [UInt8] {
        let isUntold = !record.isLive && record.firstRunID == nil
        guard let first, isUntold || first < (record.firstRunID ?? record.runID) else { return line }
        record.firstRunID = first
        return JSONWriter.encode(record.json)
    }
}

/// Adds records to such a file. One writer at a time, under the lock of the output folder.
package final class JobLineWriter<Record: JobLine> {
    private let file: LineFile

    /// Opens or makes the file; what follows its last whole line is cut off.
    package init(_ lines: JobLines<Record>) throws(SystemError) { file = try LineFile(lines.path) }

    /// Appends records in one write, so that all of them are there or none, and brings them to the disk.
    package func append(_ records: Record...) throws(SystemError) { try append(records) }

    /// The same of any number of them.
    package func append(_ records: [Record]) throws(SystemError) {
        try append(lines: records.map { JSONWriter.encode($0.json) })
    }

    /// The same of records as they stand on their lines, without line feeds.
    package func append(lines: [[UInt8]]) throws(SystemError) {
        guard !lines.isEmpty else { return }
        try file.append(Array(lines.joined(separator: [0x0a])))
        try file.sync()
    }
}

extension OutputLayout {
    /// The results that were published.
    package var catalogLines: JobLines<CatalogEntry> { JobLines(catalog) }
    /// The videos that failed.
    package var failureLines: JobLines<FailureEntry> { JobLines(failures) }

    /// Compacts both. Only under the lock.
    ///
    /// - Parameter isForced: whether to leave out what no longer counts whatever the size.
    package func compact(isForced: Bool = false) throws(SystemError) {
        func hasRecord(_ run: String) -> Bool { Files.exists(summary(run: run)) }
        let runs = try RunFolders.ids(self)
        // Nobody asks for what was there before the first run that is still known.
        func isNeedless(_ entry: CatalogEntry) -> Bool {
            guard entry.isCleared, !Files.exists(root.appending(entry.result)) else { return false }
            return runs.first.map { entry.runID <= $0 } ?? true
        }
        try catalogLines.compact(runs: runs, isNeedless: isNeedless, isForced: isForced, hasRecord: hasRecord)
        try failureLines.compact(runs: runs, isForced: isForced, hasRecord: hasRecord)
    }
}
