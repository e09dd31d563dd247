internal import BatchRun
internal import Bytes

/// `--include` and `--exclude` in the order in which they were given.
enum Rules {
    private typealias FilterArgument = (isInclude: Bool, glob: RawPath)

    static func inOrder(includes: [String], excludes: [String]) -> [DiscoveryOptions.Rule] {
        arguments(includes, excludes).map { $0.isInclude ? .include(Glob($0.glob)) : .exclude(Glob($0.glob)) }
    }

    /// The same as texts that differ where the rules do.
    static func texts(includes: [String], excludes: [String]) -> [String] {
        arguments(includes, excludes).map { ($0.isInclude ? "+" : "-") + $0.glob.display }
    }

    private static func arguments(_ includes: [String], _ excludes: [String]) -> [FilterArgument] {
        var rules: [FilterArgument] = []
        var (takes, leaves) = (includes.map(glob)[...], excludes.map(glob)[...])
        for argument in ConfigurationLayers.effective.prefix(while: { $0 != "--" }) {
            if argument == "--include" || argument.hasPrefix("--include=") {
                if let glob = takes.popFirst() { rules.append((true, glob)) }
            } else if argument == "--exclude" || argument.hasPrefix("--exclude=") {
                if let glob = leaves.popFirst() { rules.append((false, glob)) }
            }
        }
        return rules + takes.map { (true, $0) } + leaves.map { (false, $0) }
    }

    /// `./cam/*` is `cam/*`, as in a shell: no path below an input begins with a dot of its own.
    private static func glob(_ text: String) -> RawPath {
        let path = RawArguments.path(text)
        let isHere = path.bytes.starts(with: Array("./".utf8)) && path.bytes.count > 2
        return isHere
            ? RawPath(bytes: [UInt8(ascii: "/")] + path.bytes.dropFirst(2).drop { $0 == UInt8(ascii: "/") }) : path
    }
}
