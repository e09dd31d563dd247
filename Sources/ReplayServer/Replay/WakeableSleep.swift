internal import Bytes
internal import Synchronization

/// A sleep that others can end. One sleeper at a time.
final class WakeableSleep: Sendable {
    private struct State {
        var isSignalled = false
        var sleep: Task<Void, Never>?
    }
    private let state = Mutex(State())

    /// Ends the sleep, or the next one if nobody sleeps.
    func signal() {
        state.withLock { state in
            state.isSignalled = true
            state.sleep?.cancel()
        }
    }

    /// Sleeps until a moment of the monotonic clock, or, with nil, until somebody signals.
    func wait(until deadline: UInt64?) async {
        let sleep: Task<Void, Never>? = state.withLock { state in
            if state.isSignalled {
                state.isSignalled = false
                return nil
            }
            let sleep = Task {
                while !Task.isCancelled {
                    let now = monotonicNanoseconds()
                    let left = deadline.map { $0 > now ? $0 - now : 0 } ?? 3_600_000_000_000
                    if left == 0 { return }
                    try? await Task.sleep(for: .nanoseconds(Int64(clamping: left)), tolerance: .zero)
                }
            }
            state.sleep = sleep
            return sleep
        }
        guard let sleep else { return }
        await sleep.value
        state.withLock { state in
            state.sleep = nil
            state.isSignalled = false
        }
    }
}
