internal import Bytes

/// What a process is asked that looks at the inputs in the place of the run: one line of JSON.
///
/// A call to a share that does not answer may not return before the share does, whatever signal comes. Only a process that
/// nobody has to wait for may make it.
struct LookRequest: Sendable {
    enum Question: Sendable {
        /// What each path is.
        case survey
        /// Which videos there are below the paths.
        case walk(DiscoveryOptions)
        /// The fingerprints of videos of these sizes.
        case fingerprints(sizes: [Int64])
        /// The paths in a list, the only path of the request: one a line, or each ended by a NUL byte.
        case list(isNullSeparated: Bool)
        /// Which of the paths are not there any more.
        case missing
    }

    var question: Question
    var paths: [RawPath]
    /// What gave no answer before and is not asked again, with the words for it.
    var silent: [RawPath: String] = [:]

    func encode() -> [UInt8] {
        func list(_ paths: [RawPath]) -> JSON { .array(paths.map { .object($0.members()) }) }
        var members: [JSON.Member] = []
        switch question {
        case .survey: members.append(JSON.Member("question", "survey"))
        case .walk(let options):
            members += [JSON.Member("question", "walk"), JSON.Member("options", options.json)]
        case .fingerprints(let sizes):
            members += [JSON.Member("question", "fingerprints"), JSON.Member("sizes", .array(sizes.map { .int($0) }))]
        case .list(let isNullSeparated):
            members += [JSON.Member("question", "list"), JSON.Member("null_separated", .bool(isNullSeparated))]
        case .missing: members.append(JSON.Member("question", "missing"))
        }
        members.append(JSON.Member("paths", list(paths)))
        members.append(
            JSON.Member(
                "silent",
                .array(silent.map { .object($0.key.members() + [JSON.Member("reason", .string($0.value))]) })))
        return JSONWriter.encode(.object(members)) + [0x0a]
    }

    init(_ question: Question, _ paths: [RawPath], silent: [RawPath: String] = [:]) {
        (self.question, self.paths, self.silent) = (question, paths, silent)
    }

    /// Nil for what no run asks.
    init?(_ json: JSON) {
        guard let paths = json["paths"]?.array?.map({ RawPath($0) }), !paths.contains(nil) else { return nil }
        self.paths = paths.compactMap { $0 }
        switch json["question"]?.string {
        case "survey": question = .survey
        case "walk":
            guard let options = json["options"].flatMap({ DiscoveryOptions($0) }) else { return nil }
            question = .walk(options)
        case "fingerprints":
            guard let sizes = json["sizes"]?.array?.compactMap(\.int), sizes.count == paths.count else { return nil }
            question = .fingerprints(sizes: sizes.map { Int64($0) })
        case "list":
            guard let isNullSeparated = json["null_separated"]?.bool, paths.count == 1 else { return nil }
            question = .list(isNullSeparated: isNullSeparated)
        case "missing": question = .missing
        default: return nil
        }
        for entry in json["silent"]?.array ?? [] {
            guard let path = RawPath(entry), let reason = entry["reason"]?.string else { return nil }
            silent[path] = reason
        }
    }
}

extension DiscoveryOptions {
    var json: JSON {
        let rules = rules.map { rule -> JSON in
            switch rule {
            case .include(let glob): .object(glob.pattern.members("include"))
            case .exclude(let glob): .object(glob.pattern.members("exclude"))
            }
        }
        let members = JSON.members([
            "rules": .array(rules), "extensions": extensions.map { .array($0.sorted().map { .string($0) }) },
            "missing": .array(missingFormats.sorted().map { .string($0) }), "max_depth": maxDepth.map { .int($0) },
            "hidden": .bool(hidden), "follow": .bool(follow), "min_age": minAge.map { .int($0) }, "now": .int(now),
        ])
        return .object((members.members ?? []) + (output?.members("output") ?? []))
    }

    init?(_ json: JSON) {
        guard let now = json["now"]?.int, let rules = json["rules"]?.array, let hidden = json["hidden"]?.bool,
            let follow = json["follow"]?.bool
        else { return nil }
        self.init(now: Int64(now))
        for rule in rules {
            if let pattern = RawPath(rule, key: "include") {
                self.rules.append(.include(Glob(pattern)))
            } else if let pattern = RawPath(rule, key: "exclude") {
                self.rules.append(.exclude(Glob(pattern)))
            } else {
                return nil
            }
        }
        extensions = json["extensions"]?.array.map { Set($0.compactMap(\.string)) }
        missingFormats = Set(json["missing"]?.array?.compactMap(\.string) ?? [])
        maxDepth = json["max_depth"]?.int
        (self.hidden, self.follow) = (hidden, follow)
        minAge = json["min_age"]?.int.map { Int64($0) }
        output = RawPath(json, key: "output")
    }
}
