internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Store
internal import Synchronization

/// The layers below the flags of `run`: environment and configuration files, turned into flags that stand before the
/// user's own.
enum ConfigurationLayers {
    private struct Outcome {
        var effective: [String] = []
        var added: [Added] = []
        var filesRead: [RawPath] = []
        var note: String?
        var lists: [RawPath: [RawPath]] = [:]
        var silent: [RawPath: String] = [:]
    }
    private static let stored = Mutex(Outcome())

    /// Flags that a layer put before the user's own.
    struct Added {
        /// The variable or the file.
        let source: String
        let arguments: [String]

        init(source: String, arguments: [String]) {
            self.source = source
            self.arguments = arguments
        }

        init(_ entry: FlagEntry) { self.init(source: entry.source, arguments: entry.arguments) }
    }

    /// The arguments that were parsed, with what the layers added.
    static var effective: [String] { stored.withLock { $0.effective } }

    /// What the command line was, in parts, and what was added to it, without commands.
    static func invocation() -> Invocation {
        let (added, effective) = stored.withLock { ($0.added, $0.effective) }
        let flags = Invocation.Flags(
            plain: Set(
                FlagKey.all.filter { $0.kind == .flag || $0.kind == .inverted }.flatMap { key in
                    key.kind == .inverted ? [key.name, "no-\(key.name)"] : [key.name]
                }
            ).union(PlanCommand.ownFlags),
            letters: Dictionary(
                FlagKey.all.compactMap { key in key.short.map { ($0, key.name) } },
                uniquingKeysWith: { first, _ in first }))
        var result = Invocation()
        for layer in added { result.take(layer.arguments, flags, source: layer.source) }
        let count = 1 + added.reduce(0) { $0 + $1.arguments.count }
        result.take(Array(effective.dropFirst(count)), flags, path: RawArguments.path)
        result.folder = Files.currentDirectory()
        result.options.removeAll { FlagKey.commands.contains($0.name) }
        return result
    }

    /// The files that were read, as absolute paths, the one that counts most first.
    static var filesRead: [RawPath] { stored.withLock { $0.filesRead } }

    /// Why a file in the working directory was not read, if there is one.
    static var note: String? { stored.withLock { $0.note } }

    /// Inputs that gave no answer when they were looked at for the layers, with the words for it: nobody is to wait for them
    /// again.
    static var silent: [RawPath: String] { stored.withLock { $0.silent } }

    /// The paths in the list of `--files-from`, which is read once: a pipe has its content once.
    ///
    /// - Throws: ``Failure``, ``LookFailure``.
    static func list(_ file: RawPath, isNullSeparated: Bool, looker: Looker) async throws -> [RawPath] {
        if let known = stored.withLock({ $0.lists[file] }) { return known }
        let paths: [RawPath]
        if file == RawPath("-") || OpenedFiles.includes(file) {
            // No other process has it.
            do throws(SystemError) {
                paths =
                    file == RawPath("-")
                    ? Discovery.parseList(try StandardInput.read(), nullSeparated: isNullSeparated)
                    : try Discovery.readList(file, nullSeparated: isNullSeparated)
            } catch {
                throw Failure(ExitStatus.unreadableInput, "--files-from \(file.display): \(error.reason)")
            }
        } else {
            paths = try await looker.list(file, isNullSeparated: isNullSeparated)
        }
        stored.withLock { $0.lists[file] = paths }
        return paths
    }

    private static let pluginDir = "plugin-dir"

    /// The file that is looked for in the working directory.
    private static let local = RawPath("forgebatch.yaml")

    /// The arguments with the layers in front of the user's own. `run` and `plan` have layers; for a shard of a run, which
    /// `run --plan` does, the plan is one, and of the environment what concerns the machine.
    ///
    /// - Returns: and the command, where it was parsed and no layer adds to it: parsing takes some milliseconds.
    static func arguments(_ given: [String]) async throws -> (arguments: [String], command: (any ParsableCommand)?) {
        var result = given
        var parsed: (any BatchCommand)?
        if let name = given.first, ["run", "plan"].contains(name), !given.contains("--help"), !given.contains("-h") {
            let own = Array(given.dropFirst())
            let type: any BatchCommand.Type = name == "plan" ? PlanCommand.self : RunCommand.self
            // Wrong arguments are the parser's to explain. The input may be told by the environment alone.
            let environment = ((try? FlagEntry.ofEnvironment()) ?? []).filter { type.takes($0.key) }
            parsed = try? type.parse(own)
            if let plan = (parsed as? RunCommand)?.shards.plan {
                let layers = try ShardLayers.added(plan.path, environment: environmentOfShard(), given)
                stored.withLock { $0.added = layers }
                result = ["run"] + layers.flatMap(\.arguments) + own
            } else if let command = parsed ?? (try? type.parse(environment.flatMap(\.arguments) + own)) {
                let layers = try await added(command, given)
                stored.withLock { $0.added = layers }
                result = [name] + layers.flatMap(\.arguments) + own
            } else if !environment.isEmpty {
                result = [name] + environment.flatMap(\.arguments) + own
            }
        }
        let effective = result
        stored.withLock { $0.effective = effective }
        return (effective, effective == given ? parsed : nil)
    }

    /// What of the environment a shard goes by.
    private static func environmentOfShard() throws -> [FlagEntry] {
        let entries = try FlagEntry.ofEnvironment().filter { ShardLayers.ofMachine.contains($0.key.name) }
        for entry in entries { try entry.check(source: "environment variable \(entry.source)") }
        return entries
    }

    private static func added(_ command: any BatchCommand, _ given: [String]) async throws -> [Added] {
        var layers: [[FlagEntry]] = []
        let environment = try FlagEntry.ofEnvironment()
        for entry in environment { try entry.check(source: "environment variable \(entry.source)") }
        layers.append(environment)
        let named = try namedFile(command)
        if let named { layers.append(try read(named, isNamed: true)) }
        let isUnwanted = command.operation.noConfig || environment.contains { $0.arguments == ["--no-config"] }
        if !isUnwanted {
            let before = filesRead.count
            let others = try ConfigurationFile.standard().map { try read($0, isNamed: false) }
            let isNamed = named.flatMap { try? Files.resolve($0) } == (try? Files.resolve(local))
            if Files.exists(local), !isNamed {
                let told = (layers + others).flatMap(\.self)
                if let why = try await inputHere(command, told, given) {
                    let note =
                        "\(local.display) was not read, because \(why); --config \(local.display) has it read"
                    stored.withLock { $0.note = note }
                } else {
                    let entries = try read(local, isNamed: false)
                    try refuseCommands(entries)
                    layers.append(entries)
                    // It counts more than those that were read before it.
                    stored.withLock { stored in
                        if let last = stored.filesRead.popLast() { stored.filesRead.insert(last, at: before) }
                    }
                }
            }
            layers += others
        }
        try checkTools(layers, command)
        var done: [String] = []
        var result: [Added] = []
        for layer in layers {
            for entry in layer
            where !done.contains(entry.key.name) && !entry.key.isAmong(given) && entry.key.name != "config"
                && entry.key.name != "no-config" && type(of: command).takes(entry.key)
            {
                result.append(Added(entry))
            }
            done += layer.map(\.key.name)
        }
        return result
    }

    private static func read(_ file: RawPath, isNamed: Bool) throws -> [FlagEntry] {
        guard let entries = try ConfigurationFile.read(file, isNamed: isNamed) else { return [] }
        stored.withLock { $0.filesRead.append(Files.absolute(file)) }
        return entries
    }

    private static func namedFile(_ command: any BatchCommand) throws -> RawPath? {
        if let path = command.operation.config?.path { return path }
        guard let text = Terminal.environment("FORGEBATCH_CONFIG"), !text.isEmpty else { return nil }
        do {
            return try PathArgument.read(text).path
        } catch let error as ValidationError {
            throw Failure(ExitStatus.configuration, "FORGEBATCH_CONFIG: \(error.message)")
        }
    }

    /// Why the working directory may be one of videos, which must not configure the run that looks at them: an input lies
    /// there or below, it lies in an input, it gave no answer, or the names come from standard input. Nil when it is not.
    ///
    /// Another process looks at the inputs: they may lie on a share that does not answer.
    ///
    /// - Parameter told: by the other layers.
    private static func inputHere(_ command: any BatchCommand, _ told: [FlagEntry], _ given: [String]) async throws
        -> String?
    {
        func value(_ name: String) -> String? {
            let entry = told.first { $0.key.name == name && !$0.key.isAmong(given) }
            return entry?.arguments.first.map { String($0.dropFirst("--\(name)=".count)) }
        }
        let stall = value("stall").flatMap { DurationArgument(argument: $0) } ?? command.work.stall
        let most = value("max-duration").flatMap { DurationArgument(argument: $0) } ?? command.work.maxDuration
        let looker = RunCommand.looker(stall: stall, maxDuration: most)
        var paths = command.input.paths.map(\.path)
        do {
            if let list = command.input.filesFrom?.path ?? told.first(where: { $0.key.name == "files-from" })?.path {
                if list == RawPath("-") { return "the names of videos come from standard input" }
                let endsWithNull = command.input.null || told.contains { $0.arguments == ["--null"] }
                paths += try await self.list(list, isNullSeparated: endsWithNull, looker: looker)
            }
            // A link counts where it lies, too.
            let survey = try await looker.survey(paths, listed: Array(Set(paths.map(\.parent))))
            stored.withLock { $0.silent = survey.silent }
            let here = (try? Files.resolve(RawPath("."))) ?? Files.currentDirectory()
            let isHere = survey.inputs.compactMap(\.resolved).contains { $0.isInside(here) || here.isInside($0) }
            if isHere || survey.listed.compactMap(\.resolved).contains(where: { $0.isInside(here) }) {
                return "an input lies beside it or below"
            }
            return survey.silent.keys.min().map { "\($0.display) gave no answer" }
        } catch LookFailure.unlisted {
            // It is told of later.
            return nil
        } catch let failure as LookFailure {
            throw Failure(failure.exitStatus, "\(failure)")
        }
    }

    /// A file that is only found may come with a folder of somebody else's: it sets values, and starts no programs.
    private static func refuseCommands(_ entries: [FlagEntry]) throws {
        guard let entry = entries.first(where: { $0.key.kind == .command || $0.key.name == pluginDir }) else { return }
        throw Failure(
            ExitStatus.configuration,
            "\(local.display): \(entry.key.name): a file that is only found in the working directory starts no program; give --config \(local.display)"
        )
    }

    /// Names of tools may be those of plugins, and another layer may tell where these lie.
    ///
    /// - Parameter layers: the environment first.
    private static func checkTools(_ layers: [[FlagEntry]], _ command: any BatchCommand) throws {
        var folders = command.tools.pluginDirs.map(\.path)
        for layer in layers where folders.isEmpty {
            let arguments = layer.filter { $0.key.name == pluginDir }.flatMap(\.arguments)
            if arguments.isEmpty { continue }
            folders = (try? RunCommand.parse(arguments + ["."]))?.tools.pluginDirs.map(\.path) ?? []
        }
        let plugins = PluginSource(folders)
        for (index, layer) in layers.enumerated() {
            for entry in layer where entry.key.name == "tools" || entry.key.name == "set" {
                do {
                    let tools = try RunCommand.parse(entry.arguments + ["."]).tools
                    _ = try ToolNames(list: tools.tools, settings: tools.set, source: plugins)
                } catch let failure as Failure {
                    let source = index == 0 ? "environment variable \(entry.source)" : entry.source
                    throw Failure(ExitStatus.configuration, "\(source): \(failure.message)")
                }
            }
        }
    }
}
