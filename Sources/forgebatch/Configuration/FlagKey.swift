/// A flag of `run` as the key of a configuration file, and as a variable of the environment.
struct FlagKey: Equatable, Sendable {
    enum Kind: Sendable {
        case flag, inverted, value, list, joined
        /// Words, or a text of them.
        case command
    }
    let name: String
    let kind: Kind
    let short: Character?

    init(_ name: String, _ kind: Kind, short: Character? = nil) {
        self.name = name
        self.kind = kind
        self.short = short
    }

    var environment: String { "FORGEBATCH_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() }

    /// Whether the user gave the flag.
    func isAmong(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains { argument in
            if argument == "--\(name)" || argument.hasPrefix("--\(name)=") || argument == "--no-\(name)" {
                return true
            }
            guard let short, argument.hasPrefix("-"), !argument.hasPrefix("--") else { return false }
            return argument.dropFirst().first == short
        }
    }

    /// All of them, in the order of the help.
    static let all = [
        FlagKey("out", .value, short: "o"), FlagKey("root", .list), FlagKey("include", .list),
        FlagKey("exclude", .list),
        FlagKey("ext", .joined),
        FlagKey("max-depth", .value), FlagKey("hidden", .flag), FlagKey("follow", .flag), FlagKey("files-from", .value),
        FlagKey("null", .flag, short: "0"), FlagKey("limit", .value), FlagKey("min-age", .value),
        FlagKey("error-if-empty", .flag),
        FlagKey("tools", .joined), FlagKey("set", .list), FlagKey("plugin-dir", .list), FlagKey("plugin-jobs", .value),
        FlagKey("plugin-devices", .joined), FlagKey("jobs", .value, short: "j"), FlagKey("threads-per-job", .value),
        FlagKey("timeout", .value), FlagKey("stall", .value), FlagKey("max-duration", .value),
        FlagKey("memory-limit", .value),
        FlagKey("sandbox", .value), FlagKey("retries", .value), FlagKey("nice", .value),
        FlagKey("max-failures", .value),
        FlagKey("min-free", .value),
        FlagKey("force", .flag),
        FlagKey("retry-failed", .flag), FlagKey("retry-quarantined", .flag), FlagKey("fingerprint", .value),
        FlagKey("dry-run", .flag, short: "n"), FlagKey("progress", .value), FlagKey("progress-rate", .value),
        FlagKey("quiet", .flag, short: "q"), FlagKey("verbose", .flag, short: "v"), FlagKey("color", .value),
        FlagKey("json", .flag),
        FlagKey("report", .value), FlagKey("stills", .inverted), FlagKey("compress", .inverted),
        FlagKey("templates", .value), FlagKey("baseline", .value),
        FlagKey("metrics-textfile", .value), FlagKey("junit", .value),
        FlagKey("lock", .value), FlagKey("keep-runs", .value), FlagKey("on-complete", .command),
        FlagKey("on-failure", .command),
        FlagKey("hook-timeout", .value),
        FlagKey("grace", .value), FlagKey("fail-on", .value), FlagKey("config", .value), FlagKey("no-config", .flag),
    ]

    /// Those whose values are commands. No record has them: they are often addresses with a password in them, and a run that
    /// is done again by hand is nobody's alarm.
    static let commands = Set(all.filter { $0.kind == .command }.map(\.name))
}
