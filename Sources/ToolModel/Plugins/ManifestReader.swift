internal import Bytes

/// Reads one object of a manifest, and says of what is wrong where it stands.
struct ManifestReader {
    private let json: JSON
    /// What stands before a key, such as `tools[0].frames.`.
    private let place: String

    init(_ json: JSON, _ place: String) {
        self.json = json
        self.place = place
    }

    func error(_ key: String, _ text: String) -> ManifestError { ManifestError("\(place)\(key): \(text)") }

    func requireObject() throws(ManifestError) {
        guard json.members != nil else {
            throw ManifestError("\(place.isEmpty ? "the manifest" : String(place.dropLast())) is no object")
        }
    }

    // MARK: Texts

    func optionalText(_ key: String) throws(ManifestError) -> String? {
        guard let value = json[key] else { return nil }
        guard let text = value.string, !text.isEmpty else { throw error(key, "a text is wanted") }
        return text
    }

    func text(_ key: String) throws(ManifestError) -> String {
        guard let text = try optionalText(key) else { throw error(key, "is missing") }
        return text
    }

    /// A name of small letters, digits, `_` and `-`.
    func identifier(_ key: String) throws(ManifestError) -> String {
        let text = try text(key)
        guard ManifestReader.isIdentifier(text) else {
            throw error(key, "\(Escape.visible(text)) is not made of a to z, 0 to 9, _ and - alone")
        }
        return text
    }

    static func isIdentifier(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f || $0 == 0x2d
            }
    }

    func version(_ key: String) throws(ManifestError) -> String {
        let text = try text(key)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { throw error(key, "three numbers are wanted, such as 1.0.0") }
        return text
    }

    func optionalWord(_ key: String, among words: [String]) throws(ManifestError) -> String? {
        guard let text = try optionalText(key) else { return nil }
        guard words.contains(text) else {
            throw error(key, "\(Escape.visible(text)) is none of \(words.joined(separator: ", "))")
        }
        return text
    }

    func word(_ key: String, among words: [String]) throws(ManifestError) -> String {
        guard let text = try optionalWord(key, among: words) else {
            throw error(key, "is missing; there are \(words.joined(separator: ", "))")
        }
        return text
    }

    func optionalTexts(_ key: String) throws(ManifestError) -> [String] {
        guard let value = json[key] else { return [] }
        guard let list = value.array else { throw error(key, "a list of texts is wanted") }
        var texts: [String] = []
        for entry in list {
            guard let text = entry.string, !text.isEmpty else { throw error(key, "a list of texts is wanted") }
            texts.append(text)
        }
        return texts
    }

    func texts(_ key: String) throws(ManifestError) -> [String] {
        guard json[key] != nil else { throw error(key, "is missing") }
        return try optionalTexts(key)
    }

    /// A path that stays in the plugin's folder.
    static func beneath(_ path: String, _ key: String) throws(ManifestError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.hasPrefix("/"), !parts.contains(".."), !parts.contains("") else {
            throw ManifestError("\(key): \(Escape.visible(path)) is not a path within the plugin's folder")
        }
        return path
    }

    // MARK: Numbers

    func optionalBool(_ key: String) throws(ManifestError) -> Bool? {
        guard let value = json[key] else { return nil }
        guard let flag = value.bool else { throw error(key, "true or false is wanted") }
        return flag
    }

    func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(ManifestError) -> Int? {
        guard let value = json[key] else { return nil }
        guard let number = value.int, range.contains(number) else {
            throw error(key, "a whole number from \(range.lowerBound) to \(range.upperBound) is wanted")
        }
        return number
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(ManifestError) -> Int {
        guard let number = try optionalInteger(key, in: range) else { throw error(key, "is missing") }
        return number
    }

    func optionalNumber(_ key: String, in range: ClosedRange<Double>) throws(ManifestError) -> Double? {
        guard let value = json[key] else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw error(key, "a number from \(range.lowerBound) to \(range.upperBound) is wanted")
        }
        return number
    }

    // MARK: Objects

    func object(_ key: String) throws(ManifestError) -> ManifestReader? {
        guard let value = json[key] else { return nil }
        guard value.members != nil else { throw error(key, "an object is wanted") }
        return ManifestReader(value, "\(place)\(key).")
    }

    func list(_ key: String) throws(ManifestError) -> [JSON] {
        guard let value = json[key] else { throw error(key, "is missing") }
        guard let list = value.array else { throw error(key, "a list is wanted") }
        return list
    }

    func objects(_ key: String) throws(ManifestError) -> [ManifestReader] {
        guard json[key] != nil else { return [] }
        var readers: [ManifestReader] = []
        for (index, entry) in try list(key).enumerated() {
            let reader = ManifestReader(entry, "\(place)\(key)[\(index)].")
            try reader.requireObject()
            readers.append(reader)
        }
        return readers
    }

    // MARK: Settings and values

    /// Typed settings, in the words of JSON Schema.
    func settings(_ key: String) throws(ManifestError) -> [Setting] {
        guard let inputs = try object(key) else { return [] }
        var settings: [Setting] = []
        for member in inputs.json.members ?? [] {
            guard let reader = try inputs.object(member.key) else { continue }
            settings.append(try reader.setting(named: member.key))
        }
        return settings
    }

    private func setting(named key: String) throws(ManifestError) -> Setting {
        guard ManifestReader.isIdentifier(key) else {
            throw ManifestError("\(place.dropLast()): is not made of a to z, 0 to 9, _ and - alone")
        }
        let kind = try optionalWord("kind", among: ["measuring", "concluding"]) ?? "measuring"
        let help = try optionalText("description") ?? key
        let type = try word("type", among: ["number", "integer", "string", "boolean"])
        let setting: Setting
        let meaning: Setting.Kind = kind == "concluding" ? .detection : .measurement
        switch type {
        case "number":
            let least = try optionalNumber("minimum", in: -1e15...1e15) ?? -1e15
            let most = try optionalNumber("maximum", in: -1e15...1e15) ?? 1e15
            guard least <= most else { throw error("minimum", "is over maximum") }
            guard let standard = try optionalNumber("default", in: least...most) else {
                throw error("default", "is missing")
            }
            setting = .number(key, meaning, standard, in: least...most, help: help)
        case "integer":
            let bounds = -(1 << 53)...(1 << 53)
            let least = try optionalInteger("minimum", in: bounds) ?? bounds.lowerBound
            let most = try optionalInteger("maximum", in: bounds) ?? bounds.upperBound
            guard least <= most else { throw error("minimum", "is over maximum") }
            setting = .integer(key, meaning, try integer("default", in: least...most), in: least...most, help: help)
        case "boolean":
            guard let standard = try optionalBool("default") else { throw error("default", "is missing") }
            setting = .word(key, meaning, among: ["false", "true"], standard: "\(standard)", help: help)
        default:
            let words = try optionalTexts("enum")
            guard !words.isEmpty else { throw error("enum", "a text is one of a list: it is missing") }
            let standard = try optionalWord("default", among: words) ?? words[0]
            setting = .word(key, meaning, among: words, standard: standard, help: help)
        }
        return setting
    }

    /// The values of a frame.
    func fields(_ key: String) throws(ManifestError) -> [ToolOutputs.Field] {
        guard let frame = try object(key) else { return [] }
        var fields: [ToolOutputs.Field] = []
        for member in frame.json.members ?? [] {
            guard let reader = try frame.object(member.key) else { continue }
            guard ManifestReader.isIdentifier(member.key), !ManifestReader.reserved.contains(member.key) else {
                throw frame.error(member.key, "is no name for a value")
            }
            let range = -1e300...1e300
            fields.append(
                ToolOutputs.Field(
                    member.key, from: try reader.optionalNumber("minimum", in: range),
                    to: try reader.optionalNumber("maximum", in: range),
                    help: try reader.optionalText("description") ?? member.key))
        }
        return fields
    }

    /// What stands beside the values of a frame.
    private static let reserved: Set =
        ["candidates", "tracked_objects", "regions", PluginTool.droppedValues, PluginTool.droppedObjects]
}
