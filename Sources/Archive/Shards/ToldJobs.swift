internal import Jobs

/// What a joined log that grows has told of each job, and which events of the attempts' logs it takes.
///
/// What was told is never taken back. So the attempt that counts is known only where its outcome was there before the first
/// line of the job was read; else what is told is what any of them says first, as long as no percentage falls and each job
/// ends once.
struct ToldJobs {
    struct Job {
        /// The number of the attempt whose outcome counts; below 0 while it is not known.
        fileprivate var counted: Int32
        /// The attempt that began it last; below 0 for a job that none began.
        fileprivate var attempt: Int32 = -1
        /// The attempt whose progress was told last.
        fileprivate var source: Int32 = -1
        fileprivate var percent: UInt8 = 0
        fileprivate var tries: UInt8 = 1
        fileprivate(set) var isStarted = false
        fileprivate(set) var isEnded = false
    }

    /// What becomes of a line.
    enum Taking: Equatable {
        case isLeftOut
        case isTold
        /// Another attempt begins a job that one had begun: its try of this number.
        case isAnotherTry(Int)
    }

    private var numbers: [CountedAttempts.Attempt: Int32] = [:]
    private var jobs: [JobKey: Job] = [:]
    /// By shard, how many of its jobs have ended.
    private(set) var ended: [Int]
    /// By their numbers.
    private(set) var attempts: [CountedAttempts.Attempt] = []

    init(shards: Int) { ended = Array(repeating: 0, count: shards) }

    /// The number of an attempt; it gets one when it has none.
    mutating func number(_ attempt: CountedAttempts.Attempt) -> Int32 {
        if let known = numbers[attempt] { return known }
        let number = Int32(attempts.count)
        attempts.append(attempt)
        numbers[attempt] = number
        return number
    }

    /// Adds a job of the plan.
    ///
    /// - Parameter counted: the attempt whose outcome counts; nil while there is none.
    mutating func plan(_ job: JobID, counted: CountedAttempts.Attempt?) {
        jobs[JobKey(job)] = Job(counted: counted.map { number($0) } ?? -1)
    }

    subscript(job: JobID) -> Job? { jobs[JobKey(job)] }

    /// Notes that a job's end was told, which no log says.
    mutating func end(_ job: JobID, shard: Int) {
        jobs[JobKey(job)]?.isEnded = true
        ended[shard] += 1
    }

    /// Whether a line of an attempt's log is told; it counts as told from then on.
    mutating func take(_ line: ScannedLine, from attempt: Int32) -> Taking {
        guard let key = line.job, let index = jobs.index(forKey: key) else { return .isLeftOut }
        var job = jobs.values[index]
        guard !job.isEnded, job.counted < 0 || job.counted == attempt else { return .isLeftOut }
        let taking = job.take(line, from: attempt)
        jobs.values[index] = job
        if job.isEnded { ended[attempts[Int(attempt)].shard] += 1 }
        return taking
    }
}

extension ToldJobs.Job {
    fileprivate mutating func take(_ line: ScannedLine, from number: Int32) -> ToldJobs.Taking {
        guard isStarted || line.kind == .jobStarted else { return .isLeftOut }
        switch line.kind {
        case .jobStarted:
            guard attempt != number else { return .isLeftOut }
            attempt = number
            if isStarted {
                tries = tries == .max ? .max : tries + 1
                return .isAnotherTry(Int(tries))
            }
            (isStarted, source) = (true, number)
            return .isTold
        case .progress:
            // Of another try it is held back until it passes what was told, as in the log of one run.
            let told = UInt8(clamping: line.percent ?? 0)
            guard source == number ? told >= percent : told > percent else { return .isLeftOut }
            (source, percent) = (number, told)
            return .isTold
        case .completed:
            guard source == number || percent == 100 else { return .isLeftOut }
            isEnded = true
            return .isTold
        case .error:
            // One that another attempt does meanwhile may be completed yet.
            guard attempt == number else { return .isLeftOut }
            isEnded = true
            return .isTold
        case .jobRetry: return attempt == number ? .isTold : .isLeftOut
        default: return .isLeftOut
        }
    }
}
