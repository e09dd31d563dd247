import Testing

@testable import BatchRun

@Suite("Which shard a task does")
struct ShardNumberTests {
    private func find(_ flag: Int? = nil, _ variables: [String: String] = [:]) throws -> ShardNumber {
        try ShardNumber.find(flag) { variables[$0] }
    }

    @Test(
        "Each scheduler's variable numbers from 0, or from 1 where its arrays do",
        arguments: [
            ("FORGEBATCH_SHARD", "3", 3), ("SLURM_ARRAY_TASK_ID", "3", 3), ("JOB_COMPLETION_INDEX", "0", 0),
            ("AWS_BATCH_JOB_ARRAY_INDEX", "9", 9), ("CLOUD_RUN_TASK_INDEX", "1", 1), ("BATCH_TASK_INDEX", "2", 2),
            ("PBS_ARRAY_INDEX", "5", 5), ("SGE_TASK_ID", "1", 0), ("LSB_JOBINDEX", "8", 7), ("PARALLEL_SEQ", "64", 63),
        ])
    func variables(_ name: String, _ value: String, _ number: Int) throws {
        #expect(try find(nil, [name: value]) == ShardNumber(number: number, source: name))
        #expect(
            try find(nil, [name: value, "FORGEBATCH_SHARD_OFFSET": "1000"])
                == ShardNumber(number: number + 1000, source: "\(name) + 1000"))
    }

    @Test("The flag counts most, then the variables in the order of the table; empty ones and those of no array do not")
    func order() throws {
        let all = Dictionary(
            uniqueKeysWithValues: ShardNumber.variables.enumerated().map { ($1.name, String($0 + 10)) })
        #expect(try find(5, all) == ShardNumber(number: 5, source: "--shard"))
        var rest = all
        for (index, variable) in ShardNumber.variables.enumerated() {
            #expect(
                try find(nil, rest) == ShardNumber(number: index + 10 - variable.first, source: variable.name))
            rest[variable.name] = ""
        }
        #expect(throws: ShardNumber.Fault.self) { try find(nil, rest) }
        let none = ["SGE_TASK_ID": "undefined", "LSB_JOBINDEX": "0", "PARALLEL_SEQ": "2"]
        #expect(try find(nil, none).source == "PARALLEL_SEQ")
    }

    @Test(
        "What is no number, or below the first, is refused with its name",
        arguments: [("SLURM_ARRAY_TASK_ID", "x"), ("SLURM_ARRAY_TASK_ID", "-1"), ("SGE_TASK_ID", "0")])
    func faults(_ name: String, _ value: String) {
        #expect { try find(nil, [name: value]) } throws: { "\($0)".contains(name) }
        if value == "0" { return }
        #expect { try find(1, ["FORGEBATCH_SHARD_OFFSET": value]) } throws: { "\($0)".contains("OFFSET") }
    }

    @Test("A number that the plan does not have is refused, whatever an array says of its size")
    func range() throws {
        try find(6).check(7)
        #expect { try find(7).check(7) } throws: { "\($0)".contains("from 0 to 6") }
        #expect(throws: ShardNumber.Fault.self) {
            try find(nil, ["SLURM_ARRAY_TASK_ID": "5", "FORGEBATCH_SHARD_OFFSET": "2"]).check(7)
        }
    }
}
