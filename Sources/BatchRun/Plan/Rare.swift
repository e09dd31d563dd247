/// A value that most have not, kept outside of what has it: a plan of a million new videos does not pay for the entry of the
/// catalog that none of them has.
@propertyWrapper
package struct Rare<Value: Equatable & Sendable>: Equatable, Sendable {
    private enum Box: Equatable, Sendable {
        case none
        indirect case some(Value)
    }

    private var box: Box

    package init(wrappedValue: Value?) { box = wrappedValue.map { .some($0) } ?? .none }

    package var wrappedValue: Value? {
        get { if case .some(let value) = box { value } else { nil } }
        set { box = newValue.map { .some($0) } ?? .none }
    }
}
