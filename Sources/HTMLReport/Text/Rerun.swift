internal import Bytes
internal import Jobs
internal import Store

/// Commands for a shell that start the run again, or one of its videos, with the settings that the run had, wherever these
/// came from.
struct Rerun {
    private let run: RunDocument
    private let invocation: Invocation
    /// Those of the run before all that the output folder knows.
    private let roots: [InputRoot]

    /// - Parameter names: what the output folder calls its input roots.
    init(_ run: RunDocument, names: RootNames) {
        self.run = run
        invocation = run.invocation ?? Rerun.invocation(of: run)
        roots = run.roots + names.roots
    }

    /// The folder in which the commands mean what they say; nil where the record does not tell it.
    var folder: String? { invocation.folder.map { Text.shown($0.display, limit: 400) } }

    /// The whole run.
    var whole: String {
        guard run.invocation != nil else {
            return run.command.map { Escape.shell(Array($0.utf8)) }.joined(separator: " ")
        }
        let options = invocation.options.filter { !Rerun.layers.contains($0.name) && $0.name != "dry-run" }
        return words(["forgebatch", "run"], invocation.inputs, options)
    }

    /// One video. It is named by its path, whatever other inputs and rules the run had: its input root is known by now, so it
    /// keeps its name.
    func command(_ video: ReportVideo) -> String {
        let again = ["--retry-failed"] + (video.isQuarantined ? ["--retry-quarantined"] : [])
        let selecting = invocation.options.filter { Rerun.selecting.contains($0.name) }
        let unset = Set(selecting.compactMap(\.source).filter(Rerun.isVariable)).sorted()
        let head =
            unset.isEmpty ? ["forgebatch", "run"] : ["env"] + unset.flatMap { ["-u", $0] } + ["forgebatch", "run"]
        let kept = invocation.options.filter { !Rerun.layers.contains($0.name) && !Rerun.dropped.contains($0.name) }
        let place = place(video.raw)
        guard let place, let output else {
            // What a record of an older version tells. Rules see paths below their own root.
            let include = ["--include", Escape.shell(Rerun.pattern(place?.rest ?? video.raw))]
            return words(head + include + again, invocation.inputs, kept)
        }
        let settings = kept.filter { !Rerun.selecting.contains($0.name) }
        let target = ["-o", word(output)] + again
        let rest = settings.filter { $0.name != Rerun.out }
        // Behind a link to a folder the video's own folder is another one than the walk went through.
        guard invocation.options.contains(where: { $0.name == "follow" }) else {
            return words(head + [word(place.file)] + target, [], rest)
        }
        let walk = [word(place.root), "--include", Escape.shell(Rerun.pattern(place.rest))]
        return words(head + walk + target, [], rest + kept.filter { ["follow", "hidden"].contains($0.name) })
    }

    /// The video's file where the run found it, seen from another folder; nil where that is not known.
    ///
    /// - Parameter page: below the output folder, whose folder the link is for.
    func link(_ video: RawPath, from page: RawPath) -> String? {
        guard let output = invocation.output, output.isAbsolute, let file = place(video)?.file else { return nil }
        let (from, to) = (output.appending(page).parent.components, file.components)
        var shared = 0
        while shared < min(from.count, to.count - 1), from[shared] == to[shared] { shared += 1 }
        let up = Array(repeating: Array("..".utf8)[...], count: from.count - shared)
        let parts = up + to.dropFirst(shared)
        // A browser would take dots for the way up.
        guard to.allSatisfy({ !$0.elementsEqual("..".utf8) && !$0.elementsEqual(".".utf8) }) else { return nil }
        return Escape.urlPath(Array(parts.joined(separator: [UInt8(ascii: "/")])))
    }

    // MARK: Places

    private var output: RawPath? {
        invocation.value(Rerun.out) ?? invocation.output
            ?? (invocation.inputs.count > 1 ? RawPath("forgebatch-out") : nil)
    }

    /// Where a video lies: its input root, its path below that, and both together.
    private func place(_ video: RawPath) -> (root: RawPath, rest: RawPath, file: RawPath)? {
        var best: (root: InputRoot, file: RawPath)?
        for root in roots {
            guard let file = root.file(video) else { continue }
            // The longest name; of several folders that have it, the run's first.
            if best.map({ root.prefix.components.count > $0.root.prefix.components.count }) ?? true {
                best = (root, file)
            }
        }
        return best.map { root, file in
            let below = video.components.dropFirst(root.prefix.components.count)
            return (root.path, RawPath(bytes: Array(below.joined(separator: [UInt8(ascii: "/")]))), file)
        }
    }

    // MARK: Words

    private static let out = "out"
    /// Flags that say where settings come from; these stand in the command themselves.
    private static let layers: Set = ["config", "no-config"]
    /// Flags that say which videos are taken.
    private static let selecting: Set = [
        "ext", "max-depth", "hidden", "follow", "files-from", "null", "min-age", "error-if-empty", "root",
    ]
    /// What a second try at one video must not have: other rules, and what watches over whole runs.
    private static let dropped: Set = [
        "include", "exclude", "limit", "force", "retry-failed", "retry-quarantined", "dry-run", "junit",
        "metrics-textfile", "baseline", "keep-runs", "on-complete", "on-failure", "json", "quiet", "progress",
        "progress-rate",
    ]

    private static func isVariable(_ source: String) -> Bool { source.hasPrefix("FORGEBATCH_") }

    private func words(_ head: [String], _ inputs: [RawPath], _ options: [Invocation.Option]) -> String {
        let isAlone =
            run.invocation != nil
            && (run.settings["config"] != nil || invocation.options.contains { $0.name == "no-config" })
        return (head + inputs.map { word($0) } + options.flatMap { words($0) } + (isAlone ? ["--no-config"] : []))
            .joined(separator: " ")
    }

    private func words(_ option: Invocation.Option) -> [String] {
        guard let value = option.value else { return ["--\(option.name)"] }
        if option.name == Rerun.out { return ["-o", word(value)] }
        if value.bytes.first == UInt8(ascii: "-") || value.isEmpty {
            return [Escape.shell(Array("--\(option.name)=".utf8) + value.bytes)]
        }
        return ["--\(option.name)", Escape.shell(value.bytes)]
    }

    /// A path as seen from the folder of the commands, such that it is no flag.
    private func word(_ path: RawPath) -> String {
        var bytes = path.bytes
        if let folder = invocation.folder, path.isAbsolute, folder.components.count > 1, path.isInside(folder) {
            let rest = path.components.dropFirst(folder.components.count)
            bytes = rest.isEmpty ? Array(".".utf8) : Array(rest.joined(separator: [UInt8(ascii: "/")]))
            if bytes.first == UInt8(ascii: "~") { bytes = Array("./".utf8) + bytes }
        }
        if bytes.first == UInt8(ascii: "-"), bytes.count > 1 { bytes = Array("./".utf8) + bytes }
        return Escape.shell(bytes)
    }

    /// A file name pattern that matches this path alone. The slash before it anchors it, and keeps a leading dash from
    /// being taken for a flag.
    private static func pattern(_ path: RawPath) -> [UInt8] {
        var result = [UInt8(ascii: "/")]
        for byte in path.bytes {
            if Array("*?[]\\".utf8).contains(byte) { result.append(UInt8(ascii: "\\")) }
            result.append(byte)
        }
        return result
    }

    /// What a record of version 0.1.0 tells: the command line as it was typed.
    private static func invocation(of run: RunDocument) -> Invocation {
        var words = run.command
        if !words.isEmpty { words.removeFirst() }
        if words.first == "run" { words.removeFirst() }
        var result = Invocation()
        result.take(words.isEmpty ? run.input : words, oldFlags)
        return result
    }

    /// The flags without a value that version 0.1.0 had.
    private static let oldFlags = Invocation.Flags(
        plain: [
            "hidden", "follow", "null", "error-if-empty", "force", "retry-failed", "retry-quarantined", "dry-run",
            "quiet",
            "verbose", "json", "stills", "no-stills", "no-config",
        ], letters: ["o": out, "0": "null", "j": "jobs", "n": "dry-run", "q": "quiet", "v": "verbose"])
}

/// A setting of the run and where it came from.
struct RunSetting {
    let name: String
    let value: String
    /// Empty where the record does not tell it.
    let origin: String

    /// All that were in force, then further flags that were given.
    static func all(_ run: RunDocument) -> [RunSetting] {
        let settings = run.settings.members ?? []
        func name(_ option: Invocation.Option) -> String {
            option.name == "no-stills" ? "stills" : option.name
        }
        let options = run.invocation?.options ?? []
        let shown = settings.map { setting in
            let origins = options.filter { name($0) == setting.key }.map { origin($0) }
            let isTold = run.invocation != nil && setting.key != "config"
            return RunSetting(
                name: Text.shown(setting.key, limit: 80), value: Text.value(setting.value),
                origin: isTold ? origins.last ?? "default" : "")
        }
        let known = Set(settings.map(\.key) + ["config", "no-config"])
        let others = options.filter { !known.contains(name($0)) }.map { option in
            RunSetting(
                name: Text.shown(option.name, limit: 80),
                value: option.value.map { Text.shown($0.display, limit: 300) } ?? "yes", origin: origin(option))
        }
        return shown + others
    }

    private static func origin(_ option: Invocation.Option) -> String {
        option.source.map { Text.shown($0, limit: 200) } ?? "command line"
    }
}
