package import Bytes

/// A difference between two versions of what programs build on, and how far it makes the version rise: a changed input or
/// output is major, a new tool or member minor, all else a patch.
package struct VersionChange: Equatable, Sendable {
    package let step: VersionStep
    /// What changed, on one line, for people.
    package let text: String

    private init(_ step: VersionStep, _ text: String) {
        self.step = step
        self.text = text
    }

    /// Between two schemas of JSON Schema: what was there must stay as it was; members may be added.
    ///
    /// - Complexity: O(n) for n values, O(n²) for objects of n members.
    package static func schema(from old: JSON, to new: JSON) -> [VersionChange] {
        // Which version it is says nothing of what changed.
        func content(_ schema: JSON) -> JSON {
            .object((schema.members ?? []).filter { !["version", "$id"].contains($0.key) })
        }
        let (old, new) = (content(old), content(new))
        if old == new { return [] }
        let changes = differences(meaning(old), meaning(new), path: []).map { difference in
            // A further rule may refuse what was allowed; a further name may not.
            VersionChange(difference.kind == .newName ? .minor : .major, difference.text)
        }
        return changes.isEmpty ? [VersionChange(.patch, "only words for people changed")] : changes
    }

    /// Between two manifests, of ours or of a plugin. Costs and what both versions are do not count.
    package static func manifest(from old: JSON, to new: JSON) -> [VersionChange] {
        let (before, after) = (tools(old), tools(new))
        var changes: [VersionChange] = []
        if let was = old["id"], let now = new["id"], was != now {
            changes.append(VersionChange(.major, "id: \(short(was)), now \(short(now))"))
        }
        for (id, tool) in before {
            guard let now = after.first(where: { $0.id == id })?.tool else {
                changes.append(VersionChange(.major, "tool \(id) is gone"))
                continue
            }
            changes += self.tool(id, from: tool, to: now)
        }
        for (id, _) in after where !before.contains(where: { $0.id == id }) {
            changes.append(VersionChange(.minor, "tool \(id) is new"))
        }
        let kept = before.map(\.id).filter { id in after.contains { $0.id == id } }
        if kept != after.map(\.id).filter({ kept.contains($0) }) {
            changes.append(
                VersionChange(.major, "the tools have another order, and a capability means the first that has it"))
        }
        return changes + others(from: old, to: new, apart: ["id", "tools", "version", "capabilities"], "")
    }

    private static func tool(_ id: String, from old: JSON, to new: JSON) -> [VersionChange] {
        let contract = ["inputs", "outputs", "input_types", "output_types"]
        var changes = contract.flatMap { key in
            differences(meaning(old[key] ?? .null), meaning(new[key] ?? .null), path: [key]).map {
                VersionChange(.major, "tool \(id): \($0.text)")
            }
        }
        let had = old["capabilities"]?.array ?? []
        let has = new["capabilities"]?.array ?? []
        changes += had.filter { !has.contains($0) }.map {
            VersionChange(.major, "tool \(id): capability \(short($0)) is gone")
        }
        changes += has.filter { !had.contains($0) }.map {
            VersionChange(.minor, "tool \(id): capability \(short($0)) is new")
        }
        // What is left of inputs and outputs are words.
        let words = contract.filter { old[$0] != new[$0] && !changes.contains { $0.step == .major } }
        changes += words.map { VersionChange(.patch, "tool \(id): words of \($0) changed") }
        let apart = Set(contract).union(["cost"]).union(had.count == has.count ? [] : ["capabilities"])
        return changes + others(from: old, to: new, apart: apart, "tool \(id): ")
    }

    /// Members that are another's business.
    private static func others(
        from old: JSON, to new: JSON, apart: Set<String>, _ prefix: String
    ) -> [VersionChange] {
        var keys: [String] = []
        for member in (old.members ?? []) + (new.members ?? []) where !keys.contains(member.key) {
            keys.append(member.key)
        }
        return keys.filter { !apart.contains($0) && old[$0] != new[$0] }.map {
            VersionChange(.patch, "\(prefix)\(Escape.visible($0)) changed")
        }
    }

    private static func tools(_ manifest: JSON) -> [(id: String, tool: JSON)] {
        (manifest["tools"]?.array ?? []).compactMap { tool in tool["id"]?.string.map { (Escape.visible($0), tool) } }
    }

    // MARK: Differences

    private struct Difference {
        enum Kind { case gone, newName, newRule, changed }
        let kind: Kind
        let text: String
    }

    /// Members below which a key is a name and not a rule.
    private static let namesAreBelow: Set = ["properties", "$defs", "definitions"]

    /// Words for people mean nothing to programs, and the order of members neither.
    private static func meaning(_ value: JSON, isNames: Bool = false) -> JSON {
        switch value {
        case .object(let members):
            let words: Set = ["description", "title"]
            let kept = members.filter { isNames || !(words.contains($0.key) && $0.value.string != nil) }
            return .object(
                kept.map { member in
                    let areNames = !isNames && namesAreBelow.contains(member.key)
                    return JSON.Member(member.key, meaning(member.value, isNames: areNames))
                }.sorted { $0.key < $1.key })
        case .array(let elements): return .array(elements.map { meaning($0) })
        default: return value
        }
    }

    private static func differences(_ old: JSON, _ new: JSON, path: [String]) -> [Difference] {
        if old == new { return [] }
        guard let before = old.members, let after = new.members else {
            return [Difference(kind: .changed, text: "\(name(path)): \(short(old)), now \(short(new))")]
        }
        var found: [Difference] = []
        for member in before {
            let inside = path + [member.key]
            if let now = new[member.key] {
                found += differences(member.value, now, path: inside)
            } else {
                found.append(Difference(kind: .gone, text: "\(name(inside)) is gone"))
            }
        }
        let areNames = path.last.map { namesAreBelow.contains($0) } ?? false
        for member in after where old[member.key] == nil {
            found.append(
                Difference(kind: areNames ? .newName : .newRule, text: "\(name(path + [member.key])) is new"))
        }
        return found
    }

    private static func name(_ path: [String]) -> String {
        path.isEmpty ? "the whole" : Escape.visible(path.joined(separator: "."))
    }

    /// A value on one line of at most 60 characters.
    private static func short(_ value: JSON) -> String {
        let text = value.isNull ? "nothing" : Escape.visible(JSONWriter.text(value))
        return text.count <= 60 ? text : text.prefix(57) + "..."
    }
}
