internal import BatchRun
internal import Bytes
internal import Jobs
internal import Store

/// What a shard of a run is told: the flags of the plan, and before its own those of the environment that concern the machine.
enum ShardLayers {
    /// Flags that `run --plan` takes from its command line and from the environment.
    static let ofMachine: Set<String> = [
        "jobs", "nice", "threads-per-job", "plugin-jobs", "timeout", "stall", "max-duration", "memory-limit",
        "max-failures", "min-free", "grace", "progress", "progress-rate", "quiet", "verbose", "color", "json",
    ]
    private static let ofTask: Set<String> = ["plan", "shard"]

    /// Flags that a plan keeps for its shards and for what joins them.
    private static let ofPlan: Set<String> = [
        "tools", "set", "plugin-jobs", "plugin-devices", "jobs", "nice", "threads-per-job", "timeout", "stall",
        "max-duration", "memory-limit", "sandbox", "retries", "max-failures", "min-free", "retry-failed",
        "retry-quarantined", "fingerprint", "progress-rate", "report", "stills", "no-stills", "compress", "no-compress",
        "templates", "baseline", "metrics-textfile", "junit", "keep-runs", "grace", "fail-on",
    ]
    private static let paths: Set<String> = ["templates", "metrics-textfile", "junit"]

    /// The words that a plan keeps of how it was told to be made.
    ///
    /// - Throws: ``Failure`` for a value that is no text, which cannot be kept.
    static func kept(_ command: PlanCommand, plugins: [ChosenPlugin]) throws -> [String] {
        let asked: [String: PathArgument?] = [
            "templates": command.pages.templates, "metrics-textfile": command.monitoring.metricsTextfile,
            "junit": command.monitoring.junit,
        ]
        var words: [String] = []
        for option in ConfigurationLayers.invocation().options where ofPlan.contains(option.name) {
            guard var value = option.value else {
                words.append("--\(option.name)")
                continue
            }
            // Tasks start in other folders.
            if paths.contains(option.name), let path = asked[option.name]??.path { value = Files.absolute(path) }
            words.append("--\(option.name)=\(try text(value, option.name))")
        }
        // Each is the one that was found, whatever else a machine has.
        return try words + plugins.map { "--plugin-dir=\(try text($0.folder, "plugin-dir"))" }
    }

    private static func text(_ value: RawPath, _ name: String) throws -> String {
        guard let text = value.text else {
            throw Failure(ExitStatus.usage, "--\(name) \(value.display): a plan keeps only what is UTF-8")
        }
        return text
    }

    /// The layers of a shard. What the user gave counts more, and stands behind them.
    ///
    /// - Throws: ``Failure`` for a plan that cannot be read, and for a flag that is the plan's.
    static func added(
        _ path: RawPath, environment: [FlagEntry], _ given: [String]
    ) throws -> [ConfigurationLayers.Added] {
        try refuseOthers(given)
        let plan = try open(path).plan
        var told = environment.filter { !$0.key.isAmong(given) }
        let flags = plan.head.flags.filter { word in
            let name = String(word.dropFirst(2).prefix { $0 != "=" })
            return !told.contains { $0.key.name == name }
                && !FlagKey.all.contains { $0.name == name && $0.isAmong(given) }
        }
        told.reverse()
        return [ConfigurationLayers.Added(source: plan.path.display, arguments: flags)]
            + told.map(ConfigurationLayers.Added.init)
    }

    /// - Throws: ``Failure``.
    private static func refuseOthers(_ given: [String]) throws {
        for key in FlagKey.all where !ofMachine.contains(key.name) && key.isAmong(given) {
            throw Failure(
                ExitStatus.usage,
                "--\(key.name) is the plan's: give it to forgebatch plan; a shard takes --jobs, limits, --grace and flags of the display"
            )
        }
    }

    /// - Throws: ``Failure`` with the status of what cannot be read.
    static func open(_ path: RawPath) throws -> (plan: PlanFile, layout: OutputLayout) {
        do {
            return try PlanFile.open(path)
        } catch let error as SystemError {
            throw Failure(ExitStatus.unreadableInput, "--plan \(path.display): \(error.reason)")
        } catch {
            throw Failure(ExitStatus.unreadableInput, "--plan \(error)")
        }
    }
}
