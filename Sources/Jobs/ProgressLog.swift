package import Bytes

/// The append-only log of one run. One writer; one `write` per line; synced at transitions of jobs and else at most once
/// a second.
package final class ProgressLog {
    private let path: RawPath
    private let descriptor: Int32
    private var seq: Int
    private var lastSync: UInt64 = 0
    private var isDirty = false
    /// Bytes of whole lines.
    package private(set) var offset: Int64

    /// Opens or makes a log. What follows the last whole line is cut off, and the fact logged.
    package init(_ path: RawPath) throws(SystemError) {
        self.path = path
        try Files.makeDirectory(path.parent)
        let isNew = !Files.exists(path)
        let existing = isNew ? [] : try Files.read(path)
        descriptor = try Files.open(path, Files.appendOrCreate)
        let whole = existing.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        offset = Int64(whole)
        seq = ProgressLog.lastSeq(existing[..<whole])
        if isNew { try Files.syncDirectory(path.parent) }
        if existing.count > whole {
            try Files.truncate(descriptor, to: offset, path: path)
            try append(.logRepaired(bytes: existing.count - whole), time: .now, now: monotonicNanoseconds())
        }
    }

    deinit { Files.close(descriptor) }

    private static func lastSeq(_ bytes: ArraySlice<UInt8>) -> Int {
        for line in bytes.split(separator: 0x0a).reversed() {
            if let seq = (try? JSONReader.parse(Array(line)))?["seq"]?.int { return seq }
        }
        return 0
    }

    /// Appends an event and syncs as its kind asks for.
    package func append(_ event: LogEvent, time: UTCTime, now: UInt64) throws(SystemError) {
        let line = event.encode(time: time, seq: seq + 1) + [0x0a]
        try Files.write(line, to: descriptor, path: path)
        seq += 1
        offset += Int64(line.count)
        isDirty = true
        switch event {
        case .progress, .jobSkipped: if now &- lastSync >= 1_000_000_000 { try sync(now: now) }
        default: try sync(now: now)
        }
    }

    package func sync(now: UInt64) throws(SystemError) {
        guard isDirty else { return }
        lastSync = now
        try Files.syncData(descriptor, path: path)
        isDirty = false
    }
}
