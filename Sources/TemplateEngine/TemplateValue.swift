/// What a name in a template stands for.
package enum TemplateValue {
    /// Empty text; a section over it is left out.
    case nothing
    /// Whether a section is shown. It is no context: names inside the section mean what they mean outside.
    case flag(Bool)
    /// A section over it is shown, even if it is empty.
    case text(String)
    /// A section over it is shown once for each element.
    case list(any TemplateList)
    /// A section over it is shown with its members.
    case object(any TemplateObject)
}

/// What tells its value itself. There is one such protocol for all that is asked of a value, because the first time that a type
/// is held against a protocol, the run time looks through all conformances of the program.
package protocol TemplateConvertible {
    var templateValue: TemplateValue { get }
}

/// Something with members.
package protocol TemplateObject: TemplateConvertible {
    /// A member's value, or nil when there is no such member: the name is then looked for further out.
    func member(_ name: String) -> TemplateValue?
}

/// Values one after the other, each made when it is its turn.
package protocol TemplateList: TemplateConvertible {
    var isEmpty: Bool { get }
    func forEachValue<Failure>(_ body: (TemplateValue) throws(Failure) -> Void) throws(Failure)
}

extension TemplateObject {
    package var templateValue: TemplateValue { .object(self) }
}

extension TemplateList {
    package var templateValue: TemplateValue { .list(self) }
}

extension Optional: TemplateConvertible {
    /// What it holds, or nothing.
    package var templateValue: TemplateValue { map { TemplateValue(reflecting: $0) } ?? .nothing }
}

extension Array: TemplateList, TemplateConvertible {
    package func forEachValue<Failure>(_ body: (TemplateValue) throws(Failure) -> Void) throws(Failure) {
        for element in self { try body(TemplateValue(reflecting: element)) }
    }
}

extension Dictionary: TemplateObject, TemplateConvertible where Key == String, Value == TemplateValue {
    package func member(_ name: String) -> TemplateValue? { self[name] }
}

extension TemplateValue {
    /// A value of Swift: text, flag, list, object; optionals are what they hold or nothing; a structure's members are
    /// its stored properties; what else there is becomes its description.
    package init(reflecting value: Any) {
        switch value {
        case let value as TemplateValue: self = value
        case let text as String: self = .text(text)
        case let flag as Bool: self = .flag(flag)
        case let number as Int: self = .text(number.description)
        case let value as any TemplateConvertible: self = value.templateValue
        case let text as any CustomStringConvertible: self = .text(text.description)
        default:
            let mirror = Mirror(reflecting: value)
            switch mirror.displayStyle {
            case .struct where !mirror.children.isEmpty: self = .object(Members(mirror))
            default: self = .text(String(describing: value))
            }
        }
    }
}

/// A structure's stored properties by name. Reflecting it once is much cheaper than once for each name.
private struct Members: TemplateObject {
    private var values: [String: Any] = [:]

    init(_ mirror: Mirror) {
        for child in mirror.children {
            if let name = child.label { values[name] = child.value }
        }
    }

    func member(_ name: String) -> TemplateValue? { values[name].map { TemplateValue(reflecting: $0) } }
}
