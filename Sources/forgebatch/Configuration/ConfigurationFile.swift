internal import BatchRun
internal import Bytes

/// A file of flags and values in YAML.
enum ConfigurationFile {
    /// The files of a user and of a machine, which need not be there, the one that counts most first.
    static func standard() -> [RawPath] {
        var paths: [RawPath] = []
        if let folder = Terminal.environment("XDG_CONFIG_HOME"), !folder.isEmpty {
            paths.append(RawPath(folder).appending("forgebatch/config.yaml"))
        } else if let home = Terminal.environment("HOME"), !home.isEmpty {
            paths.append(RawPath(home).appending(".config/forgebatch/config.yaml"))
        }
        paths.append(RawPath("/etc/forgebatch.yaml"))
        return paths
    }

    /// - Parameter isNamed: whether the user named it, so that it must be there.
    /// - Returns: nil where there is none.
    /// - Throws: ``Failure`` for one that cannot be read, and for what is no flag or no value of one.
    static func read(_ path: RawPath, isNamed: Bool) throws -> [FlagEntry]? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: 1 << 20)
        } catch {
            // A home that is not ours to look into, as after sudo, has no file for us either.
            if !isNamed, error.isMissing || (try? Files.status(path)) == nil { return nil }
            throw Failure(ExitStatus.configuration, "\(path.display): \(error.reason)")
        }
        let node: YAMLNode?
        do throws(YAMLError) {
            node = try YAMLReader.read(bytes)
        } catch {
            throw Failure(ExitStatus.configuration, "\(path.display): \(Escape.visible(error.description))")
        }
        guard let node else { return [] }
        guard case .mapping(let mapping) = node else {
            throw Failure(
                ExitStatus.configuration,
                "\(path.display): not a mapping of flags to values, such as `memory-limit: 512M`")
        }
        var entries: [FlagEntry] = []
        for (name, value) in mapping {
            let text = name.text ?? ""
            guard let key = FlagKey.all.first(where: { $0.name == text }), text != "config", text != "no-config" else {
                let near = Suggestion.text(for: text, among: FlagKey.all.map(\.name))
                throw Failure(ExitStatus.configuration, "\(path.display): unknown key '\(Escape.visible(text))'\(near)")
            }
            entries.append(try FlagEntry(key, values(key, value, path), source: path.display))
        }
        for entry in entries { try entry.check(source: path.display) }
        return entries
    }

    private static func values(_ key: FlagKey, _ node: YAMLNode, _ path: RawPath) throws -> [String] {
        switch node {
        case .text(let text): return [text]
        case .list(let list) where [.list, .joined, .command].contains(key.kind):
            let texts = list.compactMap(\.text)
            guard texts.count == list.count else {
                throw Failure(
                    ExitStatus.configuration, "\(path.display): \(key.name): single values are wanted in the list")
            }
            if key.kind == .command { return [CommandArgument.text(texts)] }
            return key.kind == .joined ? [texts.joined(separator: ",")] : texts
        case .mapping(let roots) where key.name == "root":
            return try roots.map { name, value in
                guard let name = name.text, let text = value.text else {
                    throw Failure(
                        ExitStatus.configuration,
                        "\(path.display): root: a folder is wanted for each name, as in `cam: /snapshots/new`")
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
        case .list, .mapping:
            throw Failure(ExitStatus.configuration, "\(path.display): \(key.name): a single value is wanted")
        }
    }
}
