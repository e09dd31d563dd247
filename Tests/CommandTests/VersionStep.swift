import Bytes

/// A version of three numbers.
struct SemanticVersion: Comparable {
    let numbers: [Int]

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, parts.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
        numbers = parts.compactMap { $0 }
    }

    static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }

    /// The least version that may follow a release with such a change.
    func after(_ step: VersionStep) -> SemanticVersion? {
        let (major, minor, patch) = (numbers[0], numbers[1], numbers[2])
        // Before 1.0.0 each step is one place further to the right (SemVer 2.0.0, item 4, leaves it open).
        switch (step, major) {
        case (.none, _): return self
        case (.major, 1...): return SemanticVersion("\(major + 1).0.0")
        case (.major, _), (.minor, 1...): return SemanticVersion("\(major).\(minor + 1).0")
        case (.minor, _), (.patch, _): return SemanticVersion("\(major).\(minor).\(patch + 1)")
        }
    }
}

/// How far a version has to rise for a change.
enum VersionStep: Int, Comparable {
    case none, patch, minor, major

    static func < (left: VersionStep, right: VersionStep) -> Bool { left.rawValue < right.rawValue }

    /// Between two results' schemas: what was there must stay as it was; members may be added.
    static func schema(from old: JSON, to new: JSON) -> VersionStep {
        if old == new { return .none }
        return compare(meaning(old), meaning(new), path: [])
    }

    /// Between two manifests.
    static func manifest(from old: JSON, to new: JSON) -> VersionStep {
        let before = tools(old)
        let after = tools(new)
        var step = VersionStep.none
        for (id, tool) in before {
            guard let now = after.first(where: { $0.id == id })?.tool else { return .major }
            step = max(step, self.tool(from: tool, to: now))
        }
        if after.contains(where: { tool in !before.contains { $0.id == tool.id } }) { step = max(step, .minor) }
        let ignored: Set = ["tools", "version", "capabilities"]
        if without(ignored, old) != without(ignored, new) { step = max(step, .patch) }
        // The first tool with a capability is what a capability means.
        if before.map(\.id) != after.map(\.id).filter({ id in before.contains { $0.id == id } }) { step = .major }
        return step
    }

    private static func tool(from old: JSON, to new: JSON) -> VersionStep {
        for key in ["inputs", "outputs", "input_types", "output_types"] {
            if meaning(old[key] ?? .null) != meaning(new[key] ?? .null) { return .major }
        }
        let had = old["capabilities"]?.array ?? []
        let has = new["capabilities"]?.array ?? []
        if had.contains(where: { !has.contains($0) }) { return .major }
        if had.count != has.count { return .minor }
        return without(["cost"], old) == without(["cost"], new) ? .none : .patch
    }

    private static func tools(_ manifest: JSON) -> [(id: String, tool: JSON)] {
        (manifest["tools"]?.array ?? []).compactMap { tool in tool["id"]?.string.map { ($0, tool) } }
    }

    private static func without(_ keys: Set<String>, _ value: JSON) -> JSON {
        .object((value.members ?? []).filter { !keys.contains($0.key) })
    }

    /// Words for people mean nothing to programs, and the order of members neither. Below `properties` a key is a name.
    private static func meaning(_ value: JSON, isNames: Bool = false) -> JSON {
        switch value {
        case .object(let members):
            let words: Set = ["description", "title"]
            let kept = members.filter { isNames || !(words.contains($0.key) && $0.value.string != nil) }
            return .object(
                kept.map { member in
                    let areNames = !isNames && ["properties", "$defs"].contains(member.key)
                    return JSON.Member(member.key, meaning(member.value, isNames: areNames))
                }.sorted { $0.key < $1.key })
        case .array(let elements): return .array(elements.map { meaning($0) })
        default: return value
        }
    }

    private static func compare(_ old: JSON, _ new: JSON, path: [String]) -> VersionStep {
        if old == new { return path.isEmpty ? .patch : .none }
        guard let before = old.members, let after = new.members else { return .major }
        var step = VersionStep.patch
        for member in before {
            guard let now = new[member.key] else { return .major }
            step = max(step, compare(member.value, now, path: path + [member.key]))
        }
        let isNames = path.last == "properties" || path.last == "$defs"
        for member in after where old[member.key] == nil {
            // A further rule may refuse what was allowed; a further name may not.
            step = max(step, isNames ? .minor : .major)
        }
        return step
    }
}
