package import Bytes
package import Jobs

/// What counts of each job in a file of records, left where it is: a record is read when it is asked for.
///
/// The file is held open as it was: others may append to it or replace it. It takes some 60 bytes of memory a job.
package final class JobLineIndex<Record: JobLine>: Sendable {
    private let file: (descriptor: FileDescriptor, path: RawPath)?
    /// By the numbers of the records.
    private let spans: [LastLines.Span]
    /// Records that cannot be read again, by their numbers.
    private let kept: [Int: Record]
    private let numbers: [JobID: UInt32]
    /// Lines that cannot be read.
    package let unread: Int

    /// Bytes in which a head is looked for first.
    private static var headSize: Int { 1 << 10 }

    /// Reads the file once. A missing one has no records.
    ///
    /// - Parameter note: called with each record and its number: the next one, or that of a record before, of the same job,
    ///   which no longer counts; with nil, where that is all there is to say.
    /// - Complexity: see ``JobLines/latest()``, with one record in memory at a time.
    package init(_ lines: JobLines<Record>, note: (Int, Record?) -> Void) throws(SystemError) {
        var spans: [LastLines.Span] = []
        var kept: [Int: Record] = [:]
        var numbers: [JobID: UInt32] = [:]
        // Opened first: if the file is replaced meanwhile, what does not fit is seen when it is read.
        let descriptor = try Files.exists(lines.path) ? Files.openInput(lines.path) : nil
        do throws(SystemError) {
            unread = try lines.forEachPlace { job, record, span in
                guard let record else {
                    if let number = numbers.removeValue(forKey: job) { note(Int(number), nil) }
                    return
                }
                let number = numbers[job].map { Int($0) } ?? spans.count
                let place = span ?? LastLines.Span(offset: 0, length: 0)
                if number == spans.count { spans.append(place) } else { spans[number] = place }
                if span == nil { kept[number] = record }
                numbers[job] = UInt32(number)
                note(number, record)
            }
        } catch {
            if let descriptor { Files.close(descriptor) }
            throw error
        }
        file = descriptor.map { ($0, lines.path) }
        (self.spans, self.kept, self.numbers) = (spans, kept, numbers)
    }

    /// Records without a file.
    ///
    /// - Parameter records: one a job, numbered in their order.
    package init(_ records: [Record] = []) {
        (file, unread) = (nil, 0)
        spans = records.map { _ in LastLines.Span(offset: 0, length: 0) }
        kept = Dictionary(uniqueKeysWithValues: records.enumerated().map { ($0, $1) })
        numbers = Dictionary(records.enumerated().map { ($1.job, UInt32($0)) }) { _, last in last }
    }

    deinit { if let file { Files.close(file.descriptor) } }

    package var isEmpty: Bool { numbers.isEmpty }

    /// The number of a job's record; nil where it has none.
    package func number(of job: JobID) -> Int? { numbers[job].map { Int($0) } }

    /// The numbers of all records, in no order.
    package var all: some Collection<UInt32> { numbers.values }

    /// The record of a number.
    ///
    /// - Complexity: one short read, and its parsing.
    package func record(_ number: Int) throws(SystemError) -> Record {
        if let record = kept[number] { return record }
        guard let record = Record(try parse(number) { bytes throws(JSONError) in try JSONReader.parse(bytes) }) else {
            throw fault()
        }
        return record
    }

    /// The members of a record that stand before another one, as the program writes it.
    ///
    /// - Complexity: that of these members, as a rule.
    private func head(_ number: Int, before key: String) throws(SystemError) -> JSON {
        let size = Self.headSize
        if spans[number].length > size, let head = try? JSONReader.parse(read(number, limit: size), before: key) {
            return head
        }
        return try parse(number) { bytes throws(JSONError) in try JSONReader.parse(bytes, before: key) }
    }

    private func parse(
        _ number: Int, _ body: ([UInt8]) throws(JSONError) -> JSON
    ) throws(SystemError) -> JSON {
        let bytes = try read(number, limit: .max)
        guard let json = try? body(bytes) else { throw fault() }
        return json
    }

    private func read(_ number: Int, limit: Int) throws(SystemError) -> [UInt8] {
        guard let file else { throw fault() }
        let span = spans[number]
        return try Files.read(file.descriptor, at: span.offset, count: min(limit, span.length), path: file.path)
    }

    private func fault() -> SystemError {
        SystemError("read", file?.path ?? RawPath(""), detail: "a line is not what it was a moment ago")
    }
}

extension JobLineIndex<CatalogEntry> {
    /// The path of a result's video, and that of the result.
    ///
    /// - Complexity: a short read, and the parsing of the line's beginning.
    package func paths(_ number: Int) throws(SystemError) -> (video: RawPath, result: RawPath) {
        if let entry = kept[number] { return (entry.path, entry.result) }
        let head = try head(number, before: "size")
        guard let video = RawPath(head), let result = RawPath(head, key: "result") else {
            let entry = try record(number)
            return (entry.path, entry.result)
        }
        return (video, result)
    }
}
