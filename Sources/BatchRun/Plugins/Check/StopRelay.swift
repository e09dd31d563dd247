internal import Synchronization

/// The signals that a process gets while it makes one run after the other: each run hears those that come meanwhile, and
/// all that follow hear the first.
package final class StopRelay: Sendable {
    private struct State {
        var first: Int32?
        var listener: AsyncStream<Int32>.Continuation?
    }
    private let state = Mutex(State())

    package init() {}

    /// Tells the run that goes on.
    package func tell(_ signal: Int32) {
        let listener = state.withLock { state in
            state.first = state.first ?? signal
            return state.listener
        }
        _ = listener?.yield(signal)
    }

    /// The first of them.
    package var first: Int32? { state.withLock { $0.first } }

    /// For the run that begins now.
    func stream() -> AsyncStream<Int32> {
        let (stream, source) = AsyncStream.makeStream(of: Int32.self)
        let first = state.withLock { state in
            state.listener = source
            return state.first
        }
        if let first { source.yield(first) }
        return stream
    }
}
