/// A version of three numbers.
package struct SemanticVersion: Comparable, Sendable, CustomStringConvertible {
    package let numbers: [Int]

    package var description: String { numbers.map { String($0) }.joined(separator: ".") }

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, parts.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
        numbers = parts.compactMap { $0 }
    }

    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }

    /// The least version that may follow a release with such a change.
    package func after(_ step: VersionStep) -> SemanticVersion? {
        let (major, minor, patch) = (numbers[0], numbers[1], numbers[2])
        // Before 1.0.0 each step is one place further to the right (SemVer 2.0.0, item 4, leaves it open).
        switch (step, major) {
        case (.none, _): return self
        case (.major, 1...): return SemanticVersion("\(major + 1).0.0")
        case (.major, _), (.minor, 1...): return SemanticVersion("\(major).\(minor + 1).0")
        case (.minor, _), (.patch, _): return SemanticVersion("\(major).\(minor).\(patch + 1)")
        }
    }
}

/// How far a version has to rise for a change.
package enum VersionStep: Int, Comparable, Sendable, CustomStringConvertible {
    case none, patch, minor, major

    package static func < (left: VersionStep, right: VersionStep) -> Bool { left.rawValue < right.rawValue }

    package var description: String {
        switch self {
        case .none: "none"
        case .patch: "patch"
        case .minor: "minor"
        case .major: "major"
        }
    }
}
