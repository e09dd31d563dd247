internal import Jobs

/// Decides whether a video whose worker crashed or timed out, or one of whose external tools did, is tried again in the same
/// run.
struct RetryPolicy: Equatable, Sendable {
    /// How many more attempts a video gets after its first.
    var retries: Int

    /// Whether another attempt may follow one that ended so.
    ///
    /// - Parameter number: of the attempt, 1 for the first that counts, 0 where none did yet.
    func allowsAnother(after attempt: Attempt, number: Int) -> Bool {
        number < 1 ? mayBeOfThreads(attempt) : mayEndBetter(attempt) && number <= retries
    }

    /// Whether an attempt that was lost with several decoder threads might have come to its end with one, for what threads take
    /// more of: memory, and, where damage costs a second decode, time.
    func mayBeOfThreads(_ attempt: Attempt) -> Bool {
        guard attempt.heldProcess == nil else { return false }
        if case .timedOut = attempt.end { return true }
        return attempt.isOutOfMemory
    }

    /// Whether every attempt that the video may have is used up, so that it counts as a lost one for later runs. One whose
    /// process the kernel holds says something of a disk or a share, one that could not be started something of the
    /// machine, and both nothing of the video.
    func isExhausted(after attempt: Attempt, number: Int) -> Bool {
        if case .spawnFailed = attempt.end { return false }
        return attempt.heldProcess == nil && (number > retries || attempt.isOutOfMemory)
    }

    /// What a worker said itself stays so, and with the same memory the same video runs out of it again.
    private func mayEndBetter(_ attempt: Attempt) -> Bool {
        if attempt.isOutOfMemory || attempt.heldProcess != nil { return false }
        return switch attempt.end {
        case .died, .exited, .stalled, .timedOut, .protocolError, .flooded, .spawnFailed: true
        // An external tool may end better with a fresh process, and alone on the machine.
        case .finished(let outcome): outcome.kind == .completed && outcome.toolFailures.contains(where: \.mayEndBetter)
        case .stopped: false
        }
    }
}
