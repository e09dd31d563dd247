/// Decides which runs are removed. Pure.
package struct RunRetention: Equatable, Sendable {
    /// A run as far as this asks.
    package struct Run: Equatable, Sendable {
        package var id: String
        /// Milliseconds since 1970; nil where the id does not tell.
        package var started: Int64?
        /// Whether it left its record.
        package var hasRecord: Bool

        package init(id: String, started: Int64?, hasRecord: Bool) {
            self.id = id
            self.started = started
            self.hasRecord = hasRecord
        }
    }

    /// How many of the newest stay; nil for no such rule.
    package var keep: Int?
    /// Milliseconds since 1970: what began later stays; nil for no such rule.
    package var before: Int64?

    package init(keep: Int?, before: Int64? = nil) {
        self.keep = keep
        self.before = before
    }

    /// The runs that go, the oldest first: those that all rules there are let go. The newest run stays, the newest that left
    /// its record, and what is spared.
    ///
    /// - Parameters:
    ///   - runs: all, the oldest first.
    ///   - spared: those that something else needs.
    package func removable(_ runs: [Run], spared: Set<String> = []) -> [String] {
        guard keep != nil || before != nil else { return [] }
        let newestRecorded = runs.last(where: \.hasRecord)?.id
        let candidates = runs.dropLast(max(1, keep ?? 1))
        return candidates.filter { run in
            if run.id == newestRecorded || spared.contains(run.id) { return false }
            guard let before else { return true }
            return run.started.map { $0 < before } ?? false
        }.map(\.id)
    }
}
