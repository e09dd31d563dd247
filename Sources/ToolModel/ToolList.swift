/// The list of tools that a person gives: names, and words for several.
package struct ToolList: Sendable {
    package enum Failure: Error, Equatable {
        /// There is no word in it.
        case empty
        /// `none` beside other words.
        case noneIsAlone
        /// Every tool was taken away again.
        case nothingLeft
        /// A name that no tool has.
        case unknown(String)
        /// The name of a plugin that has several tools: their ids.
        case several(plugin: String, [String])
    }

    /// Built-in ones in their order, then external ones in the order in which they were named.
    package let tools: [ToolDescriptor]

    /// - Parameters:
    ///   - text: words between commas, each with a sign or without: `+` adds what is named, as no sign does, and `-` takes
    ///     it away. A list that begins with a sign starts from the default set.
    ///   - builtIn: in the order of the manifest.
    ///   - external: tools of plugins; asked for only where a name is none of a built-in tool.
    /// - Throws: ``Failure``, and what `external` throws.
    package init(_ text: String, builtIn: [ToolDescriptor], external: () throws -> [ToolDescriptor]) throws {
        let words = text.split(separator: ",").map { $0.filter { $0 != " " } }
        guard !words.isEmpty else { throw Failure.empty }
        // Frames are counted and judged even without a tool; but nobody should get that by a slip.
        if words == ["none"] {
            tools = []
            return
        }
        let standard = builtIn.filter(\.isDefault)
        var chosen: [ToolDescriptor] = []
        for (index, word) in words.enumerated() {
            let sign = word.first.flatMap { $0 == "+" || $0 == "-" ? $0 : nil }
            let name = String(sign == nil ? Substring(word) : word.dropFirst())
            if index == 0, sign != nil { chosen = standard }
            let named: [ToolDescriptor]
            switch name {
            case "default": named = standard
            case "all": named = builtIn
            case "none": throw Failure.noneIsAlone
            default:
                if let tool = ToolResolver.tool(name, among: builtIn) {
                    named = [tool]
                } else {
                    named = [try ToolResolver.external(name, among: external())]
                }
            }
            if sign == "-" {
                chosen.removeAll { tool in named.contains { $0.id == tool.id } }
            } else {
                chosen += named.filter { tool in !chosen.contains { $0.id == tool.id } }
            }
        }
        guard !chosen.isEmpty else { throw Failure.nothingLeft }
        tools =
            builtIn.filter { tool in chosen.contains { $0.id == tool.id } } + chosen.filter { $0.origin != nil }
    }
}

extension ToolResolver {
    /// The external tool that a name means: `plugin/tool`, a plugin that has one tool, or a capability, of which the first
    /// tool is meant.
    ///
    /// - Throws: ``ToolList/Failure``.
    package static func external(_ name: String, among tools: [ToolDescriptor]) throws(ToolList.Failure)
        -> ToolDescriptor
    {
        if let tool = tools.first(where: { $0.id == name }) { return tool }
        let own = tools.filter { $0.origin?.plugin.manifest.id == name }
        if own.count > 1 { throw .several(plugin: name, own.map(\.id)) }
        guard let tool = own.first ?? tools.first(where: { $0.allCapabilities.contains(name) }) else {
            throw .unknown(name)
        }
        return tool
    }
}
