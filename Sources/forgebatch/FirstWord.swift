internal import ArgumentParser
internal import Bytes

/// What is said of a command line that does not begin with a command.
enum FirstWord {
    private static let commands = Forgebatch.configuration.subcommands.compactMap { $0.configuration.commandName }
    private static let flags = ["--version", "--help"]
    /// The parser's own words besides; they take a value behind them or after `=`.
    private static let parserFlags = [
        "-h", "--help-hidden", "--experimental-dump-help", "--generate-completion-script",
    ]

    /// What is wrong with the first argument and what may have been meant; nil where the parser knows it.
    static func complaint(_ arguments: [String]) -> String? {
        guard let first = arguments.first, first != "help", !commands.contains(first), !first.isEmpty else {
            return nil
        }
        let name = String(first.prefix { $0 != "=" })
        if flags.contains(first) || parserFlags.contains(name) || first.hasPrefix("---") { return nil }
        let word = RawArguments.path(first)
        if first.hasPrefix("-"), first != "-", first != "--" {
            if ["-v", "-V"].contains(first) { return "\(first): forgebatch --version prints the version" }
            let near = Suggestion.near(name, among: flags)
            let hint =
                near.isEmpty
                ? "flags stand behind a command, as in forgebatch run VIDEOS \(word.display)" : "did you mean \(near)?"
            return "\(word.display): \(hint)"
        }
        let near = Suggestion.near(first, among: commands)
        let isPath = first.contains("/") || first.contains(".")
        let run = "forgebatch run \(Escape.shell(word.bytes))"
        if !near.isEmpty, !isPath {
            return
                "there is no command '\(word.display)'; did you mean \(near)? (to process a folder of that name: \(run))"
        }
        return "there is no command '\(word.display)'; to process it: \(run)"
            + (isPath ? "" : "; forgebatch --help lists the commands")
    }
}

/// Other names of flags that are taken without being listed.
enum OtherNames {
    /// `--out` is the output everywhere; `--output` was the one of export.
    ///
    /// - Returns: the arguments with the names that `--help` lists.
    static func resolved(_ arguments: [String]) -> [String] {
        guard let command = arguments.first, ["run", "plan", "export"].contains(command) else { return arguments }
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { argument in
            if argument == "--output" { return "--out" }
            return argument.hasPrefix("--output=") ? "--out=" + argument.dropFirst("--output=".count) : argument
        } + arguments[end...]
    }
}

/// The parser's words for a value that it cannot read, with what is wanted.
enum ValueHint {
    private static let wanted = [
        "<duration>": DurationArgument.examples, "<size>": SizeArgument.examples,
        "<size|auto>": SizeArgument.examples + ", or auto", "<n|p%>": "a number such as 3, or a share such as 5%",
        "<n|all>": "a number such as 10, or all",
        "<n|auto>": "a number from 1 to 64, or auto", "<mode>": "fail, skip, wait, wait=10min or none",
        "<factor>": "a factor such as 2 or 0.5, or max",
    ]

    /// The message, with what is wanted at the end of its first line.
    static func complete(_ message: String) -> String {
        var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        guard let first = lines.first, first.contains(" is invalid for '"), first.hasSuffix("'"),
            let value = first.split(separator: " ").last?.dropLast(), let words = wanted[String(value)]
        else { return message }
        lines[0] += ": \(words) is wanted"
        return lines.joined(separator: "\n")
    }
}
