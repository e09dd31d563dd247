internal import Bytes
internal import Jobs
internal import Store
internal import Synchronization

/// The catalog and the failures of an output folder, read as they grow.
final class CatalogMirror: Sendable {
    private let state: Mutex<State>

    private struct State {
        var catalog: JobLineFollower<CatalogEntry>
        var failures: JobLineFollower<FailureEntry>
    }

    init(_ layout: OutputLayout) {
        state = Mutex(
            State(catalog: JobLineFollower(layout.catalogLines), failures: JobLineFollower(layout.failureLines)))
    }

    /// The result of a job that was published last.
    func entry(_ job: JobID) -> CatalogEntry? { refreshed { $0.catalog.records[job] } }

    /// What became of a job when it was processed last, and in which run.
    enum Outcome: Sendable {
        case result(CatalogEntry)
        case failure(FailureEntry)

        /// Empty when it is not known.
        var runID: String {
            switch self {
            case .result(let entry): entry.runID
            case .failure(let entry): entry.runID
            }
        }
    }

    /// Nil for a job that no run has processed.
    func outcome(_ job: JobID) -> Outcome? {
        refreshed { state in
            let entry = state.catalog.records[job]
            // A damaged video is remembered as one not to be redone; it has its result all the same.
            if let failure = state.failures.records[job], entry?.verdict != .damaged || failure.isQuarantined {
                return .failure(failure)
            }
            return entry.map { .result($0) }
        }
    }

    /// What the file of a job was when it was processed last.
    func file(_ job: JobID) -> (path: RawPath, size: Int64, modified: Int64?, inode: UInt64?)? {
        refreshed { state in
            // A failure is forgotten when the video is completed, so the one there is is newer than the result.
            if let failure = state.failures.records[job] {
                return (failure.path, failure.size, failure.modified, failure.inode)
            }
            return state.catalog.records[job].map { ($0.path, $0.size, $0.modified, $0.inode) }
        }
    }

    private func refreshed<Answer>(_ body: (borrowing State) -> sending Answer) -> sending Answer {
        state.withLock { state in
            state.catalog.refresh()
            state.failures.refresh()
            return body(state)
        }
    }
}
