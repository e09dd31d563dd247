package import Bytes
package import Jobs
internal import Store

/// Reads a log that may still be growing, whole lines only.
///
/// Use it from one thread at a time.
package final class LogFollower {
    /// What a look at the file brought.
    package enum News: Equatable, Sendable {
        /// Nothing but, at most, part of a line.
        case nothing
        case lines
        /// The file is shorter than what was read, or another one has its name: it was read anew from its start.
        case replaced
    }

    package let path: RawPath
    private var descriptor: FileDescriptor?
    private var identity: (device: UInt64, inode: UInt64) = (0, 0)
    /// The log is compressed, and what is open is what it unpacked to.
    private var isUnpacked = false
    private var scanner = LogScanner()
    /// The end of the last whole line.
    private var read: Int64 = 0
    /// The file's size and time of change when all of it was last read.
    private var seen: (size: Int64, modified: Int64) = (0, 0)
    /// What makes the log, of a run in shards that nobody joined yet; it stays the log, also after that.
    private let join: LiveJoin?
    /// In the middle of a line that is longer than a piece, which no event is.
    private var isInOverlong = false

    /// Bytes of one piece.
    private static let piece = 1 << 20

    package convenience init(_ path: RawPath) { self.init(path, join: nil) }

    /// The log of a run; of one in shards that are not joined, what their logs come to while they grow.
    package convenience init(_ layout: OutputLayout, run id: String) {
        self.init(layout.log(run: id), join: LiveJoin(layout, run: id))
    }

    init(_ path: RawPath, join: LiveJoin?) { (self.path, self.join) = (path, join) }

    /// Whether the log is made of those of shards while they grow.
    package var isJoining: Bool { join != nil }

    /// How the shards stood of late, where the log is made of theirs.
    package var shards: ShardStatus? { join?.status }

    /// Whether somebody writes the log of a run that has not said that it finished. One in shards may go on until all of them
    /// have ended: a scheduler may start a task at any time.
    package func isBeingWritten(_ layout: OutputLayout, run id: String) -> Bool {
        if let join { return !join.isOver }
        let modified = (try? Files.status(path))?.modified ?? 0
        return RunLogSummary.isBeingWritten(layout, run: id, modified: modified)
    }

    deinit { if let descriptor { Files.close(descriptor) } }

    /// Bytes of whole lines so far.
    package var size: Int64 { read }

    /// Adds new lines to an index, at most `limit` bytes of them.
    ///
    /// - Returns: what there was; ``News/replaced`` asks for an empty index from here on, and adds nothing.
    /// - Throws: `SystemError` when the file cannot be read; a later call tries again.
    package func advance(_ index: inout LogIndex, limit: Int = .max) throws(SystemError) -> News {
        try join?.look(limit)
        guard let (descriptor, status) = try open() else { return .replaced }
        // A writer that resumes cuts off what its predecessor left of a line, so the size alone tells nothing.
        guard status.size != seen.size || status.modified != seen.modified else { return .nothing }
        let before = read
        while read - before < Int64(limit) {
            let piece = try Files.read(descriptor, at: read, count: LogFollower.piece, path: path)
            guard take(piece, &index) else { break }
        }
        // What stands beyond the limit is for the next look.
        if read - before < Int64(limit) { seen = (status.size, status.modified) }
        return read > before ? .lines : .nothing
    }

    /// The bytes of a line.
    package func line(_ range: (offset: Int64, length: Int)) throws(SystemError) -> [UInt8] {
        try bytes(at: range.offset, count: range.length)
    }

    /// The bytes of lines that lie one behind the other, from a first to a last.
    package func lines(from first: (offset: Int64, length: Int), to last: (offset: Int64, length: Int))
        throws(SystemError) -> [UInt8]
    {
        try bytes(at: first.offset, count: Int(last.offset - first.offset) + last.length)
    }

    private func bytes(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        // Nothing was read of a log that was never there.
        guard let descriptor else { return [] }
        return try Files.read(descriptor, at: offset, count: count, path: path)
    }

    /// Another descriptor of the open log, for whoever closes it. Opens the log where it is not open yet.
    package func sharedDescriptor() throws(SystemError) -> FileDescriptor {
        if let join { return try join.sharedDescriptor() }
        guard let descriptor else { return try RunLog.open(path) }
        return try Files.duplicate(descriptor, path: path)
    }

    /// The file as it is; nil when what was read is not what the name now stands for.
    private func open() throws(SystemError) -> (FileDescriptor, FileStatus)? {
        if let join {
            if descriptor == nil { descriptor = try join.sharedDescriptor() }
            guard let descriptor else { return nil }
            return (descriptor, try Files.status(descriptor: descriptor, path: path))
        }
        guard let file = RunLog.file(path) else { throw SystemError("open", path, code: SystemError.missing) }
        let now = try Files.status(file)
        if let descriptor {
            // A log that is compressed while it is read says the same as before.
            if file != path, !isUnpacked { return (descriptor, try Files.status(descriptor: descriptor, path: path)) }
            if now.inode == identity.inode, now.device == identity.device, isUnpacked || now.size >= read {
                return (descriptor, isUnpacked ? try Files.status(descriptor: descriptor, path: path) : now)
            }
            Files.close(descriptor)
            self.descriptor = nil
        }
        let wasRead = read > 0
        let descriptor = try RunLog.open(path)
        self.descriptor = descriptor
        let status = try Files.status(descriptor: descriptor, path: path)
        // What is unpacked has a file of its own.
        isUnpacked = status.inode != now.inode || status.device != now.device
        identity = (now.device, now.inode)
        (read, seen, isInOverlong) = (0, (0, 0), false)
        return wasRead ? nil : (descriptor, status)
    }

    /// Takes the whole lines of a piece that lies at `read`. Returns whether it came further.
    private func take(_ piece: [UInt8], _ index: inout LogIndex) -> Bool {
        guard let end = piece.lastIndex(of: 0x0a) else {
            guard piece.count == LogFollower.piece else { return false }
            isInOverlong = true
            read += Int64(piece.count)
            return true
        }
        piece.withUnsafeBufferPointer { bytes in
            var start = 0
            while start <= end {
                let rest = UnsafeBufferPointer(rebasing: bytes[start...end])
                let length = rest.firstIndex(of: 0x0a) ?? rest.count
                let line = isInOverlong ? nil : scanner.scan(UnsafeBufferPointer(rebasing: rest[..<length]))
                isInOverlong = false
                index.append(line, offset: read + Int64(start), length: length)
                start += length + 1
            }
        }
        read += Int64(end) + 1
        return true
    }
}
