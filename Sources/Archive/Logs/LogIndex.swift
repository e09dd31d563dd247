internal import Bytes
package import Jobs

/// Where the lines of one log are, when they were written and whose they are: about 25 bytes a line, so that a log of
/// any length is sought in without being in memory.
///
/// Lines are numbered from 0 in the order of the log. Times never fall: a line written after the clock stepped back
/// counts as written with the line before.
package struct LogIndex: Sendable {
    /// What is known of one job.
    package struct Job: Sendable {
        package let id: JobID
        /// The lines about it, rising.
        package fileprivate(set) var lines: [Int32] = []
        /// How it stands after all lines.
        package fileprivate(set) var status = VideoStatus.pending
        /// The line with which it was planned; logs of 0.1.0 have none.
        package fileprivate(set) var plan: Int32?
        /// The line with which it was started; nil for one that was not.
        package fileprivate(set) var start: Int32?
        /// The line with which it ended.
        package fileprivate(set) var end: Int32?

        /// The line that says that this run has or had it to do; nil for one that was only skipped.
        package var claim: Int32? { plan ?? start }

        fileprivate init(id: JobID) { self.id = id }
    }

    private var offsets: [Int64] = []
    private var lengths: [UInt32] = []
    private var times: [UInt32] = []
    private var seqs: [UInt32] = []
    private var kinds: [LogEvent.Kind] = []
    private var owners: [Int32] = []
    private var indices: [JobKey: Int32] = [:]

    /// In the order in which the log first names them.
    package private(set) var jobs: [Job] = []
    /// Milliseconds since 1970 of the first line.
    package private(set) var start: Int64?
    /// Lines that are no events.
    package private(set) var broken = 0
    /// How the run stands after all lines: running until a line says that it finished.
    package private(set) var status = RunStatus.running
    /// Whether the log has named all that the run will do. A run's first lines plan; one of 0.1.0 has no such lines, and
    /// says by its first start that no plan will follow.
    package private(set) var isPlanKnown = false
    /// Jobs that the plan has not named yet.
    private var unplanned = 0

    package init() {}

    package var count: Int { offsets.count }

    /// Seconds from the first line to the last.
    package var duration: Double { Double(times.last ?? 0) / 1000 }

    mutating func append(_ line: ScannedLine?, offset: Int64, length: Int) {
        guard let line else {
            broken += 1
            return
        }
        let number = Int32(count)
        let start = self.start ?? line.time
        self.start = start
        offsets.append(offset)
        lengths.append(UInt32(length))
        times.append(max(times.last ?? 0, UInt32(clamping: line.time - start)))
        seqs.append(UInt32(clamping: line.seq))
        kinds.append(line.kind)
        status = status.after(line.kind)
        notePlan(line)
        guard let key = line.job else { return owners.append(-1) }
        let job = indices[key] ?? Int32(jobs.count)
        if Int(job) == jobs.count {
            indices[key] = job
            jobs.append(Job(id: key.job))
        }
        owners.append(job)
        jobs[Int(job)].lines.append(number)
        if line.kind == .jobPlanned, jobs[Int(job)].plan == nil { jobs[Int(job)].plan = number }
        let before = jobs[Int(job)].status
        let after = before.after(line.kind)
        guard after != before else { return }
        jobs[Int(job)].status = after
        if !before.isStarted, after.isStarted { jobs[Int(job)].start = number }
        if after.isEnded { jobs[Int(job)].end = number }
    }

    private mutating func notePlan(_ line: ScannedLine) {
        switch line.kind {
        case .runStarted:
            unplanned = line.jobs ?? 0
            isPlanKnown = isPlanKnown || unplanned == 0
        case .jobPlanned:
            unplanned -= 1
            isPlanKnown = isPlanKnown || unplanned <= 0
        // Version 0.1.0 wrote these before its first start.
        case .jobSkipped, .other: break
        case .jobsSkipped, .jobStarted, .jobRetry, .progress, .completed, .error, .runFinished: isPlanKnown = true
        }
    }

    /// How a job stood after so many lines of the log. One that was only skipped waits for ever.
    package func status(_ index: Int, after lines: Int) -> VideoStatus {
        let job = jobs[index]
        guard let start = job.start, start < lines else { return .pending }
        guard let end = job.end, end < lines else { return .running }
        return job.status
    }

    /// Where a line lies in the file, its line feed not counted.
    package func range(_ line: Int) -> (offset: Int64, length: Int) { (offsets[line], Int(lengths[line])) }

    package func kind(_ line: Int) -> LogEvent.Kind { kinds[line] }

    package func seq(_ line: Int) -> Int { Int(seqs[line]) }

    /// Seconds since the first line.
    package func time(_ line: Int) -> Double { Double(times[line]) / 1000 }

    /// The index in ``jobs`` of the job that a line is about.
    package func owner(_ line: Int) -> Int? { owners[line] < 0 ? nil : Int(owners[line]) }

    /// The index in ``jobs``.
    package func index(of job: JobID) -> Int? { indices[JobKey(job)].map { Int($0) } }

    /// How many lines were written up to and with a moment, in seconds since the first line.
    package func lines(until seconds: Double) -> Int {
        guard seconds >= 0 else { return 0 }
        let limit = UInt32(clamping: Int64((min(seconds, 4_294_967) * 1000).rounded(.down)))
        return times.partitioned { $0 > limit }
    }

    /// The first line whose sequence number is at least `seq`.
    package func line(seq: Int) -> Int { seqs.partitioned { $0 >= UInt32(clamping: seq) } }

    /// The last line about a job among the first `lines` of the log, of a kind that is asked for.
    package func last(_ job: Int, before lines: Int, where fits: (LogEvent.Kind) -> Bool = { _ in true }) -> Int? {
        let own = jobs[job].lines
        var index = own.partitioned { $0 >= Int32(clamping: lines) }
        while index > 0 {
            index -= 1
            let line = Int(own[index])
            if fits(kinds[line]) { return line }
        }
        return nil
    }

    /// The lines about a job in a range of the log.
    package func lines(_ job: Int, in range: Range<Int>) -> ArraySlice<Int32> {
        let own = jobs[job].lines
        let first = own.partitioned { $0 >= Int32(clamping: range.lowerBound) }
        let end = own.partitioned { $0 >= Int32(clamping: range.upperBound) }
        return own[first..<max(first, end)]
    }

    /// The gaps longer than so many seconds that end at or after a line.
    package func gaps(longerThan seconds: Double, from line: Int = 1) -> [(start: Double, end: Double)] {
        let least = UInt32(clamping: Int64(min(seconds, 4_294_967) * 1000))
        guard line < times.count else { return [] }
        return (max(1, line)..<times.count).compactMap { index in
            times[index] - times[index - 1] > least
                ? (Double(times[index - 1]) / 1000, Double(times[index]) / 1000) : nil
        }
    }
}

extension Array {
    /// The first index whose element is right of a boundary; the elements are ordered by it.
    fileprivate func partitioned(_ isRight: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if isRight(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
