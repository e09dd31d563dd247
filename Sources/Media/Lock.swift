internal import Glibc

/// A mutex for the few words that FFmpeg's log callback shares with the decoding loop.
final class Lock: @unchecked Sendable {
    // Proof for @unchecked: the storage is never moved, and pthread's own calls are the only access.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
