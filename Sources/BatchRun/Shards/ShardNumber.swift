/// Which shard of a plan a task is to do, and how it was found out.
package struct ShardNumber: Equatable, Sendable {
    /// From 0.
    package let number: Int
    /// The flag or the variable that told it, and what was added.
    package let source: String

    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Variables that number the tasks of an array, the one that counts most first, each with the number of the first task.
    package static let variables: [(name: String, first: Int)] = [
        ("FORGEBATCH_SHARD", 0),
        // Slurm
        ("SLURM_ARRAY_TASK_ID", 0),
        // Kubernetes, Indexed Jobs
        ("JOB_COMPLETION_INDEX", 0),
        ("AWS_BATCH_JOB_ARRAY_INDEX", 0),
        // Google Cloud: Run, Batch
        ("CLOUD_RUN_TASK_INDEX", 0), ("BATCH_TASK_INDEX", 0),
        // PBS Pro
        ("PBS_ARRAY_INDEX", 0),
        // Grid Engine, LSF and GNU Parallel count from 1.
        ("SGE_TASK_ID", 1), ("LSB_JOBINDEX", 1), ("PARALLEL_SEQ", 1),
    ]

    /// Is added to the number: an array may have fewer tasks than a plan has shards.
    package static let offset = "FORGEBATCH_SHARD_OFFSET"

    /// What Grid Engine and LSF say to a task that is of no array.
    private static let none = ["SGE_TASK_ID": "undefined", "LSB_JOBINDEX": "0"]

    /// - Parameters:
    ///   - flag: the value of `--shard`.
    ///   - environment: the value of a variable; an empty one counts as missing.
    package static func find(_ flag: Int?, environment: (String) -> String?) throws(Fault) -> ShardNumber {
        func value(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty || $0 == none[name] ? nil : $0 }
        }
        var found: (number: Int, source: String)?
        if let flag {
            found = (flag, "--shard")
        } else {
            for (name, first) in variables {
                guard let text = value(name) else { continue }
                guard let number = Int(text), number >= first else {
                    throw Fault(description: "\(name) is '\(text)': the number of a shard is wanted, from \(first)")
                }
                found = (number - first, name)
                break
            }
        }
        guard let found else {
            throw Fault(
                description: "which shard? Give --shard I, or start this as a task of an array (docs/scale.md)")
        }
        guard let text = value(offset) else { return ShardNumber(number: found.number, source: found.source) }
        guard let more = Int(text), more >= 0, more <= Int(Int32.max), found.number <= Int(Int32.max) else {
            throw Fault(description: "\(offset) is '\(text)': a number from 0 is wanted")
        }
        return ShardNumber(number: found.number + more, source: "\(found.source) + \(more)")
    }

    /// - Parameter count: of the plan's shards. What an array says of its size is not asked.
    package func check(_ count: Int) throws(Fault) {
        guard number < 0 || number >= count else { return }
        throw Fault(
            description:
                "there is no shard \(number) (\(source)): the plan has \(count), numbered from 0 to \(count - 1)")
    }
}
