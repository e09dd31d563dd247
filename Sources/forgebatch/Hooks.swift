internal import ArgumentParser
internal import BatchRun
internal import Bytes

/// The commands that a run starts at its end: `--on-complete` and `--on-failure`.
///
/// They run after all that the run writes and without its lock, one after the other. Whatever becomes of them is a warning: a
/// run's exit status is what the run was.
struct Hooks {
    private let complete: [String]?
    private let failure: [String]?
    private let limit: Double
    private let program: RawPath

    init(_ arguments: HookArguments, program: RawPath) {
        (complete, failure) = (arguments.onComplete?.words, arguments.onFailure?.words)
        (limit, self.program) = (arguments.hookTimeout.seconds, program)
    }

    /// Which of them a run has, and what they are told.
    ///
    /// - Parameters:
    ///   - summary: the run's, as JSON.
    ///   - facts: what their environment says, by names without the common beginning.
    ///   - hasEnded: false when no run began: then nothing is complete.
    ///   - hasToEnd: asked about twenty times a second; ends the command that is running, and none is started any more.
    func run(
        _ summary: JSON, status: Int32, facts: [(name: String, value: String?)], hasEnded: Bool,
        hasToEnd: @escaping @Sendable () -> Bool
    ) async {
        let input = JSONWriter.encode(summary) + [0x0a]
        for (name, words) in [("complete", hasEnded ? complete : nil), ("failure", status != 0 ? failure : nil)] {
            guard let words, !hasToEnd() else { continue }
            let environment =
                [("FORGEBATCH_HOOK", name), ("FORGEBATCH_HOOK_STATUS", String(status))]
                + facts.compactMap { fact in fact.value.map { ("FORGEBATCH_HOOK_" + fact.name, $0) } }
            let problem = await Hook(program: program, words: words, limit: limit)
                .run(input: input, environment: environment, hasToEnd: hasToEnd)
            if let problem { Terminal.error("forgebatch: --on-\(name) \(Escape.visible(words[0])): \(problem)") }
        }
    }
}

/// A command in one text, cut into words as a shell cuts a simple command. Nothing in it is looked up or expanded, but for `~`
/// at its beginning.
struct CommandArgument: Sendable {
    let words: [String]

    /// - Throws: `ValidationError` for a quote without its end, for what only a shell understands, and for nothing.
    static func read(_ text: String) throws -> CommandArgument {
        guard let plain = RawArguments.path(text).text else { throw ValidationError("A command has to be UTF-8.") }
        var words = try split(plain)
        guard let first = words.first, !first.isEmpty else { throw ValidationError("A command is wanted.") }
        words[0] = try HomeFolder.expand(RawPath(first)).text ?? first
        return CommandArgument(words: words)
    }

    /// The text that ``read(_:)`` makes these words of.
    static func text(_ words: [String]) -> String {
        words.map { word in "'" + word.unicodeScalars.reduce(into: "") { $0 += $1 == "'" ? "'\\''" : String($1) } + "'"
        }
        .joined(separator: " ")
    }

    private static func split(_ text: String) throws -> [String] {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var rest = Substring(text).unicodeScalars
        func end() { if let whole = word { words.append(String(whole)) } }
        func add(_ scalar: Unicode.Scalar) { word = (word ?? "".unicodeScalars) + [scalar] }
        func next() throws -> Unicode.Scalar {
            guard let scalar = rest.popFirst() else { throw ValidationError("A quote or a backslash has no end.") }
            return scalar
        }
        while let scalar = rest.popFirst() {
            switch scalar {
            case " ", "\t", "\n", "\r":
                end()
                word = nil
            case "\\": add(try next())
            case "'":
                word = word ?? "".unicodeScalars
                while true {
                    let inner = try next()
                    if inner == "'" { break }
                    add(inner)
                }
            case "\"":
                word = word ?? "".unicodeScalars
                while true {
                    let inner = try next()
                    if inner == "\"" { break }
                    guard inner == "\\" else {
                        add(inner)
                        continue
                    }
                    let escaped = try next()
                    if !"\"\\$`".unicodeScalars.contains(escaped) { add(inner) }
                    add(escaped)
                }
            case "|", "&", ";", "<", ">", "(", ")", "$", "`":
                throw ValidationError(
                    "\(scalar) means something to a shell alone, and none is started: quote it, or write sh -c '…'.")
            default: add(scalar)
            }
        }
        end()
        return words
    }
}
