/// How many workers run at once, where that is for forgebatch to say.
package struct WorkerCount: Equatable, Sendable {
    /// At least 1.
    package var count: Int
    /// Why it is less than one for each processor, in a sentence; nil where it is not.
    package var reason: String?

    package init(_ count: Int, reason: String? = nil) { (self.count, self.reason) = (count, reason) }

    /// Processors that a quota keeps busy, the last one perhaps for a part of the time.
    ///
    /// - Parameters:
    ///   - processors: that this process may use.
    ///   - quota: processors' time that it may use, 0.5 for half of one; nil for all.
    package static func busy(processors: Int, quota: Double?) -> Int {
        // A part of a processor is not left idle.
        let whole = quota.map { min(Double(processors), $0.rounded(.up)) } ?? Double(processors)
        return max(1, Int(whole))
    }

    /// One for each processor, but no more than a quota keeps busy, and no more than have room for their memory together.
    ///
    /// - Parameters:
    ///   - processors: that this process may use.
    ///   - quota: processors' time that it may use, 0.5 for half of one; nil for all.
    ///   - memory: bytes for all workers together.
    ///   - each: bytes that each may take; 0 for no limit, which is then none here either.
    package static func fitting(processors: Int, quota: Double?, memory: Int64, each: Int64) -> WorkerCount {
        var fitting = WorkerCount(busy(processors: processors, quota: quota))
        if let quota, fitting.count < processors {
            let share = (quota * 100).rounded() / 100
            fitting.reason =
                "--jobs auto is \(fitting.count): the control group gives \(share) of \(processors) processors"
        }
        if each > 0, memory / each < Int64(fitting.count) {
            let count = max(1, Int(memory / each))
            if count < fitting.count {
                fitting.count = count
                fitting.reason =
                    "--jobs auto is \(count): there are \(memory >> 20) MiB of memory, and each worker may take \(each >> 20) MiB (--memory-limit)"
            }
        }
        return fitting
    }
}
