internal import BatchRun
internal import Bytes
internal import Glibc

/// What is said of a PATH that leads nowhere, besides that it does.
enum MissingInput {
    private static let durations: Set = ["--timeout", "--stall", "--max-duration", "--min-age", "--grace"]
    private static let sizes: Set = ["--memory-limit", "--min-free"]
    private static let noSuchFile = String(cString: strerror(ENOENT))

    /// Stops a run that would do something else than was meant.
    ///
    /// Nothing is left behind for a name that was mistyped when it is the only one. Of several inputs the others are
    /// processed, but not where the output folder is chosen by the inputs: it would be another one than yesterday.
    ///
    /// - Throws: ``Failure`` with the status of an input that cannot be read.
    static func refuse(_ survey: InputSurvey, out: RawPath?, arguments: [String]) throws {
        let missing = survey.inputs.filter { $0.reason != nil }
        for entry in missing {
            guard let text = entry.path.text, let advice = behindNumber(text, arguments) else { continue }
            throw refusal(entry, advice)
        }
        guard let first = missing.first else { return }
        if survey.listed.isEmpty, missing.count == survey.inputs.count { throw refusal(first, advice(first.path)) }
        if out == nil, let gone = missing.first(where: { $0.reason == noSuchFile }) {
            throw refusal(
                gone,
                advice(gone.path)
                    ?? "nothing was done: leave it out, or name an output folder by --out to have the others done")
        }
    }

    private static func refusal(_ entry: InputSurvey.Entry, _ advice: String?) -> Failure {
        Failure(
            ExitStatus.unreadableInput,
            "\(entry.path.display): \(entry.reason ?? noSuchFile)" + (advice.map { "; \($0)" } ?? ""))
    }

    /// For names that are no names of files.
    private static func advice(_ path: RawPath) -> String? {
        guard let text = path.text else { return nil }
        if text.contains("://") { return "forgebatch reads files and opens no address: download or record it first" }
        if text.contains(where: { "*?[".contains($0) }) {
            return "no file matches; forgebatch run FOLDER --include PATTERN chooses files within a folder"
        }
        return nil
    }

    /// For the unit of `--timeout 5 minutes`, which the parser takes for an input: how to write it.
    private static func behindNumber(_ word: String, _ arguments: [String]) -> String? {
        guard word.allSatisfy({ $0.isASCII && $0.isLetter }) else { return nil }
        for (index, argument) in arguments.enumerated().dropFirst() where argument == word {
            var flag = arguments[index - 1]
            var value = Substring(flag)
            if let equals = flag.firstIndex(of: "="), flag.hasPrefix("--") {
                (value, flag) = (flag[flag.index(after: equals)...], String(flag[..<equals]))
            } else if index > 1 {
                flag = arguments[index - 2]
            }
            guard flag.hasPrefix("-"), Quantity.number(value) != nil else { continue }
            var example: String?
            if durations.contains(flag) { example = DurationArgument.unit(word).map { value + $0 } }
            if sizes.contains(flag), let letter = word.uppercased().first, "KMGT".contains(letter) {
                example = value + String(letter)
            }
            guard let example else { continue }
            return "it was taken for an input: write \(flag) \(example)"
        }
        return nil
    }
}

/// What is said when the selection takes nothing.
enum EmptySelection {
    /// A line for each rule, and for an input that holds results.
    static func advice(_ input: InputArguments) -> [String] {
        let names = input.paths.map { $0.path.lastComponent }
        var lines: [String] = []
        for glob in input.includes.map(RawArguments.path) {
            let first = glob.components.first.map { RawPath(bytes: Array($0)) }
            let shown = "--include '\(glob.display)'"
            if glob.isAbsolute, glob.components.count > 1 {
                lines.append("\(shown): a pattern is of the path below the input, not of the whole path")
            } else if let first, glob.components.count > 1, names.contains(first) {
                lines.append("\(shown): a pattern is of the path below the input, so leave '\(first.display)/' out")
            } else {
                lines.append("\(shown) takes nothing that is there; upper and lower case differ")
            }
        }
        if !input.excludes.isEmpty { lines.append("--exclude may leave out too much") }
        if let ext = input.ext {
            lines.append("--ext \(Escape.visible(ext)): no video here ends so; several are written --ext mp4,mkv")
        }
        return lines
            + results(input).map { "\($0.display) is an output folder by its name: name the folder of the videos" }
    }

    /// Inputs that are output folders by their names, in which no walk looks for videos.
    static func results(_ input: InputArguments) -> [RawPath] {
        input.paths.map(\.path).filter { $0.lastComponent.bytes.suffix(11) == Array(".forgebatch".utf8)[...] }
    }
}
