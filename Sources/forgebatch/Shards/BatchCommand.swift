internal import ArgumentParser
internal import Bytes

/// A command that looks for videos by the flags of `run`, which stand in the environment and in files, too.
protocol BatchCommand: AsyncParsableCommand {
    var input: InputArguments { get }
    var tools: ToolArguments { get }
    var work: WorkArguments { get }
    var operation: OperationArguments { get }

    /// Whether it has the flag of this key.
    static func takes(_ key: FlagKey) -> Bool
}

extension RunCommand: BatchCommand {
    static func takes(_ key: FlagKey) -> Bool { true }
}

extension PlanCommand: BatchCommand {
    /// A plan starts no commands.
    static func takes(_ key: FlagKey) -> Bool { key.kind != .command && key.name != "hook-timeout" }
}
