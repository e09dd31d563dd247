package import Bytes

/// The value of a setting.
package enum SettingValue: Hashable, Sendable {
    case number(Double)
    case integer(Int)
    case word(String)

    /// As results and orders hold it.
    package var json: JSON {
        switch self {
        case .number(let value): .double(value)
        case .integer(let value): .int(value)
        case .word(let value): .string(value)
        }
    }

    /// For people.
    package var text: String { json.string ?? JSONWriter.text(json) }
}

extension SettingValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(stringLiteral value: String) { self = .word(value) }
}

/// Something that a tool can be told: a number or an integer with its bounds, or one of a few words.
package struct Setting: Sendable {
    package enum Kind: String, Sendable {
        /// Changes pixel work: another value needs another decode.
        case measurement = "measuring"
        /// A threshold on stored numbers: results can be re-evaluated without decoding.
        case detection = "concluding"
    }

    /// The values that it may have.
    package enum Domain: Equatable, Sendable {
        case number(ClosedRange<Double>)
        case integer(ClosedRange<Int>)
        case word([String])
    }

    package let key: String
    package let kind: Kind
    /// The value where none is given.
    package let standard: SettingValue
    package let domain: Domain
    package let help: String

    private init(_ key: String, _ kind: Kind, _ standard: SettingValue, _ domain: Domain, _ help: String) {
        self.key = key
        self.kind = kind
        self.standard = standard
        self.domain = domain
        self.help = help
    }

    package static func number(
        _ key: String, _ kind: Kind, _ standard: Double, in range: ClosedRange<Double>, help: String
    ) -> Setting { Setting(key, kind, .number(standard), .number(range), help) }

    package static func integer(
        _ key: String, _ kind: Kind, _ standard: Int, in range: ClosedRange<Int>, help: String
    ) -> Setting { Setting(key, kind, .integer(standard), .integer(range), help) }

    /// A choice among words; the first is the default.
    package static func word(_ key: String, _ kind: Kind, _ first: String, _ others: String..., help: String) -> Setting
    {
        Setting(key, kind, .word(first), .word([first] + others), help)
    }

    /// A choice among words, of which any may be the default.
    static func word(_ key: String, _ kind: Kind, among words: [String], standard: String, help: String) -> Setting {
        Setting(key, kind, .word(standard), .word(words), help)
    }

    /// Whether its values are numbers.
    package var isNumeric: Bool {
        switch domain {
        case .number, .integer: true
        case .word: false
        }
    }

    /// The value that a text stands for; nil when it is out of bounds, no number or no such word.
    package func value(_ text: String) -> SettingValue? {
        switch domain {
        case .number(let range): Double(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .integer(let range):
            Double(text).flatMap { Int(exactly: $0) }.flatMap { range.contains($0) ? .integer($0) : nil }
        case .word(let words): words.contains(text) ? .word(text) : nil
        }
    }

    /// A value as this setting holds it: an integer is a number, too, and of a number where an integer is wanted, as
    /// earlier versions stored it, the fraction is dropped. Nil when it is of another type.
    package func value(_ value: SettingValue) -> SettingValue? {
        switch (domain, value) {
        case (.number, .number), (.integer, .integer): value
        case (.number, .integer(let value)): .number(Double(value))
        case (.integer, .number(let value)): Int(exactly: value.rounded(.towardZero)).map { .integer($0) }
        case (.word(let words), .word(let word)): words.contains(word) ? value : nil
        default: nil
        }
    }

    /// The value that a result or an order holds; nil when it is of another type.
    package func value(_ json: JSON?) -> SettingValue? {
        switch json {
        case .int(let number): Int(exactly: number).flatMap { value(.integer($0)) }
        case .double(let number): value(.number(number))
        case .string(let word): value(.word(word))
        default: nil
        }
    }

    /// What it may be, for people: `a number from 0 to 1`, `off or full`.
    package var expectation: String {
        switch domain {
        case .number: "a number from \(bounds)"
        case .integer: "a whole number from \(bounds)"
        case .word: bounds
        }
    }

    /// `0 to 1`, `off or full`.
    package var bounds: String {
        switch domain {
        case .number(let range):
            "\(SettingValue.number(range.lowerBound).text) to \(SettingValue.number(range.upperBound).text)"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .word(let words): words.joined(separator: " or ")
        }
    }
}

/// A tool's settings, complete: every declared key has a value of its type.
package struct ToolSettings: Equatable, Sendable {
    package private(set) var values: [String: SettingValue]

    /// The tool's defaults with some of them replaced. Keys that the tool does not declare, and values of another type,
    /// are ignored; the command line refuses them before.
    package init(_ declared: [Setting], replacing given: [String: SettingValue] = [:]) {
        values = Dictionary(
            declared.map { setting in
                (setting.key, given[setting.key].flatMap { setting.value($0) } ?? setting.standard)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// - Precondition: the tool declares a number, or an integer, of this name.
    package func number(_ key: String) -> Double {
        switch values[key] {
        case .number(let value): return value
        case .integer(let value): return Double(value)
        default: preconditionFailure("a tool reads a number that it does not declare: \(key)")
        }
    }

    /// - Precondition: the tool declares an integer of this name.
    package func integer(_ key: String) -> Int {
        guard case .integer(let value) = values[key] else {
            preconditionFailure("a tool reads an integer that it does not declare: \(key)")
        }
        return value
    }

    /// - Precondition: the tool declares a word of this name.
    package func word(_ key: String) -> String {
        guard case .word(let value) = values[key] else {
            preconditionFailure("a tool reads a word that it does not declare: \(key)")
        }
        return value
    }
}

extension ToolDescriptor {
    /// Id, version and settings, as results list a tool and as the settings' digest takes it; of an external one also what
    /// else its measures depend on.
    package func json(_ settings: ToolSettings) -> JSON {
        .members([
            "id": .string(id), "version": .string(version),
            "fingerprint": origin.map { .string($0.plugin.fingerprint) },
            "device": origin.map { .string($0.plugin.device) },
            "settings": .object(
                self.settings.map { JSON.Member($0.key, (settings.values[$0.key] ?? $0.standard).json) }),
        ])
    }
}
