package import Bytes

/// A command of the user's that is run once a run is over.
///
/// It is started by a process of ours, `forgebatch hook`, which ends it as soon as this process is gone.
package struct Hook: Sendable {
    /// This program, and what it is told to run a command.
    package var program: RawPath
    package var arguments = ["hook"]
    /// The command's name and its arguments.
    package var words: [String]
    /// Seconds that it may take.
    package var limit: Double

    package init(program: RawPath, words: [String], limit: Double) {
        (self.program, self.words, self.limit) = (program, words, limit)
    }

    /// Bytes of a line of our own process: it says nothing.
    private static let lineLimit = 1 << 16

    /// Runs the command to its end, or until it is ended.
    ///
    /// - Parameters:
    ///   - input: what it reads on its standard input.
    ///   - environment: what it has in its environment besides ours.
    ///   - hasToEnd: asked about twenty times a second.
    /// - Returns: what went wrong, for a person; nil when it ended with status 0.
    package func run(
        input: [UInt8], environment: [(name: String, value: String)], hasToEnd: @escaping @Sendable () -> Bool
    ) async -> String? {
        let request = HookRequest(words: words, environment: environment, input: input)
        let errors = LastLines()
        let begun = monotonicNanoseconds()
        let limit = limit
        let isLate = { @Sendable in Double(monotonicNanoseconds() &- begun) / 1e9 > limit }
        let end = await ChildProcess(program: program, arguments: arguments, lineLimit: Hook.lineLimit)
            .run(request.line, errors: errors, hasToEnd: { hasToEnd() || isLate() }, receive: { _ in true })
        let said = errors.texts.last.map { ": \($0)" } ?? ""
        switch end {
        case .exited(status: 0): return nil
        case .exited(let status): return "ended with status \(status)\(said)"
        case .died where hasToEnd(): return "was ended, because the run was told to stop"
        case .died where isLate(): return "took too long and was ended\(said)"
        case .died(let signal): return "was ended by signal \(signal)\(said)"
        case .held(let process): return "the kernel still holds process \(process)"
        case .spawnFailed(let why): return "could not be started: \(why)"
        case .pipeFailed(let why): return "could not be told of the run: \(why)"
        }
    }
}

/// What `forgebatch hook` is told on its standard input, one line of JSON.
package struct HookRequest: Sendable {
    package var words: [String]
    package var environment: [(name: String, value: String)]
    /// Has to be UTF-8.
    package var input: [UInt8]

    init(words: [String], environment: [(name: String, value: String)], input: [UInt8]) {
        (self.words, self.environment, self.input) = (words, environment, input)
    }

    var line: [UInt8] {
        let request: JSON = [
            "words": .array(words.map { .string($0) }),
            "environment": .object(environment.map { JSON.Member($0.name, .string($0.value)) }),
            "input": .string(String(decoding: input, as: UTF8.self)),
        ]
        return JSONWriter.encode(request) + [0x0a]
    }

    /// Reads the line. Nil when it is none, or names no command.
    package init?(_ line: [UInt8]) {
        guard let json = try? JSONReader.parse(line), let words = json["words"]?.array?.compactMap(\.string),
            !words.isEmpty, let environment = json["environment"]?.members, let input = json["input"]?.string
        else { return nil }
        self.words = words
        self.environment = environment.compactMap { member in member.value.string.map { (member.key, $0) } }
        self.input = Array(input.utf8)
    }
}
