package import Bytes

/// What a walk takes and what it leaves out.
package struct DiscoveryOptions: Sendable {
    /// A filter of the command line for the names below an input root.
    package enum Rule: Sendable {
        case include(Glob)
        case exclude(Glob)

        fileprivate var glob: Glob {
            switch self {
            case .include(let glob), .exclude(let glob): glob
            }
        }
    }

    /// In the order of the command line; the last match wins. As in grep, a file that none matches is taken, unless the
    /// first rule is an include: then only what is asked for is taken.
    package var rules: [Rule] = []
    /// The only extensions to take, in lower case without a dot; nil takes the known ones.
    package var extensions: Set<String>?
    /// Formats, by their ids, that cannot be read here: they are told of instead of taken.
    package var missingFormats: Set<String> = []
    /// Levels below an input directory: 1 is what lies directly in it.
    package var maxDepth: Int?
    /// Whether names with a leading dot are taken.
    package var hidden = false
    /// Whether links inside the walk are followed.
    package var follow = false
    /// Nanoseconds since the last change below which a file may still be in the making.
    package var minAge: Int64?
    /// Nanoseconds since 1970.
    package var now: Int64
    /// The output directory, which is never walked.
    package var output: RawPath?
    /// Paths that are not looked at, since they gave no answer before, with the words for it.
    package var silent: [RawPath: String] = [:]

    package init(now: Int64) { self.now = now }

    /// Names that are left out although nobody said so: thumbnails and trash of NAS systems, unfinished downloads, and
    /// the output directories of other runs.
    private static let leftOut: [Glob] = [
        Glob("@eaDir"), Glob(".Trash*"), Glob("#recycle"), Glob("*.part"), Glob("*.crdownload"), Glob("*.forgebatch/"),
    ]

    /// What the rules say of one name.
    enum Verdict {
        /// An include rule was its last match.
        case included
        /// No rule matched.
        case unmatched
        case leftOut
    }

    func verdict(_ relative: RawPath, isDirectory: Bool) -> Verdict {
        let isHidden = relative.lastComponent.bytes.first == UInt8(ascii: ".") && !hidden
        switch rules.last(where: { $0.glob.matches(relative, isDirectory: isDirectory) }) {
        case .exclude: return .leftOut
        // `*` does not ask for hidden names, `.*` does.
        case .include(let glob): return isHidden && !glob.namesHidden ? .leftOut : .included
        case nil:
            let known = Self.leftOut.contains { $0.matches(relative, isDirectory: isDirectory) }
            return isHidden || known ? .leftOut : .unmatched
        }
    }

    /// Whether a file is taken that no rule matches.
    var takesUnmatched: Bool {
        if case .include = rules.first { false } else { true }
    }

    func isTooYoung(_ status: FileStatus) -> Bool {
        guard let minAge else { return false }
        let (age, overflow) = now.subtractingReportingOverflow(status.modified)
        return overflow ? status.modified > now : age < minAge
    }
}
