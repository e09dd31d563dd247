/// Which target may import what: the diagram and the table of docs/architecture.md, as a program reads them.
enum ImportRules {
    /// Our own modules that a target may import.
    static let arrows: [String: Set<String>] = [
        "Frames": [],
        "Bytes": [],
        "VideoFormats": [],
        "TemplateEngine": [],
        "WebSocketChannel": [],
        "Media": ["Frames", "VideoFormats", "Bytes"],
        "ToolModel": ["Bytes"],
        "FrameTools": ["Frames", "ToolModel"],
        "FrameResults": ["Jobs", "Bytes"],
        "Analysis": ["FrameTools", "ToolModel", "FrameResults", "Frames", "Bytes"],
        "Stills": ["Frames", "Media"],
        "Jobs": ["Bytes"],
        "VideoWorker": [
            "Media", "Analysis", "FrameTools", "ToolModel", "Stills", "FrameResults", "Jobs", "Frames", "Bytes",
        ],
        "Store": ["Jobs", "Bytes"],
        "BatchRun": ["Store", "Jobs", "ToolModel", "VideoFormats", "Bytes"],
        "Archive": ["Analysis", "FrameTools", "ToolModel", "FrameResults", "Store", "Jobs", "Bytes"],
        "HTMLReport": ["TemplateEngine", "Archive", "ToolModel", "FrameResults", "Store", "Jobs", "Bytes"],
        "ReplayServer": ["WebSocketChannel", "Archive", "FrameResults", "Store", "Jobs", "VideoFormats", "Bytes"],
        "forgebatch": [
            "ReplayServer", "BatchRun", "VideoWorker", "Archive", "HTMLReport", "Store", "Jobs", "Bytes", "FrameTools",
            "ToolModel",
            "VideoFormats",
        ],
    ]

    /// Modules from outside, each with the only target that imports it.
    static let owners: [String: String] = [
        "CKernels": "Frames", "CSHA": "Bytes", "CZlib": "Bytes", "CFFmpeg": "Media", "CPNG": "Stills",
        "Subprocess": "BatchRun", "SystemPackage": "BatchRun", "ArgumentParser": "forgebatch", "CYAML": "forgebatch",
        "NIOWebSocket": "WebSocketChannel", "NIOConcurrencyHelpers": "WebSocketChannel", "NIOPosix": "ReplayServer",
    ]

    /// Modules from outside that two targets import: the event loop, under WebSockets and beside them, the files that are
    /// built in, and what confines workers and external tools.
    static let shared: [String: Set<String>] = [
        "NIOCore": ["WebSocketChannel", "ReplayServer"], "NIOHTTP1": ["WebSocketChannel", "ReplayServer"],
        "CAssets": ["HTMLReport", "ToolModel"], "CLimits": ["VideoWorker", "BatchRun"],
    ]

    /// The C library and the like, for those that call the system themselves. Whoever is not here has no way to a file,
    /// a clock or a thread but through `Bytes`.
    static let system: [String: Set<String>] = [
        "Bytes": ["Glibc", "Musl"], "Media": ["Glibc", "Musl"], "VideoWorker": ["Glibc", "Musl"],
        "BatchRun": ["Dispatch", "Synchronization"], "ReplayServer": ["Dispatch", "Synchronization"],
        "forgebatch": ["Glibc", "Musl", "Synchronization"],
    ]

    static func mayImport(_ module: String, in target: String) -> Bool {
        arrows[target, default: []].contains(module) || owners[module] == target
            || shared[module, default: []].contains(target)
            || system[target, default: []].contains(module)
    }

    /// The modules that a source imports, with what stands before `import`.
    static func imports(in source: String) -> [(module: String, words: [String])] {
        source.split(separator: "\n").compactMap { line in
            let code = line.prefix(while: { $0 != "/" })
            var words = code.split(separator: " ").map { String($0) }
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@") })
            else { return nil }
            let before = Array(words[..<place])
            words.removeFirst(place + 1)
            if kinds.contains(words[0]), words.count > 1 { words.removeFirst() }
            return (String(words[0].prefix { $0 != "." && $0 != ";" }), before)
        }
    }

    /// What is wrong with a source of a target, one sentence for each breach.
    static func breaches(in source: String, target: String) -> [String] {
        var result: [String] = []
        for (module, words) in imports(in: source) {
            if !mayImport(module, in: target) { result.append("\(target) must not import \(module)") }
            if words.contains("@_exported") { result.append("\(target) must not hand on \(module)") }
            if words.contains("@testable") { result.append("\(target) must not look into \(module)") }
        }
        for line in source.split(separator: "\n") {
            let words = line.prefix(while: { $0 != "/" && $0 != "\"" }).split(separator: " ")
            // `open` is a name, too, unless a declaration follows it.
            let isOpen = zip(words, words.dropFirst()).contains { $0 == "open" && declaring.contains(String($1)) }
            if isOpen || words.contains(where: { $0 == "public" || $0 == "public(set)" }) {
                result.append("\(target) has a public declaration: \(line)")
            }
        }
        return result
    }

    private static let modifiers: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
    private static let declaring = kinds.union([
        "class", "override", "static", "subscript", "init", "final", "private(set)",
    ])
    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor",
    ]
}
