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
        let reader = try reader()
        while let record = try reader.next() { body(record.job, JobLines.counting(record)) }
        return reader.unread
    }

    /// What counts of a job once this line was read.
    private static func counting(_ record: Record) -> Record? { record.isLive ? record : nil }

    /// Takes over a line that follows those which `records` come from.
    package static func apply(_ record: Record, to records: inout [JobID: Record]) {
        records[record.job] = counting(record)
    }

    /// Leaves out the lines that no longer count, when the file is over twice the size of those that do.
    ///
    /// What a run left no other record of stays: comparisons of runs need it. Only under the lock of the output folder,
    /// while nobody has the file open to append to it. The file is replaced as a whole.
    ///
    /// - Parameter hasRecord: whether a run left its record.
    /// - Returns: whether it was made smaller.
    /// - Complexity: one pass, and a few bytes of memory a line; a second pass when there is something to leave out.
    @discardableResult
    package func compact(hasRecord: (String) -> Bool) throws(SystemError) -> Bool {
        guard Files.exists(path) else { return false }
        let size = try Files.status(path).size
        var last: [JobID: (number: Int, size: Int64)] = [:]
        var first: [JobID: String] = [:]
        var unrecorded: [Int: Int64] = [:]
        var isRecorded: [String: Bool] = ["": true]
        let reader = try reader()
        var number = 0
        while let (record, line) = try reader.nextLine() {
            number += 1
            guard let record else { continue }
            let run = record.firstRunID ?? record.runID
            // A line that only takes back others does not say whose it is.
            if record.isLive || !run.isEmpty { first[record.job] = min(first[record.job] ?? run, run) }
            last[record.job] = (number, Int64(line.count) + 1)
            if isRecorded[record.runID] == nil { isRecorded[record.runID] = hasRecord(record.runID) }
            if isRecorded[record.runID] == false { unrecorded[number] = Int64(line.count) + 1 }
        }
        for (number, _) in last.values { unrecorded[number] = nil }
        let live = last.values.reduce(0) { $0 + $1.size } + unrecorded.values.reduce(0, +)
        guard size > 2 * live else { return false }
        var file = try AtomicFile(path)
        let again = try self.reader()
        number = 0
        while let (record, line) = try again.nextLine() {
            number += 1
            guard var record else { continue }
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

    /// Appends a record and brings it to the disk.
    package func append(_ record: Record) throws(SystemError) {
        try file.append(JSONWriter.encode(record.json))
        try file.sync()
    }
}

extension OutputLayout {
    /// The results that were published.
    package var catalogLines: JobLines<CatalogEntry> { JobLines(catalog) }
    /// The videos that failed.
    package var failureLines: JobLines<FailureEntry> { JobLines(failures) }

    /// Compacts both. Only under the lock.
    package func compact() throws(SystemError) {
        func hasRecord(_ run: String) -> Bool { Files.exists(summary(run: run)) }
        try catalogLines.compact(hasRecord: hasRecord)
        try failureLines.compact(hasRecord: hasRecord)
    }
}
