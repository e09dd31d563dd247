internal import Glibc

/// How long tests wait for something that has to come: long enough that on the most crowded machine only what hangs
/// takes longer. No test passes by it; how fast something is has to be told by other means.
package enum Patience {
    /// Seconds.
    package static let hang = 300.0
}

/// Asks until there is an answer, on a thread of its own: the tests that compute may keep all others busy for long.
///
/// - Returns: nil when there was none in time.
package func poll<Value: Sendable>(
    within seconds: Double = Patience.hang, _ question: @escaping @Sendable () throws -> Value?
) async throws -> Value? {
    try await withCheckedThrowingContinuation { continuation in
        let job = Job {
            let tries = Int(seconds * 200)
            continuation.resume(
                with: Result {
                    for _ in 0...tries {
                        if let answer = try question() { return answer }
                        usleep(5000)
                    }
                    return nil
                })
        }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { opaque in
                guard let opaque else { return nil }
                Unmanaged<Job>.fromOpaque(opaque).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(job).toOpaque())
        pthread_detach(thread)
    }
}

private final class Job: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
