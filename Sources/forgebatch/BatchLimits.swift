internal import ArgumentParser
internal import BatchRun

/// What numbers of `run` and `plan` may be.
enum BatchLimits {
    /// - Throws: `ValidationError` for the first that is out of its range.
    static func check(
        _ input: InputArguments, _ tools: ToolArguments, _ work: WorkArguments, _ operation: OperationArguments
    ) throws {
        for (name, value) in [
            ("--max-depth", input.maxDepth), ("--limit", input.limit),
            ("--keep-runs", operation.keepRuns), ("--plugin-jobs", tools.pluginJobs),
        ] {
            if let value, value < 1 { throw ValidationError("\(name) must be at least 1.") }
        }
        guard (0...100).contains(work.retries) else { throw ValidationError("--retries must be between 0 and 100.") }
        guard (0...19).contains(work.nice) else { throw ValidationError("--nice must be between 0 and 19.") }
        for (name, value) in [
            ("--stall", work.stall), ("--timeout", work.timeout), ("--max-duration", work.maxDuration),
        ] {
            if let value, value.seconds <= 0 { throw ValidationError("\(name) must be greater than 0.") }
        }
        _ = try workers(work)
    }

    /// How many videos at once.
    static func workers(_ work: WorkArguments) throws -> WorkerCount {
        if work.jobs == "auto" { return Machine.workers(memoryLimit: work.memoryLimit.smallest) }
        guard let count = Int(work.jobs), (1...1024).contains(count) else {
            throw ValidationError("--jobs is a number from 1 to 1024, or auto.")
        }
        return WorkerCount(count)
    }
}
