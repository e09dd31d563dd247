package import Bytes

/// The append-only log of one run. One writer; one `write` per line; synced at transitions of jobs and else at most once
/// a second.
package final class ProgressLog {
    private let file: LineFile
    private var seq: Int
    private var lastSync: UInt64 = 0

    /// Bytes of whole lines.
    package var offset: Int64 { file.size }

    /// Opens or makes a log. What follows the last whole line is cut off, and the fact logged.
    package convenience init(_ path: RawPath) throws(SystemError) { try self.init(path, LineFile(path)) }

    /// - Parameter file: of that path.
    package init(_ path: RawPath, _ file: LineFile) throws(SystemError) {
        self.file = file
        seq = file.size == 0 ? 0 : try LineFile.objects(path).objects.last?["seq"]?.int ?? 0
        if file.bytesCut > 0 {
            try append(.logRepaired(bytes: file.bytesCut), time: .now, now: monotonicNanoseconds())
        }
    }

    /// Appends an event and syncs as its kind asks for.
    package func append(_ event: LogEvent, time: UTCTime, now: UInt64) throws(SystemError) {
        try file.append(event.encode(time: time, seq: seq + 1))
        seq += 1
        switch event {
        case .progress, .jobPlanned, .jobSkipped: if now &- lastSync < 1_000_000_000 { return }
        default: break
        }
        lastSync = now
        try file.sync()
    }
}
