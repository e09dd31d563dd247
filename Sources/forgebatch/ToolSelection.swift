internal import Bytes
internal import FrameTools
internal import Jobs
internal import ToolModel

/// `--tools` and `--set`, resolved against the tools that there are.
struct ToolSelection {
    private(set) var orders: [JobRequest.Tool] = []
    /// As results list them.
    private(set) var descriptions: [JSON] = []

    init(list: String, settings: [String]) throws {
        let chosen = try ToolSelection.resolve(list)
        var given: [String: [String: SettingValue]] = [:]
        for text in settings {
            let (tool, setting, value) = try ToolSelection.setting(text)
            given[tool.id, default: [:]][setting.key] = value
        }
        for tool in ToolRegistry.descriptors where chosen.contains(tool.id) {
            let complete = ToolSettings(tool.settings, replacing: given[tool.id] ?? [:])
            orders.append(JobRequest.Tool(id: tool.id, settings: complete.values.mapValues(\.json)))
            descriptions.append(tool.json(complete))
        }
    }

    private static func resolve(_ list: String) throws -> Set<String> {
        let tools = ToolRegistry.descriptors
        let standard = tools.filter(\.isDefault).map(\.id)
        var chosen: Set<String> = []
        let words = list.split(separator: ",").map { $0.filter { $0 != " " } }
        guard !words.isEmpty else { throw Failure(64, "--tools: no tool given; try --tools default") }
        // Frames are counted and judged even without a tool; but nobody should get that by a slip.
        if words == ["none"] { return [] }
        for (index, word) in words.enumerated() {
            let isTaken = word.hasPrefix("-")
            let name = String(isTaken ? word.dropFirst() : Substring(word))
            // A list that only takes away starts from the default set.
            if index == 0, isTaken { chosen = Set(standard) }
            let ids: [String]
            switch name {
            case "default": ids = standard
            case "all": ids = tools.map(\.id)
            case "none": throw Failure(64, "--tools \(Escape.visible(list)): none stands alone")
            default:
                guard let tool = ToolResolver.tool(name, among: tools) else {
                    // The plugin's name is no part of what was mistyped.
                    let prefix = ToolManifest.pluginID + "/"
                    let word = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
                    let near = Suggestion.near(
                        word, among: ToolResolver.names(among: tools) + ["default", "all", "none"])
                    let hint = near.isEmpty ? "forgebatch tools lists them" : "did you mean \(near)?"
                    throw Failure(64, "--tools: there is no tool named '\(Escape.visible(name))'; \(hint)")
                }
                ids = [tool.id]
            }
            if isTaken { chosen.subtract(ids) } else { chosen.formUnion(ids) }
        }
        guard !chosen.isEmpty else { throw Failure(64, "--tools \(Escape.visible(list)): no tool is left") }
        return chosen
    }

    /// - Parameter tools: those that there are.
    static func setting(
        _ text: String, among tools: [ToolDescriptor] = ToolRegistry.descriptors
    ) throws -> (tool: ToolDescriptor, setting: Setting, value: SettingValue) {
        let shown = Escape.visible(text)
        let parts = text.split(separator: "=", maxSplits: 1)
        let name = parts.first?.split(separator: ".") ?? []
        guard parts.count == 2, name.count == 2 else {
            throw Failure(64, "--set \(shown): write TOOL.KEY=VALUE, such as scene.threshold=12")
        }
        let (id, key) = (String(name[0]), String(name[1]))
        guard let tool = tools.first(where: { $0.id == id }) else {
            let near = Suggestion.text(for: id, among: tools.map(\.id))
            throw Failure(64, "--set \(shown): there is no tool named '\(Escape.visible(id))'\(near)")
        }
        guard let setting = tool.setting(key) else {
            let near = Suggestion.text(for: key, among: tool.settings.map(\.key))
            throw Failure(64, "--set \(shown): \(id) has no setting '\(Escape.visible(key))'\(near)")
        }
        guard let value = setting.value(String(parts[1])) else {
            throw Failure(64, "--set \(shown): \(id).\(key) is \(setting.expectation) (\(setting.help))")
        }
        return (tool, setting, value)
    }
}

/// Names that a person may have meant.
enum Suggestion {
    /// `; did you mean 'scene'?`, or the list of what there is when nothing is near.
    static func text(for word: String, among names: [String]) -> String {
        let near = names.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(1, word.count / 3) { return "; did you mean '\(near.0)'?" }
        return names.isEmpty ? "" : names.count <= 12 ? "; there are \(names.joined(separator: ", "))" : ""
    }

    /// `'scene'`, or `'luma' or 'blur'`: the names that are nearest, and those that the word is a part of; empty if none.
    static func near(_ word: String, among names: [String]) -> String {
        let ranked = names.enumerated().map { (index, name) in
            (distance: distance(word, name), isPart: word.count > 2 && name.contains(word), index: index, name: name)
        }
        let near = ranked.filter { $0.isPart || $0.distance <= max(1, word.count / 3) }
        return near.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(3).map { "'\($0.name)'" }
            .joined(separator: " or ")
    }

    /// Levenshtein's edit distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (first, second) = (Array(left), Array(right))
        var row = Array(0...second.count)
        for (i, a) in first.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, b) in second.enumerated() {
                let replaced = previous + (a == b ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[second.count]
    }
}
