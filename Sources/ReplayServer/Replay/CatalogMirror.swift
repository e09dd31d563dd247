internal import Bytes
internal import Jobs
internal import Store
internal import Synchronization

/// The catalog and the failures of an output folder, read as they grow.
final class CatalogMirror: Sendable {
    private let state: Mutex<State>

    private struct State {
        var catalog: GrowingFile
        var failures: GrowingFile
        var entries: [JobID: CatalogEntry] = [:]
        var failed: [JobID: FailureEntry] = [:]
    }

    init(_ layout: OutputLayout) {
        state = Mutex(State(catalog: GrowingFile(layout.catalog), failures: GrowingFile(layout.failures)))
    }

    /// The result of a job that was published last.
    func entry(_ job: JobID) -> CatalogEntry? { refreshed { $0.entries[job] } }

    /// Whether there is a result of a job, or a failure to remember.
    func knows(_ job: JobID) -> Bool { refreshed { $0.entries[job] != nil || $0.failed[job] != nil } }

    /// What the file of a job was when it was processed last.
    func file(_ job: JobID) -> (path: RawPath, size: Int64, modified: Int64?, inode: UInt64?)? {
        refreshed { state in
            // A failure is forgotten when the video is completed, so the one there is is newer than the result.
            if let failure = state.failed[job] {
                return (failure.path, failure.size, failure.modified, failure.inode)
            }
            return state.entries[job].map { ($0.path, $0.size, $0.modified, $0.inode) }
        }
    }

    private func refreshed<Answer>(_ body: (borrowing State) -> sending Answer) -> sending Answer {
        state.withLock { state in
            let news = state.catalog.news()
            if news.isNew { state.entries = [:] }
            for line in news.lines { if let entry = CatalogEntry(line) { JobLines.apply(entry, to: &state.entries) } }
            let failures = state.failures.news()
            if failures.isNew { state.failed = [:] }
            for line in failures.lines {
                if let entry = FailureEntry(line) { JobLines.apply(entry, to: &state.failed) }
            }
            return body(state)
        }
    }
}

/// A file of JSON lines that others append to, or replace.
private struct GrowingFile {
    private let path: RawPath
    private var offset: Int64 = 0
    private var seen: FileStatus?

    init(_ path: RawPath) { self.path = path }

    /// The objects of the lines that were added; `isNew` when they are all there are.
    mutating func news() -> (isNew: Bool, lines: [JSON]) {
        guard let status = try? Files.status(path) else {
            defer { (seen, offset) = (nil, 0) }
            return (seen != nil, [])
        }
        guard status != seen else { return (false, []) }
        let isNew = seen.map { $0.inode != status.inode || $0.device != status.device } ?? true || status.size < offset
        if isNew { offset = 0 }
        guard let descriptor = try? Files.openInput(path) else { return (isNew, []) }
        defer { Files.close(descriptor) }
        let bytes = (try? Files.read(descriptor, at: offset, count: Int(status.size - offset), path: path)) ?? []
        let whole = bytes.lastIndex(of: 0x0a).map { bytes[...$0] } ?? []
        offset += Int64(whole.count)
        seen = status
        return (isNew, whole.split(separator: 0x0a).compactMap { try? JSONReader.parse(Array($0)) })
    }
}
