internal import Bytes

/// An answer, before it is HTTP.
enum Reply: Sendable {
    case json(JSON)
    /// A JSON object whose last member is the content of a file: `head` is all before it, from the opening brace on.
    case document(head: [UInt8], file: ServedFile)
    case file(ServedFile)
    /// A page or a script that is part of this program.
    case content([UInt8], type: String)
}

/// A file to be answered with, known to be there when it was looked for.
struct ServedFile: Sendable {
    var path: RawPath
    /// Bytes.
    var size: Int64
    /// Strong: the same tag means the same bytes.
    var tag: String
    var type: String
    /// What a browser would call it when it is saved.
    var name: String?
}

/// A request that cannot be answered as asked.
struct Refusal: Error, Equatable, Sendable {
    var status: Int
    /// One sentence for a person.
    var detail: String
    /// The methods that there are, for 405.
    var allow: String?

    static func notFound(_ detail: String) -> Refusal { Refusal(status: 404, detail: detail) }
    static func unusable(_ detail: String) -> Refusal { Refusal(status: 422, detail: detail) }
}

/// The query of a request. The first of several values of a name counts.
struct Query: Sendable {
    private let values: [(name: String, value: String)]

    init(_ values: [(name: String, value: String)] = []) { self.values = values }

    subscript(_ name: String) -> String? { values.first { $0.name == name }?.value }

    /// A number within a range.
    func number(_ name: String, _ range: ClosedRange<Int>, default standard: Int) throws(Refusal) -> Int {
        guard let text = self[name] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            let most = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
            throw .unusable("\(name) has to be a number, \(range.lowerBound) \(most)")
        }
        return value
    }
}
