import Testing

/// Reads the targets of Package.swift, which is text to everybody but the build.
enum PackageManifest {
    /// Each target's dependencies by module name.
    static func dependencies(_ manifest: String) throws -> [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        let start = try #require(manifest.firstRange(of: "targets: [")?.upperBound)
        for piece in manifest[start...].split(separator: "arget(").dropFirst() {
            let name = try #require(quoted(piece).first)
            guard let list = piece.firstRange(of: "dependencies: [") else {
                result[name] = []
                continue
            }
            // Products stand in parentheses with their package, whose name is no module.
            var modules: Set<String> = []
            var depth = 1
            var rest = piece[list.upperBound...]
            while depth > 0, let character = rest.first {
                if character == "[" { depth += 1 }
                if character == "]" { depth -= 1 }
                if character == "\"" {
                    let text = try #require(quoted(rest).first)
                    if !rest.base[..<rest.startIndex].hasSuffix("package: ") { modules.insert(text) }
                    rest = rest.dropFirst(text.count + 2)
                } else {
                    rest = rest.dropFirst()
                }
            }
            result[name] = modules
        }
        return result
    }

    /// The texts between quotation marks.
    private static func quoted(_ text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
