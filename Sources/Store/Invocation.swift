package import Bytes

/// How a run was started, in parts: what it takes to start it so again, or to run one of its videos again.
package struct Invocation: Equatable, Sendable {
    /// A flag with its value.
    package struct Option: Equatable, Sendable {
        /// Without dashes, such as `jobs` or `no-stills`.
        package var name: String
        /// Nil for a flag without one.
        package var value: RawPath?
        /// The variable of the environment or the file that it came from; nil for the command line.
        package var source: String?

        package init(_ name: String, _ value: RawPath? = nil, source: String? = nil) {
            self.name = name
            self.value = value
            self.source = source
        }
    }

    /// Flags that take no value, by their names, and letters that stand for a name.
    package struct Flags: Sendable {
        package var plain: Set<String>
        package var letters: [Character: String]

        package init(plain: Set<String>, letters: [Character: String]) {
            self.plain = plain
            self.letters = letters
        }
    }

    /// The working directory, absolute; nil when it is not known.
    package var folder: RawPath?
    /// The output folder, absolute and without links; nil when it is not known.
    package var output: RawPath?
    /// Those of the environment and of files, which count less, stand before those of the command line.
    package var options: [Option] = []
    /// The given paths.
    package var inputs: [RawPath] = []

    package init() {}

    /// Takes the words of a command line apart, without the program's name and the subcommand.
    ///
    /// - Parameters:
    ///   - source: where they came from; nil for the command line.
    ///   - path: the bytes of a word, or of a part of it.
    package mutating func take(
        _ words: [String], _ flags: Flags, source: String? = nil, path: (String) -> RawPath = { RawPath($0) }
    ) {
        var rest = words[...]
        func value(_ name: String) -> RawPath? { flags.plain.contains(name) ? nil : rest.popFirst().map(path) }
        while let word = rest.popFirst() {
            if word == "--" {
                inputs += rest.map(path)
                return
            }
            if word.hasPrefix("--") {
                let name = word.dropFirst(2)
                if let equals = name.firstIndex(of: "=") {
                    let value = path(String(name[name.index(after: equals)...]))
                    options.append(Option(String(name[..<equals]), value, source: source))
                } else {
                    options.append(Option(String(name), value(String(name)), source: source))
                }
            } else if word.hasPrefix("-"), word.count > 1 {
                var letters = word.dropFirst()
                while let letter = letters.popFirst() {
                    let name = flags.letters[letter] ?? String(letter)
                    if flags.plain.contains(name) {
                        options.append(Option(name, source: source))
                        continue
                    }
                    if letters.first == "=" { letters.removeFirst() }
                    let joined = letters.isEmpty ? value(name) : path(String(letters))
                    options.append(Option(name, joined, source: source))
                    break
                }
            } else {
                inputs.append(path(word))
            }
        }
    }

    /// The value of an option that counts; nil where it was not given.
    package func value(_ name: String) -> RawPath? { options.last { $0.name == name }?.value }

    package var json: JSON {
        let places = (folder?.members("folder") ?? []) + (output?.members("output") ?? [])
        let flags = options.map { option in
            let source = option.source.map { [JSON.Member("from", .string($0))] } ?? []
            return JSON.object(
                [JSON.Member("name", .string(option.name))] + (option.value?.members("value") ?? []) + source)
        }
        return .object(
            places + [
                JSON.Member("options", .array(flags)),
                JSON.Member("inputs", .array(inputs.map { .object($0.members()) })),
            ])
    }

    /// Nil for what is no object.
    package init?(_ json: JSON) {
        guard json.members != nil else { return nil }
        folder = RawPath(json, key: "folder")
        output = RawPath(json, key: "output")
        options = (json["options"]?.array ?? []).compactMap { option in
            option["name"]?.string.map { name in
                Option(name, RawPath(option, key: "value"), source: option["from"]?.string)
            }
        }
        inputs = (json["inputs"]?.array ?? []).compactMap { RawPath($0) }
    }
}
