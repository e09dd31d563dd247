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
    }

    /// The arguments that were parsed, with what the layers added.
    static var effective: [String] { stored.withLock { $0.effective } }

    /// Flags whose values are commands. No record has them: they are often addresses with a password in them, and a run that
    /// is done again by hand is nobody's alarm.
    static let commands = Set(keys.filter { $0.kind == .command }.map(\.name))

    /// What the command line was, in parts, and what was added to it, without commands.
    static func invocation() -> Invocation {
        let (added, effective) = stored.withLock { ($0.added, $0.effective) }
        let flags = Invocation.Flags(
            plain: Set(
                keys.filter { $0.kind == .flag || $0.kind == .inverted }.flatMap { key in
                    key.kind == .inverted ? [key.name, "no-\(key.name)"] : [key.name]
                }),
            letters: Dictionary(
                keys.compactMap { key in key.short.map { ($0, key.name) } }, uniquingKeysWith: { first, _ in first }))
        var result = Invocation()
        for layer in added { result.take(layer.arguments, flags, source: layer.source) }
        let count = 1 + added.reduce(0) { $0 + $1.arguments.count }
        result.take(Array(effective.dropFirst(count)), flags, path: RawArguments.path)
        result.folder = Files.currentDirectory()
        result.options.removeAll { commands.contains($0.name) }
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

    /// A flag of `run` as a key.
    struct Key: Equatable, Sendable {
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
    }

    static let keys = [
        Key("out", .value, short: "o"), Key("root", .list), Key("include", .list), Key("exclude", .list),
        Key("ext", .joined),
        Key("max-depth", .value), Key("hidden", .flag), Key("follow", .flag), Key("files-from", .value),
        Key("null", .flag, short: "0"), Key("limit", .value), Key("min-age", .value), Key("error-if-empty", .flag),
        Key("tools", .joined), Key("set", .list), Key("plugin-dir", .list), Key("plugin-jobs", .value),
        Key("plugin-devices", .joined), Key("jobs", .value, short: "j"), Key("threads-per-job", .value),
        Key("timeout", .value), Key("stall", .value), Key("max-duration", .value), Key("memory-limit", .value),
        Key("sandbox", .value), Key("retries", .value), Key("nice", .value), Key("max-failures", .value),
        Key("min-free", .value),
        Key("force", .flag),
        Key("retry-failed", .flag), Key("retry-quarantined", .flag), Key("fingerprint", .value),
        Key("dry-run", .flag, short: "n"), Key("progress", .value), Key("progress-rate", .value),
        Key("quiet", .flag, short: "q"), Key("verbose", .flag, short: "v"), Key("color", .value), Key("json", .flag),
        Key("report", .value), Key("stills", .inverted), Key("compress", .inverted),
        Key("templates", .value), Key("baseline", .value),
        Key("metrics-textfile", .value), Key("junit", .value),
        Key("lock", .value), Key("keep-runs", .value), Key("on-complete", .command), Key("on-failure", .command),
        Key("hook-timeout", .value),
        Key("grace", .value), Key("fail-on", .value), Key("config", .value), Key("no-config", .flag),
    ]

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
            let environment = ((try? fromEnvironment()) ?? []).filter { type.takes($0.key) }
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
    private static func environmentOfShard() throws -> [(key: Key, Added)] {
        let entries = try fromEnvironment().filter { ShardLayers.ofMachine.contains($0.key.name) }
        try check(entries) { "environment variable \($0.environment)" }
        return entries.map { ($0.key, Added(source: $0.source, arguments: $0.arguments)) }
    }

    private struct Entry {
        let key: Key
        let arguments: [String]
        /// The variable or the file.
        let source: String

        /// The value of a key that takes a path; nil where it means none.
        var path: RawPath? {
            guard let text = arguments.first?.dropFirst("--\(key.name)=".count) else { return nil }
            return (try? PathArgument.read(String(text)))?.path
        }
    }

    private static func added(_ command: any BatchCommand, _ given: [String]) async throws -> [Added] {
        var layers: [[Entry]] = []
        let environment = try fromEnvironment()
        try check(environment) { "environment variable \($0.environment)" }
        layers.append(environment)
        let named = try namedFile(command)
        if let named { layers.append(try fromFile(named, isNamed: true)) }
        let isUnwanted = command.operation.noConfig || environment.contains { $0.arguments == ["--no-config"] }
        if !isUnwanted {
            let before = filesRead.count
            let others = try standardFiles().map { try fromFile($0, isNamed: false) }
            let isNamed = named.flatMap { try? Files.resolve($0) } == (try? Files.resolve(local))
            if Files.exists(local), !isNamed {
                let told = (layers + others).flatMap(\.self)
                if let why = try await inputHere(command, told, given) {
                    let note =
                        "\(local.display) was not read, because \(why); --config \(local.display) has it read"
                    stored.withLock { $0.note = note }
                } else {
                    let entries = try fromFile(local, isNamed: false)
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
                result.append(Added(source: entry.source, arguments: entry.arguments))
            }
            done += layer.map(\.key.name)
        }
        return result
    }

    private static func namedFile(_ command: any BatchCommand) throws -> RawPath? {
        if let path = command.operation.config?.path { return path }
        guard let text = Terminal.environment("FORGEBATCH_CONFIG"), !text.isEmpty else { return nil }
        do {
            return try PathArgument.read(text).path
        } catch let error as ValidationError {
            throw Failure(78, "FORGEBATCH_CONFIG: \(error.message)")
        }
    }

    /// Why the working directory may be one of videos, which must not configure the run that looks at them: an input lies
    /// there or below, it lies in an input, it gave no answer, or the names come from standard input. Nil when it is not.
    ///
    /// Another process looks at the inputs: they may lie on a share that does not answer.
    ///
    /// - Parameter told: by the other layers.
    private static func inputHere(_ command: any BatchCommand, _ told: [Entry], _ given: [String]) async throws
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
    private static func refuseCommands(_ entries: [Entry]) throws {
        guard let entry = entries.first(where: { $0.key.kind == .command || $0.key.name == pluginDir }) else { return }
        throw Failure(
            78,
            "\(local.display): \(entry.key.name): a file that is only found in the working directory starts no program; give --config \(local.display)"
        )
    }

    private static func standardFiles() -> [RawPath] {
        var paths: [RawPath] = []
        if let folder = Terminal.environment("XDG_CONFIG_HOME"), !folder.isEmpty {
            paths.append(RawPath(folder).appending("forgebatch/config.yaml"))
        } else if let home = Terminal.environment("HOME"), !home.isEmpty {
            paths.append(RawPath(home).appending(".config/forgebatch/config.yaml"))
        }
        paths.append(RawPath("/etc/forgebatch.yaml"))
        return paths
    }

    private static func fromEnvironment() throws -> [Entry] {
        try keys.compactMap { key in
            guard let text = Terminal.environment(key.environment), !text.isEmpty else { return nil }
            let values = key.kind == .list ? text.split(separator: ":").map { String($0) } : [text]
            return try entry(key, values, source: key.environment)
        }
    }

    private static func fromFile(_ path: RawPath, isNamed: Bool) throws -> [Entry] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: 1 << 20)
        } catch {
            // A home that is not ours to look into, as after sudo, has no file for us either.
            if !isNamed, error.isMissing || (try? Files.status(path)) == nil { return [] }
            throw Failure(78, "\(path.display): \(error.reason)")
        }
        stored.withLock { $0.filesRead.append(path.isAbsolute ? path : Files.currentDirectory().appending(path)) }
        let node: YAMLNode?
        do throws(YAMLError) {
            node = try YAMLReader.read(bytes)
        } catch {
            throw Failure(78, "\(path.display): \(Escape.visible(error.description))")
        }
        guard let node else { return [] }
        guard case .mapping(let mapping) = node else {
            throw Failure(78, "\(path.display): not a mapping of flags to values, such as `memory-limit: 512M`")
        }
        var entries: [Entry] = []
        for (name, value) in mapping {
            let text = name.text ?? ""
            guard let key = keys.first(where: { $0.name == text }), text != "config", text != "no-config" else {
                let near = Suggestion.text(for: text, among: keys.map(\.name))
                throw Failure(78, "\(path.display): unknown key '\(Escape.visible(text))'\(near)")
            }
            entries.append(try entry(key, values(key, value, path), source: path.display))
        }
        try check(entries) { _ in path.display }
        return entries
    }

    private static func values(_ key: Key, _ node: YAMLNode, _ path: RawPath) throws -> [String] {
        switch node {
        case .text(let text): return [text]
        case .list(let list) where [.list, .joined, .command].contains(key.kind):
            let texts = list.compactMap(\.text)
            guard texts.count == list.count else {
                throw Failure(78, "\(path.display): \(key.name): single values are wanted in the list")
            }
            if key.kind == .command { return [CommandArgument.text(texts)] }
            return key.kind == .joined ? [texts.joined(separator: ",")] : texts
        case .mapping(let roots) where key.name == "root":
            return try roots.map { name, value in
                guard let name = name.text, let text = value.text else {
                    throw Failure(
                        78, "\(path.display): root: a folder is wanted for each name, as in `cam: /snapshots/new`")
                }
                return "\(name)=\(text)"
            }
        case .mapping(let settings) where key.name == "set":
            return settings.flatMap { tool, value -> [String] in
                if case .mapping(let nested) = value {
                    return nested.map { "\(tool.text ?? "").\($0.key.text ?? "")=\($0.value.text ?? "")" }
                }
                return ["\(tool.text ?? "")=\(value.text ?? "")"]
            }
        case .list, .mapping: throw Failure(78, "\(path.display): \(key.name): a single value is wanted")
        }
    }

    private static func entry(_ key: Key, _ values: [String], source: String) throws -> Entry {
        switch key.kind {
        case .flag, .inverted:
            switch values.first {
            case "true", "yes", "on", "1": return Entry(key: key, arguments: ["--\(key.name)"], source: source)
            case "false", "no", "off", "0":
                return Entry(
                    key: key, arguments: key.kind == .inverted ? ["--no-\(key.name)"] : [], source: source)
            default:
                throw Failure(78, "\(source): \(key.name): true or false is wanted")
            }
        case .value, .list, .joined, .command:
            return Entry(key: key, arguments: values.map { "--\(key.name)=\($0)" }, source: source)
        }
    }

    /// Names of tools may be those of plugins, and another layer may tell where these lie.
    ///
    /// - Parameter layers: the environment first.
    private static func checkTools(_ layers: [[Entry]], _ command: any BatchCommand) throws {
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
                    throw Failure(78, "\(source): \(failure.message)")
                }
            }
        }
    }

    /// A bad value is the configuration's fault, not the command line's.
    private static func check(_ entries: [Entry], source: (Key) -> String) throws {
        for entry in entries {
            let source = source(entry.key)
            do {
                _ = try RunCommand.parse(entry.arguments + ["."])
            } catch {
                let text = ValueHint.complete(RunCommand.message(for: error))
                let message = text.split(separator: "\n").first.map { String($0) } ?? ""
                throw Failure(78, "\(source): \(entry.key.name): \(message)")
            }
        }
    }
}
