internal import ArgumentParser
internal import Bytes
internal import Synchronization

/// The layers below the flags of `run`: environment and configuration files, turned into flags that stand before the
/// user's own.
enum ConfigurationLayers {
    private static let stored = Mutex<[String]>([])

    /// The arguments that were parsed, with what the layers added.
    static var effective: [String] { stored.withLock { $0 } }

    /// A flag of `run` as a key.
    struct Key: Equatable {
        enum Kind { case flag, inverted, value, list, joined }
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
        Key("tools", .joined), Key("set", .list), Key("jobs", .value, short: "j"), Key("threads-per-job", .value),
        Key("timeout", .value), Key("stall", .value), Key("max-duration", .value), Key("memory-limit", .value),
        Key("sandbox", .value), Key("retries", .value), Key("max-failures", .value), Key("min-free", .value),
        Key("force", .flag),
        Key("retry-failed", .flag), Key("retry-quarantined", .flag), Key("fingerprint", .value),
        Key("dry-run", .flag, short: "n"), Key("progress", .value), Key("progress-rate", .value),
        Key("quiet", .flag, short: "q"), Key("verbose", .flag, short: "v"), Key("color", .value), Key("json", .flag),
        Key("report", .value), Key("stills", .inverted), Key("templates", .value), Key("baseline", .value),
        Key("metrics-textfile", .value), Key("junit", .value),
        Key("lock", .value),
        Key("grace", .value), Key("fail-on", .value), Key("config", .value), Key("no-config", .flag),
    ]

    /// The arguments with the layers in front of the user's own. Only `run` has layers.
    static func arguments(_ given: [String]) throws -> [String] {
        var result = given
        if given.first == "run", !given.contains("--help"), !given.contains("-h") {
            // Wrong arguments are the parser's to explain.
            if let command = try? RunCommand.parse(Array(given.dropFirst())) {
                result = ["run"] + (try added(command, given)) + given.dropFirst()
            } else if let environment = try? fromEnvironment(), !environment.isEmpty {
                // The path may come from --files-from in the environment.
                result = ["run"] + environment.flatMap(\.arguments) + given.dropFirst()
            }
        }
        stored.withLock { $0 = result }
        return result
    }

    private struct Entry {
        let key: Key
        let arguments: [String]
    }

    private static func added(_ command: RunCommand, _ given: [String]) throws -> [String] {
        var layers: [[Entry]] = []
        let environment = try fromEnvironment()
        try check(environment, "environment")
        layers.append(environment)
        let named = command.operation.config?.path ?? Terminal.environment("FORGEBATCH_CONFIG").map { RawPath($0) }
        if let named { layers.append(try fromFile(named, isNamed: true)) }
        let isUnwanted = command.operation.noConfig || environment.contains { $0.arguments == ["--no-config"] }
        if !isUnwanted {
            for path in standardFiles(command) { layers.append(try fromFile(path, isNamed: false)) }
        }
        var done: [String] = []
        var result: [String] = []
        for layer in layers {
            for entry in layer
            where !done.contains(entry.key.name) && !entry.key.isAmong(given) && entry.key.name != "config"
                && entry.key.name != "no-config"
            {
                result += entry.arguments
            }
            done += layer.map(\.key.name)
        }
        return result
    }

    private static func standardFiles(_ command: RunCommand) -> [RawPath] {
        var paths: [RawPath] = []
        let here = Files.currentDirectory()
        // A folder of videos must not configure the run that looks at it.
        let isInput = command.input.paths.contains { argument in
            (try? Files.resolve(argument.path)).map { here.isInside($0) } ?? false
        }
        if !isInput { paths.append(RawPath("forgebatch.yaml")) }
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
        try check(entries, path.display)
        return entries
    }

    private static func values(_ key: Key, _ node: YAMLNode, _ path: RawPath) throws -> [String] {
        switch node {
        case .text(let text): return [text]
        case .list(let list) where key.kind == .list || key.kind == .joined:
            let texts = list.compactMap(\.text)
            guard texts.count == list.count else {
                throw Failure(78, "\(path.display): \(key.name): single values are wanted in the list")
            }
            return key.kind == .joined ? [texts.joined(separator: ",")] : texts
        case .mapping(let settings) where key.name == "set" || key.name == "root":
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
            case "true", "yes", "on", "1": return Entry(key: key, arguments: ["--\(key.name)"])
            case "false", "no", "off", "0":
                return Entry(key: key, arguments: key.kind == .inverted ? ["--no-\(key.name)"] : [])
            default:
                throw Failure(78, "\(source): \(key.name): true or false is wanted")
            }
        case .value, .list, .joined:
            return Entry(key: key, arguments: values.map { "--\(key.name)=\($0)" })
        }
    }

    /// A bad value is the configuration's fault, not the command line's.
    private static func check(_ entries: [Entry], _ source: String) throws {
        for entry in entries {
            do {
                let command = try RunCommand.parse(entry.arguments + ["."])
                _ = try ToolSelection(list: command.tools.tools, settings: command.tools.set)
            } catch let failure as Failure {
                throw Failure(78, "\(source): \(failure.message)")
            } catch {
                let message = RunCommand.message(for: error).split(separator: "\n").first.map { String($0) } ?? ""
                throw Failure(78, "\(source): \(entry.key.name): \(message)")
            }
        }
    }
}
