internal import TemplateEngine

/// What a page's template may name: the members of the page's parts, as if they were one structure.
struct PageMembers: TemplateObject {
    private let parts: [any TemplateObject]

    /// - Parameter parts: structures, none with a member that another one has.
    init(_ parts: any Sendable...) {
        self.parts = parts.compactMap { part in
            guard case .object(let members) = TemplateValue(reflecting: part) else { return nil }
            return members
        }
    }

    func member(_ name: String) -> TemplateValue? {
        for part in parts { if let value = part.member(name) { return value } }
        return nil
    }
}
