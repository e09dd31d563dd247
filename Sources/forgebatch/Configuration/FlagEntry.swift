internal import ArgumentParser
internal import BatchRun
internal import Bytes

/// A flag that a layer gives, with its values.
struct FlagEntry {
    let key: FlagKey
    let arguments: [String]
    /// The variable or the file.
    let source: String

    /// - Parameter values: one, or for a list any number.
    /// - Throws: ``Failure`` for a switch that is neither on nor off.
    init(_ key: FlagKey, _ values: [String], source: String) throws {
        self.key = key
        self.source = source
        switch key.kind {
        case .flag, .inverted:
            switch values.first {
            case "true", "yes", "on", "1": arguments = ["--\(key.name)"]
            case "false", "no", "off", "0": arguments = key.kind == .inverted ? ["--no-\(key.name)"] : []
            default: throw Failure(ExitStatus.configuration, "\(source): \(key.name): true or false is wanted")
            }
        case .value, .list, .joined, .command: arguments = values.map { "--\(key.name)=\($0)" }
        }
    }

    /// The value of a key that takes a path; nil where it means none.
    var path: RawPath? {
        guard let text = arguments.first?.dropFirst("--\(key.name)=".count) else { return nil }
        return (try? PathArgument.read(String(text)))?.path
    }

    /// A bad value is the configuration's fault, not the command line's.
    ///
    /// - Parameter source: where it was read, as a person is told.
    func check(source: String) throws {
        do {
            _ = try RunCommand.parse(arguments + ["."])
        } catch {
            let text = ValueHint.complete(RunCommand.message(for: error))
            let message = text.split(separator: "\n").first.map { String($0) } ?? ""
            throw Failure(ExitStatus.configuration, "\(source): \(key.name): \(message)")
        }
    }

    /// What the environment gives.
    static func ofEnvironment() throws -> [FlagEntry] {
        try FlagKey.all.compactMap { key in
            guard let text = Terminal.environment(key.environment), !text.isEmpty else { return nil }
            let values = key.kind == .list ? text.split(separator: ":").map { String($0) } : [text]
            return try FlagEntry(key, values, source: key.environment)
        }
    }
}
