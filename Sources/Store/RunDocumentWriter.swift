package import Bytes

/// Writes a run's record, a job at a time: everything but the jobs on the first line, then a job a line, so that readers
/// need not hold them all at once. The record appears under its name only when it is whole.
package struct RunDocumentWriter: ~Copyable {
    private var file: AtomicFile
    private var isFirst = true

    /// What ends the first line, in place of the brace that closes the document.
    static let opening = Array(",\"jobs\":[".utf8)
    /// The last line.
    static let end = Array("]}".utf8)

    /// A job's record as it stands in the file: what a run keeps of each, because a tree of values would take eight times
    /// the memory.
    package struct EncodedJob: Sendable {
        fileprivate let bytes: [UInt8]
        package init(_ job: JobRecord) { bytes = JSONWriter.encode(job.json) }
    }

    /// Begins a record.
    package init(_ path: RawPath, _ document: RunDocument) throws(SystemError) {
        var file = try AtomicFile(path)
        try file.write(JSONWriter.encode(document.json).dropLast() + RunDocumentWriter.opening)
        self.file = file
    }

    package mutating func append(_ job: EncodedJob) throws(SystemError) {
        try file.write(Array((isFirst ? "\n" : ",\n").utf8) + job.bytes)
        isFirst = false
    }

    /// Appends records as they stand in a file, each behind a line feed and all but the first one behind a comma, too.
    package mutating func append(encoded bytes: [UInt8]) throws(SystemError) { try file.write(bytes) }

    /// Ends the record and puts it in place.
    package consuming func publish() throws(SystemError) {
        try file.write([0x0a] + RunDocumentWriter.end + [0x0a])
        try file.publish()
    }
}
