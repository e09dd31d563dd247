/// How many videos were probed, and why others were not.
package struct ProbeTally: Equatable, Sendable {
    /// Why it is not known how much of a video there is to decode.
    package enum Gap: String, CaseIterable, Sendable {
        /// It could not be opened.
        case unopened
        /// Its container tells neither how many pictures there are nor what that follows from, or not how large they are.
        case untold
        /// Its worker crashed, or wrote what no worker writes.
        case crashed
        /// Its worker was ended by `--stall` or `--timeout`.
        case late
        /// No worker could be started for it.
        case unstarted
    }

    package private(set) var probed = 0
    package private(set) var gaps: [Gap: Int] = [:]

    package init() {}

    /// Videos whose cost is reckoned from their bytes.
    package var byBytes: Int { gaps.values.reduce(0, +) }

    /// All that were tried.
    package var videos: Int { probed + byBytes }

    mutating func count(_ gap: Gap?) {
        if let gap { gaps[gap, default: 0] += 1 } else { probed += 1 }
    }
}
