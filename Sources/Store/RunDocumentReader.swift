package import Bytes

/// A run's record, read line by line: everything but the jobs, then a job a line. No more than that is in memory.
package final class RunDocumentReader {
    /// The record without its jobs; nil when it names no run.
    package let document: RunDocument?
    private let lines: LineReader
    /// What is left of jobs that did not stand on lines of their own, the last one first.
    private var rest: [JSON]?
    private var isAtEnd = false

    /// Opens a record and reads its head. A record in any other layout is read whole.
    ///
    /// - Throws: `SystemError` when it cannot be read, `JSONError` when it is no JSON.
    package init(_ path: RawPath) throws {
        lines = try LineReader(path, limit: 1 << 30)
        let first = try lines.next() ?? []
        if first.suffix(RunDocumentWriter.opening.count).elementsEqual(RunDocumentWriter.opening) {
            let head = Array(first.dropLast(RunDocumentWriter.opening.count)) + [UInt8(ascii: "}")]
            document = RunDocument(try JSONReader.parse(head))
            return
        }
        var whole = first
        while let line = try lines.next() { whole += [0x0a] + line }
        let json = try JSONReader.parse(whole)
        document = RunDocument(json)
        rest = (json["jobs"]?.array ?? []).reversed()
    }

    /// The next job, or nil after the last one. What is no record of a job is left out.
    ///
    /// - Throws: `SystemError`, or `JSONError` when the record ends before its jobs do.
    package func nextJob() throws -> JobRecord? {
        while let json = try nextElement() { if let job = JobRecord(json) { return job } }
        return nil
    }

    private func nextElement() throws -> JSON? {
        if rest != nil { return rest?.popLast() }
        while !isAtEnd {
            guard var line = try lines.next() else { throw JSONError(reason: "it ends inside its jobs", offset: 0) }
            if line == RunDocumentWriter.end {
                isAtEnd = true
                if try lines.next() != nil { throw JSONError(reason: "text behind its end", offset: 0) }
            } else if !line.isEmpty {
                if line.last == UInt8(ascii: ",") { line.removeLast() }
                return try JSONReader.parse(line)
            }
        }
        return nil
    }
}
